"""Every operation of ECS that the client's model knows, called at least once,
and every waiter: what an operation did is looked at with another. What is not
there, as gateways, is refused. The argument names the client: boto3 or cli.
Whoever starts this brings a container instance to the cluster NAME-fleet, for
its capacity provider NAME-managed, as soon as a task waits for one there."""
from clients import *

C = Walk({"boto3": Boto3, "cli": CLI}[sys.argv[1]]())
ok, no, look, wait, NAME = C.ok, C.no, C.look, C.wait, C.of.name
FLEET, MANAGED = NAME + "-fleet", NAME + "-managed"
STRATEGY = [{"capacityProvider": MANAGED, "weight": 1}]
IN = {"cluster": FLEET}
ARN = "arn:aws:ecs:%s:000000000000:" % os.environ["AWS_REGION"]
IAM = "arn:aws:iam::000000000000:"
STOPS = "trap 'exit 0' TERM; sleep 600 & wait"


def cluster(name, *include):
    return ok("DescribeClusters", clusters=[name], include=list(include))["clusters"][0]


def task(arn):
    return ok("DescribeTasks", **IN, tasks=[arn])["tasks"][0]


def clusters():
    made, group = NAME + "-made", NAME + "-group"
    assert ok("CreateCluster", clusterName=made)["cluster"]["status"] == "ACTIVE"
    assert ARN + "cluster/" + made in ok("ListClusters", maxResults=100)["clusterArns"]
    for operation, value in (("UpdateCluster", "enabled"), ("UpdateClusterSettings", "disabled")):
        ok(operation, cluster=made, settings=[{"name": "containerInsights", "value": value}])
        assert cluster(made, "SETTINGS")["settings"] == [{"name": "containerInsights", "value": value}]
    assert ok("CreateCapacityProvider", name=group, autoScalingGroupProvider={"autoScalingGroupArn": group})["capacityProvider"]["status"] == "ACTIVE"
    ok("UpdateCapacityProvider", name=group, autoScalingGroupProvider={"managedScaling": {"status": "ENABLED", "targetCapacity": 80}})
    p = ok("DescribeCapacityProviders", capacityProviders=[group])["capacityProviders"][0]
    assert p["autoScalingGroupProvider"]["managedScaling"]["targetCapacity"] == 80, p
    ok("PutClusterCapacityProviders", cluster=made, capacityProviders=[group, "FARGATE"], defaultCapacityProviderStrategy=[
        {"capacityProvider": group, "base": 2, "weight": 1}])
    c = cluster(made)
    assert c["capacityProviders"] == [group, "FARGATE"] and c["defaultCapacityProviderStrategy"] == [{"capacityProvider": group, "base": 2, "weight": 1}], c
    no("ClientException", "DeleteCapacityProvider", capacityProvider=group)
    ok("PutClusterCapacityProviders", cluster=made, capacityProviders=[], defaultCapacityProviderStrategy=[])
    ok("DeleteCapacityProvider", capacityProvider=group)
    gone = ok("DescribeCapacityProviders", capacityProviders=[group])
    assert all(p["status"] == "INACTIVE" for p in gone["capacityProviders"]), gone
    ok("DeleteCluster", cluster=made)
    assert cluster(made)["status"] == "INACTIVE"


def settings():
    name = {"boto3": "awsvpcTrunking", "cli": "dualStackIPv6"}[NAME]

    def effective():
        return ok("ListAccountSettings", name=name, effectiveSettings=True)["settings"][0]["value"]
    ok("PutAccountSettingDefault", name=name, value="enabled")
    assert effective() == "enabled"
    ok("PutAccountSetting", name=name, value="disabled")
    assert effective() == "disabled"
    ok("DeleteAccountSetting", name=name)
    assert effective() == "enabled"
    ok("PutAccountSettingDefault", name=name, value="disabled")
    assert effective() == "disabled"


def definitions():
    family = NAME + "-defined"
    d = ok("RegisterTaskDefinition", **definition(family))["taskDefinition"]["taskDefinitionArn"]
    assert ok("DescribeTaskDefinition", taskDefinition=family)["taskDefinition"]["taskDefinitionArn"] == d
    assert ok("ListTaskDefinitions", familyPrefix=family)["taskDefinitionArns"] == [d]
    assert ok("ListTaskDefinitionFamilies", familyPrefix=family)["families"] == [family]
    ok("TagResource", resourceArn=d, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    ok("UntagResource", resourceArn=d, tagKeys=["a"])
    assert ok("ListTagsForResource", resourceArn=d)["tags"] == [{"key": "b", "value": "2"}]
    ok("DeregisterTaskDefinition", taskDefinition=d)
    assert ok("DescribeTaskDefinition", taskDefinition=d)["taskDefinition"]["status"] == "INACTIVE"
    ok("DeleteTaskDefinitions", taskDefinitions=[d])
    assert ok("DescribeTaskDefinition", taskDefinition=d)["taskDefinition"]["status"] == "DELETE_IN_PROGRESS"


def capacity():
    """A task waits for an instance of its capacity provider and starts there."""
    ok("CreateCluster", clusterName=FLEET)
    template = {"ec2InstanceProfileArn": IAM + "instance-profile/i", "networkConfiguration": {"subnets": ["subnet-1"]}}
    ok("CreateCapacityProvider", name=MANAGED, cluster=FLEET, managedInstancesProvider={"infrastructureRoleArn": IAM + "role/r", "instanceLaunchTemplate": template})
    ok("RegisterTaskDefinition", **definition(NAME, STOPS))
    run = ok("RunTask", **IN, taskDefinition=NAME, count=2, capacityProviderStrategy=STRATEGY)
    assert [(t["lastStatus"], t["capacityProviderName"], "containerInstanceArn" in t) for t in run["tasks"]] == [("PROVISIONING", MANAGED, False)] * 2, run
    arns = [t["taskArn"] for t in run["tasks"]]
    wait("tasks_running", **IN, tasks=arns)
    assert sorted(ok("ListTasks", **IN)["taskArns"]) == sorted(arns)
    t = task(arns[0])
    assert t["launchType"] == "MANAGED_INSTANCES" and t["containerInstanceArn"], t
    message = no("InvalidParameterException", "ExecuteCommand", **IN, task=arns[0], command="true", interactive=True)
    assert message.startswith("The execute command failed because execute command was not enabled"), message
    started = ok("StartTask", **IN, taskDefinition=NAME, containerInstances=[t["containerInstanceArn"]], startedBy="hand")["tasks"][0]["taskArn"]
    wait("tasks_running", **IN, tasks=[started])
    for arn in arns + [started]:
        ok("StopTask", **IN, task=arn, reason="enough")
    wait("tasks_stopped", **IN, tasks=arns + [started])
    t = task(started)
    assert (t["stopCode"], t["stoppedReason"], t["containers"][0]["exitCode"]) == ("UserInitiated", "enough", 0), t


def instances():
    arn = ok("ListContainerInstances", **IN)["containerInstanceArns"][0]

    def instance():
        return ok("DescribeContainerInstances", **IN, containerInstances=[arn])["containerInstances"][0]
    assert instance()["capacityProviderName"] == MANAGED and instance()["agentConnected"], instance()
    ok("PutAttributes", **IN, attributes=[{"name": "berth", "value": "north", "targetId": arn}])
    listed = dict(targetType="container-instance", attributeName="berth")
    assert [a["value"] for a in ok("ListAttributes", **IN, **listed)["attributes"]] == ["north"]
    ok("DeleteAttributes", **IN, attributes=[{"name": "berth", "targetId": arn}])
    assert ok("ListAttributes", **IN, **listed)["attributes"] == []
    for status in ("DRAINING", "ACTIVE"):
        ok("UpdateContainerInstancesState", **IN, containerInstances=[arn], status=status)
        assert instance()["status"] == status, instance()
    no("NoUpdateAvailableException", "UpdateContainerAgent", **IN, containerInstance=arn)


def agents():
    """What agents call: an instance registers, reports and goes."""
    there = {"cluster": NAME + "-agents"}
    ok("CreateCluster", clusterName=there["cluster"])
    resources = [{"name": n, "type": "INTEGER", "integerValue": v} for n, v in (("CPU", 1024), ("MEMORY", 512))]
    arn = ok("RegisterContainerInstance", **there, totalResources=resources)["containerInstance"]["containerInstanceArn"]
    assert ok("ListContainerInstances", **there)["containerInstanceArns"] == [arn]
    assert ok("DiscoverPollEndpoint", **there, containerInstance=arn)["endpoint"].startswith("http")
    ok("DeregisterContainerInstance", **there, containerInstance=arn, force=True)
    assert ok("DescribeContainerInstances", **there, containerInstances=[arn])["containerInstances"][0]["status"] == "INACTIVE"
    ok("DeleteCluster", **there)
    t = ok("RunTask", **IN, taskDefinition=NAME, capacityProviderStrategy=STRATEGY)["tasks"][0]["taskArn"]
    wait("tasks_running", **IN, tasks=[t])
    assert ok("SubmitContainerStateChange", **IN, task=t, containerName="main", status="STOPPED", exitCode=7)["acknowledgment"] == "ACK"
    assert ok("SubmitTaskStateChange", **IN, task=t, status="STOPPED", reason="said so")["acknowledgment"] == "ACK"
    assert (task(t)["lastStatus"], task(t)["containers"][0]["exitCode"]) == ("STOPPED", 7), task(t)
    no("InvalidParameterException", "SubmitAttachmentStateChanges", **IN, attachments=[{"attachmentArn": ARN + "attachment/1", "status": "ATTACHED"}])


def services():
    def service():
        return ok("DescribeServices", **IN, services=["web"])["services"][0]

    def deployment(arn, by=ok):
        return by("DescribeServiceDeployments", serviceDeploymentArns=[arn])["serviceDeployments"][0]
    made = ok("CreateService", **IN, serviceName="web", taskDefinition=NAME, desiredCount=1, capacityProviderStrategy=STRATEGY)["service"]
    wait("services_stable", **IN, services=["web"])
    assert ok("ListServices", **IN)["serviceArns"] == [made["serviceArn"]]
    ok("UpdateService", **IN, service="web", desiredCount=2)
    wait("services_stable", **IN, services=["web"])
    assert service()["runningCount"] == 2 and service()["capacityProviderStrategy"][0]["capacityProvider"] == MANAGED, service()
    first = made["currentServiceDeployment"]
    assert [d["serviceDeploymentArn"] for d in ok("ListServiceDeployments", **IN, service="web")["serviceDeployments"]] == [first]
    until("the deployment to succeed", lambda: deployment(first, look)["status"] == "SUCCESSFUL")
    revision = ok("DescribeServiceRevisions", serviceRevisionArns=[deployment(first)["targetServiceRevision"]["arn"]])["serviceRevisions"][0]
    assert revision["capacityProviderStrategy"] == service()["capacityProviderStrategy"], revision
    no("InvalidParameterException", "ContinueServiceDeployment", serviceDeploymentArn=first, hookId="none")
    no("NamespaceNotFoundException", "ListServicesByNamespace", namespace="none")

    tasks = ok("ListTasks", **IN, serviceName="web")["taskArns"]
    ok("UpdateTaskProtection", **IN, tasks=tasks[:1], protectionEnabled=True, expiresInMinutes=1)
    assert ok("GetTaskProtection", **IN, tasks=tasks[:1])["protectedTasks"][0]["protectionEnabled"] is True
    ok("UpdateService", **IN, service="web", desiredCount=1)
    until("the other task to go", lambda: look("ListTasks", **IN, serviceName="web")["taskArns"] == tasks[:1])
    ok("UpdateTaskProtection", **IN, tasks=tasks[:1], protectionEnabled=False)
    assert ok("GetTaskProtection", **IN, tasks=tasks[:1])["protectedTasks"][0]["protectionEnabled"] is False

    ok("RegisterTaskDefinition", **definition(NAME + "-bad", image=image() + "-none"))
    bad = ok("UpdateService", **IN, service="web", taskDefinition=NAME + "-bad")["service"]["currentServiceDeployment"]
    assert ok("StopServiceDeployment", serviceDeploymentArn=bad, stopType="ROLLBACK")["serviceDeploymentArn"] == bad
    until("the rollback", lambda: deployment(bad, look)["status"] == "ROLLBACK_SUCCESSFUL")
    back = ok("ListTasks", **IN, serviceName="web")["taskArns"]
    assert service()["taskDefinition"] == made["taskDefinition"] and [task(t)["taskDefinitionArn"] for t in back] == [made["taskDefinition"]], back
    ok("DeleteService", **IN, service="web", force=True)
    wait("services_inactive", **IN, services=["web"])


def sets():
    of = dict(IN, service="outside")
    ok("CreateService", **IN, serviceName="outside", desiredCount=2, deploymentController={"type": "EXTERNAL"})
    s = ok("CreateTaskSet", **of, taskDefinition=NAME, capacityProviderStrategy=STRATEGY, scale={"value": 50, "unit": "PERCENT"})["taskSet"]

    def one(by=ok):
        return by("DescribeTaskSets", **of, taskSets=[s["id"]])["taskSets"][0]
    until("one task", lambda: (one(look)["stabilityStatus"], one(look)["runningCount"]) == ("STEADY_STATE", 1))
    ok("UpdateTaskSet", **of, taskSet=s["id"], scale={"value": 100, "unit": "PERCENT"})
    until("two tasks", lambda: (one(look)["stabilityStatus"], one(look)["runningCount"]) == ("STEADY_STATE", 2))
    ok("UpdateServicePrimaryTaskSet", **of, primaryTaskSet=s["id"])
    assert one()["status"] == "PRIMARY"
    ok("DeleteTaskSet", **of, taskSet=s["id"], force=True)
    until("the task set to go", lambda: look("DescribeTaskSets", **of)["taskSets"] == [])
    ok("DeleteService", **of, force=True)
    wait("services_inactive", **IN, services=["outside"])


def daemons():
    family = NAME + "-daemon"
    container = dict(definition(family, STOPS)["containerDefinitions"][0])
    first, second = (ok("RegisterDaemonTaskDefinition", family=family, containerDefinitions=[dict(container, environment=[{"name": "N", "value": n}])])[
        "daemonTaskDefinitionArn"] for n in "12")
    wait("daemon_task_definition_active", daemonTaskDefinition=first)
    assert ok("DescribeDaemonTaskDefinition", daemonTaskDefinition=family)["daemonTaskDefinition"]["revision"] == 2
    assert [d["arn"] for d in ok("ListDaemonTaskDefinitions", family=family)["daemonTaskDefinitions"]] == [first, second]
    providers = [ARN + "capacity-provider/" + MANAGED]
    made = ok("CreateDaemon", daemonName="log", clusterArn=ARN + "cluster/" + FLEET, daemonTaskDefinitionArn=first, capacityProviderArns=providers)
    arn = made["daemonArn"]

    def deployment(arn):
        return ok("DescribeDaemonDeployments", daemonDeploymentArns=[arn])["daemonDeployments"][0]

    def tasks():
        listed = ok("ListTasks", **IN)["taskArns"]
        described = ok("DescribeTasks", **IN, tasks=listed)["tasks"] if listed else []
        return [t for t in described if t["group"] == "daemon:log" and t["lastStatus"] == "RUNNING"]
    wait("daemon_active", daemonArn=arn)
    wait("daemon_deployment_successful", daemonDeploymentArns=[made["deploymentArn"]])
    assert [t["taskDefinitionArn"] for t in tasks()] == [first], tasks()
    assert [d["daemonArn"] for d in ok("ListDaemons", clusterArn=ARN + "cluster/" + FLEET)["daemonSummariesList"]] == [arn]
    revision = ok("DescribeDaemon", daemonArn=arn)["daemon"]["currentRevisions"][0]["arn"]
    r = ok("DescribeDaemonRevisions", daemonRevisionArns=[revision])["daemonRevisions"][0]
    assert r["daemonTaskDefinitionArn"] == first, r

    # A deployment that a newer one overtakes is stopped; this one bakes until then.
    update = dict(daemonArn=arn, capacityProviderArns=providers)
    overtaken = ok("UpdateDaemon", **update, daemonTaskDefinitionArn=second, deploymentConfiguration={"bakeTimeInMinutes": 60})["deploymentArn"]
    last = ok("UpdateDaemon", **update, daemonTaskDefinitionArn=second)["deploymentArn"]
    wait("daemon_deployment_stopped", daemonDeploymentArns=[overtaken])
    wait("daemon_deployment_successful", daemonDeploymentArns=[last])
    assert [t["taskDefinitionArn"] for t in tasks()] == [second] and deployment(last)["targetDaemonRevision"]["totalRunningInstanceCount"] == 1, tasks()
    listed = [d["daemonDeploymentArn"] for d in ok("ListDaemonDeployments", daemonArn=arn)["daemonDeployments"]]
    assert listed == [last, overtaken, made["deploymentArn"]], listed

    ok("DeleteDaemon", daemonArn=arn)
    until("the daemon to go", lambda: look("ListDaemons", clusterArn=ARN + "cluster/" + FLEET)["daemonSummariesList"] == [])
    no("DaemonNotFoundException", "DescribeDaemon", daemonArn=arn)
    assert tasks() == []
    ok("DeleteDaemonTaskDefinition", daemonTaskDefinition=first)
    wait("daemon_task_definition_deleted", daemonTaskDefinition=first)


def express():
    """They bring load balancers, which are not there yet."""
    no("UnsupportedFeatureException", "CreateExpressGatewayService", executionRoleArn=IAM + "role/r", infrastructureRoleArn=IAM + "role/r", primaryContainer={"image": "x"})
    web = ARN + "service/default/none"
    no("ResourceNotFoundException", "DescribeExpressGatewayService", serviceArn=web)
    no("ServiceNotFoundException", "UpdateExpressGatewayService", serviceArn=web)
    no("ServiceNotFoundException", "DeleteExpressGatewayService", serviceArn=web)


def everything():
    ecs = client("ecs")
    print("%s called %d of %d operations and waited with %d waiters" % (NAME, len(C.called), len(ecs.meta.service_model.operation_names), len(C.waited)))
    left = set(ecs.meta.service_model.operation_names) - C.called, set(ecs.waiter_names) - C.waited
    assert left == (set(), set()), left


parts(clusters, settings, definitions, capacity, instances, agents, services, sets, daemons, express, everything)
if NAME == "cli":
    C.of.close()
