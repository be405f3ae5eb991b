"""The words, limits and states of ECS as its clients know them: clusters,
task definitions, tags, settings, services and tasks. Every list is paged to
its end and every documented refusal is compared word for word."""
from kit import *

ecs = client("ecs")
loose = client("ecs", parameter_validation=False)
REGION, ACCOUNT = os.environ["AWS_REGION"], "000000000000"


def arn(kind, name):
    return "arn:aws:ecs:%s:%s:%s/%s" % (REGION, ACCOUNT, kind, name)


def one(family, **more):
    return ecs.register_task_definition(**{"family": family, "containerDefinitions": [{"name": "main", "image": "x:1", "memory": 8}], **more})["taskDefinition"]


def keys(tags):
    return [(t["key"], t["value"]) for t in tags]


def clusters():
    c = ecs.create_cluster(clusterName="harbour", tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "1"}])["cluster"]
    assert (c["clusterArn"], c["status"], keys(c["tags"])) == (arn("cluster", "harbour"), "ACTIVE", [("b", "2"), ("a", "1")]), c
    assert ecs.create_cluster(clusterName="harbour")["cluster"]["clusterArn"] == c["clusterArn"]
    plain = ecs.describe_clusters(clusters=["harbour", "nowhere", arn("cluster", "nowhere2")])
    assert plain["failures"] == [{"arn": arn("cluster", "nowhere"), "reason": "MISSING"}, {"arn": arn("cluster", "nowhere2"), "reason": "MISSING"}], plain
    bare = plain["clusters"][0]
    assert not bare.get("tags") and not bare.get("settings") and not bare.get("statistics") and "configuration" not in bare, bare
    full = ecs.describe_clusters(clusters=[c["clusterArn"]], include=["TAGS", "SETTINGS", "CONFIGURATIONS", "STATISTICS", "ATTACHMENTS"])["clusters"][0]
    assert keys(full["tags"]) == [("b", "2"), ("a", "1")] and full["settings"] == [{"name": "containerInsights", "value": "disabled"}], full
    assert {s["name"] for s in full["statistics"]} >= {"runningEC2TasksCount", "pendingEC2TasksCount", "activeEC2ServiceCount"}, full
    ecs.update_cluster_settings(cluster="harbour", settings=[{"name": "containerInsights", "value": "enabled"}])
    full = ecs.describe_clusters(clusters=["harbour"], include=["SETTINGS"])["clusters"][0]
    assert full["settings"] == [{"name": "containerInsights", "value": "enabled"}], full
    ecs.create_cluster(clusterName="quay")
    listed = pages(ecs, "list_clusters", "clusterArns")
    assert listed == sorted(listed) and arn("cluster", "harbour") in listed and arn("cluster", "quay") in listed, listed
    refused("InvalidParameterException", re.compile("Invalid (token|marker)"), ecs.list_clusters, nextToken="nonsense")
    refused("InvalidParameterException", re.compile(".*maxResults"), ecs.list_clusters, maxResults=101)
    refused("ClusterNotFoundException", "Cluster not found.", ecs.delete_cluster, cluster="nowhere")
    refused("ClusterNotFoundException", "Cluster not found.", ecs.update_cluster, cluster="nowhere")
    for call, more in ((ecs.list_tasks, {}), (ecs.list_services, {}), (ecs.list_container_instances, {}), (ecs.describe_tasks, {"tasks": ["x"]}),
                       (ecs.describe_services, {"services": ["x"]}), (ecs.describe_container_instances, {"containerInstances": ["x"]}),
                       (ecs.run_task, {"taskDefinition": "x"}), (ecs.create_service, {"serviceName": "x", "taskDefinition": "x", "desiredCount": 1}),
                       (ecs.update_service, {"service": "x"}), (ecs.delete_service, {"service": "x"}), (ecs.stop_task, {"task": "x"})):
        refused("ClusterNotFoundException", "Cluster not found.", call, cluster="nowhere", **more)
    gone = ecs.delete_cluster(cluster="harbour")["cluster"]
    assert gone["status"] == "INACTIVE", gone
    assert ecs.describe_clusters(clusters=["harbour"])["clusters"][0]["status"] == "INACTIVE"
    assert arn("cluster", "harbour") not in ecs.list_clusters()["clusterArns"]
    one("clusters")
    refused("ClusterNotFoundException", "The referenced cluster was inactive.", ecs.run_task, cluster="harbour", taskDefinition="clusters")
    refused("InvalidParameterException", "No Container Instances were found in your cluster.", ecs.run_task, cluster="quay", taskDefinition="clusters")
    ecs.create_service(cluster="quay", serviceName="s", taskDefinition="clusters", desiredCount=0)
    e = refused("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.", ecs.delete_cluster, cluster="quay")
    assert type(e).__name__ == "ClusterContainsServicesException", type(e)
    refused("ClusterContainsContainerInstancesException", "The Cluster cannot be deleted while Container Instances are active or draining.",
            ecs.delete_cluster, cluster="default")
    ecs.delete_service(cluster="quay", service="s", force=True)
    until("the cluster to be empty", lambda: ecs.describe_services(cluster="quay", services=["s"])["services"][0]["status"] == "INACTIVE")
    ecs.delete_cluster(cluster="quay")
    assert ecs.create_cluster(clusterName="harbour")["cluster"]["status"] == "ACTIVE"
    ecs.delete_cluster(cluster="harbour")
    refused("InvalidParameterException", re.compile("Cluster names can have"), ecs.create_cluster, clusterName="no spaces")


def definitions():
    d = one("sail", tags=[{"key": "k", "value": "v"}])
    assert (d["taskDefinitionArn"], d["revision"], d["status"]) == (arn("task-definition", "sail:1"), 1, "ACTIVE"), d
    main = d["containerDefinitions"][0]
    assert main == {"name": "main", "image": "x:1", "memory": 8, "cpu": 0, "essential": True, "portMappings": [], "environment": [],
                    "mountPoints": [], "volumesFrom": [], "systemControls": []}, main
    assert d["volumes"] == [] and d["placementConstraints"] == [] and set(d["compatibilities"]) == {"EXTERNAL", "EC2"}, d
    assert d["registeredBy"] == "arn:aws:iam::%s:root" % ACCOUNT and time.time() - d["registeredAt"].timestamp() < 60, d
    one("sail"), one("sail"), one("sailor")
    for ref, revision in (("sail", 3), ("sail:2", 2), (arn("task-definition", "sail:1"), 1), (arn("task-definition", "sail"), 3)):
        said = ecs.describe_task_definition(taskDefinition=ref)
        assert said["taskDefinition"]["revision"] == revision and not said.get("tags"), (ref, said)
    assert keys(ecs.describe_task_definition(taskDefinition="sail:1", include=["TAGS"])["tags"]) == [("k", "v")]
    refused("ClientException", "Unable to describe task definition.", ecs.describe_task_definition, taskDefinition="sail:9")
    refused("ClientException", "Unable to describe task definition.", ecs.describe_task_definition, taskDefinition="none")
    refused("ClientException", "Revision is missing.", ecs.deregister_task_definition, taskDefinition="sail")
    refused("InvalidParameterException", "Invalid revision number. Number: x", ecs.deregister_task_definition, taskDefinition="sail:x")
    gone = ecs.deregister_task_definition(taskDefinition="sail:3")["taskDefinition"]
    assert gone["status"] == "INACTIVE" and gone["deregisteredAt"], gone
    assert ecs.describe_task_definition(taskDefinition="sail")["taskDefinition"]["revision"] == 2
    assert ecs.describe_task_definition(taskDefinition="sail:3")["taskDefinition"]["status"] == "INACTIVE"
    assert one("sail")["revision"] == 4
    listed = pages(ecs, "list_task_definitions", "taskDefinitionArns", familyPrefix="sail")
    assert listed == [arn("task-definition", "sail:%d" % n) for n in (1, 2, 4)], listed
    assert pages(ecs, "list_task_definitions", "taskDefinitionArns", size=2, familyPrefix="sail", sort="DESC") == listed[::-1]
    assert pages(ecs, "list_task_definitions", "taskDefinitionArns", familyPrefix="sail", status="INACTIVE") == [arn("task-definition", "sail:3")]
    assert pages(ecs, "list_task_definition_families", "families", familyPrefix="sail") == ["sail", "sailor"]
    ecs.deregister_task_definition(taskDefinition="sailor:1")
    assert pages(ecs, "list_task_definition_families", "families", familyPrefix="sail", status="ACTIVE") == ["sail"]
    assert pages(ecs, "list_task_definition_families", "families", familyPrefix="sail", status="INACTIVE") == ["sailor"]
    assert pages(ecs, "list_task_definition_families", "families", familyPrefix="sail", status="ALL") == ["sail", "sailor"]
    for family in ("sail:3", "sailor:1"):
        for call in (lambda **k: ecs.run_task(**k), lambda **k: ecs.create_service(serviceName="x", desiredCount=1, **k)):
            refused_with = re.compile("TaskDefinition is inactive")
            try:
                call(taskDefinition=family)
            except botocore.exceptions.ClientError as e:
                assert e.response["Error"]["Code"] in ("ClientException", "InvalidParameterException") and refused_with.match(e.response["Error"]["Message"]), e
            else:
                raise AssertionError("an inactive definition runs")
    deleted = ecs.delete_task_definitions(taskDefinitions=["sail:3", "sail:1", "sail:77"])
    assert [t["status"] for t in deleted["taskDefinitions"]] == ["DELETE_IN_PROGRESS"], deleted
    assert len(deleted["failures"]) == 2 and all(f["arn"].endswith(("sail:1", "sail:77")) for f in deleted["failures"]), deleted
    refused("InvalidParameterException", "Size of TaskDefinition references list cannot exceed 10", ecs.delete_task_definitions,
            taskDefinitions=["sail:%d" % n for n in range(1, 12)])
    assert one("sail")["revision"] == 5


def bad_definitions():
    def refusal(message, code="ClientException", task=None, **container):
        refused(code, message, ecs.register_task_definition, **{"family": "bad", "containerDefinitions": [
            {"name": "x", "image": "x:1", "memory": 8, **container}], **(task or {})})

    refused("ClientException", "Invalid setting for container 'x'. At least one of 'memory' or 'memoryReservation' must be specified.",
            ecs.register_task_definition, family="bad", containerDefinitions=[{"name": "x", "image": "x:1"}])
    refusal("Container.image should not be null or empty.", image="")
    refusal(re.compile(".*essential"), essential=False)
    refusal(re.compile(".*nobody"), dependsOn=[{"containerName": "nobody", "condition": "START"}])
    refusal(re.compile(".*[Cc]ycl|.*depend"), dependsOn=[{"containerName": "x", "condition": "START"}])
    refusal(re.compile("When networkMode=host, the host ports and container ports in port mappings must match."), task={"networkMode": "host"},
            portMappings=[{"containerPort": 80, "hostPort": 81}])
    refusal("Fargate only supports network mode ‘awsvpc’.", task={"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"})
    refusal("No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS documentation for the valid values.",
            task={"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "4096"})
    refusal(re.compile("Log driver awslogs requires options: awslogs-group"), logConfiguration={"logDriver": "awslogs", "options": {"awslogs-region": REGION}})
    refusal("Log driver splunk requires options: splunk-token, splunk-url", logConfiguration={"logDriver": "splunk"})
    refusal("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.", secrets=[{"name": "A", "valueFrom": "arn:aws:ssm:us-east-1:000000000000:parameter/a"}])
    refusal(re.compile("Unknown volume 'v'"), mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}])
    two = [{"name": "x", "image": "x:1", "memory": 8}] * 2
    refused("ClientException", re.compile(".*unique|.*[Dd]uplicate"), ecs.register_task_definition, family="bad", containerDefinitions=two)
    refused("ClientException", "Too many containers.", ecs.register_task_definition, family="bad",
            containerDefinitions=[{"name": "c%d" % n, "image": "x:1", "memory": 8} for n in range(11)])
    refused("InvalidParameterException", re.compile(".*tag|.*Tag"), ecs.register_task_definition, family="bad", containerDefinitions=two[:1],
            tags=[{"key": "k%d" % n, "value": ""} for n in range(51)])
    refused("InvalidParameterException", re.compile(".*aws:"), ecs.register_task_definition, family="bad", containerDefinitions=two[:1],
            tags=[{"key": "aws:k", "value": ""}])
    for call in (lambda **k: ecs.register_task_definition(containerDefinitions=two[:1], **k),):
        refused("ClientException", re.compile(".*[Ff]amily"), call, family="no spaces")
    refused("ClientException", re.compile(".*[Ff]amily"), loose.register_task_definition, containerDefinitions=two[:1])
    refused("ClientException", re.compile(".*[Cc]ontainer"), ecs.register_task_definition, family="bad", containerDefinitions=[])
    refused("SerializationException", re.compile("."), loose.register_task_definition, family=7, containerDefinitions=two[:1])


def tagging():
    d = one("tagged")["taskDefinitionArn"]
    ecs.tag_resource(resourceArn=d, tags=[{"key": "z", "value": "1"}, {"key": "a", "value": "2"}])
    ecs.tag_resource(resourceArn=d, tags=[{"key": "z", "value": "3"}])
    assert sorted(keys(ecs.list_tags_for_resource(resourceArn=d)["tags"])) == [("a", "2"), ("z", "3")]
    ecs.untag_resource(resourceArn=d, tagKeys=["a", "none"])
    assert keys(ecs.list_tags_for_resource(resourceArn=d)["tags"]) == [("z", "3")]
    refused("InvalidParameterException", re.compile("."), ecs.tag_resource, resourceArn=d, tags=[{"key": "k%d" % n, "value": ""} for n in range(51)])
    refused("InvalidParameterException", re.compile(".*aws:"), ecs.tag_resource, resourceArn=d, tags=[{"key": "aws:x", "value": ""}])
    refused("InvalidParameterException", re.compile("."), ecs.tag_resource, resourceArn="nonsense", tags=[{"key": "k", "value": ""}])
    refused("ClusterNotFoundException", "Cluster not found.", ecs.list_tags_for_resource, resourceArn=arn("cluster", "nowhere"))


def settings():
    names = {s["name"] for s in pages(ecs, "list_account_settings", "settings", size=10, effectiveSettings=True)}
    assert {"serviceLongArnFormat", "taskLongArnFormat", "containerInstanceLongArnFormat", "containerInsights", "awsvpcTrunking"} <= names, names
    paged = pages(ecs, "list_account_settings", "settings", effectiveSettings=True)
    assert {s["name"] for s in paged} == names, paged
    got = ecs.list_account_settings(effectiveSettings=True, name="taskLongArnFormat")["settings"]
    assert [s["value"] for s in got] == ["enabled"], got
    ecs.put_account_setting_default(name="containerInsights", value="enabled")
    c = ecs.create_cluster(clusterName="insight")["cluster"]
    assert c["settings"] == [{"name": "containerInsights", "value": "enabled"}], c
    ecs.put_account_setting_default(name="containerInsights", value="disabled")
    ecs.delete_cluster(cluster="insight")
    ecs.put_account_setting(name="containerInsights", value="enabled")
    assert [s["value"] for s in ecs.list_account_settings(name="containerInsights")["settings"]] == ["enabled"]
    ecs.delete_account_setting(name="containerInsights")
    assert ecs.list_account_settings(name="containerInsights")["settings"] == []
    refused("InvalidParameterException", re.compile("."), loose.put_account_setting, name="nonsense", value="enabled")
    refused("InvalidParameterException", re.compile("."), ecs.put_account_setting, name="containerInsights", value="nonsense")


def instances():
    listed = ecs.list_container_instances()["containerInstanceArns"]
    i = ecs.describe_container_instances(containerInstances=listed + ["0" * 32], include=["TAGS", "CONTAINER_INSTANCE_HEALTH"])
    assert i["failures"] == [{"arn": arn("container-instance", "default/" + "0" * 32), "reason": "MISSING"}], i["failures"]
    one_of = i["containerInstances"][0]
    assert one_of["status"] == "ACTIVE" and one_of["agentConnected"] is True and one_of["versionInfo"], one_of
    short = listed[0].split("/")[-1]
    assert ecs.describe_container_instances(containerInstances=[short])["containerInstances"][0]["containerInstanceArn"] == listed[0]
    put = ecs.put_attributes(attributes=[{"name": "berth", "value": "north", "targetId": listed[0]}])["attributes"]
    assert put == [{"name": "berth", "value": "north", "targetType": "container-instance", "targetId": listed[0]}] or put[0]["name"] == "berth", put
    got = pages(ecs, "list_attributes", "attributes", targetType="container-instance", attributeName="berth")
    assert [(a["name"], a["value"], a["targetId"]) for a in got] == [("berth", "north", listed[0])], got
    assert len(pages(ecs, "list_attributes", "attributes", size=7, targetType="container-instance")) > 20
    one("berthed", placementConstraints=[{"type": "memberOf", "expression": "attribute:berth == north"}])
    assert pages(ecs, "list_container_instances", "containerInstanceArns", filter="attribute:berth == north") == listed
    assert pages(ecs, "list_container_instances", "containerInstanceArns", filter="attribute:berth == south") == []
    refused("InvalidParameterException", re.compile("."), ecs.list_container_instances, filter="nonsense ==")
    ecs.delete_attributes(attributes=[{"name": "berth", "value": "north", "targetId": short, "targetType": "container-instance"}])
    assert ecs.list_attributes(targetType="container-instance", attributeName="berth")["attributes"] == []
    run = ecs.run_task(taskDefinition="berthed")
    assert run["tasks"] == [] and run["failures"] == [
        {"arn": listed[0], "reason": "MemberOf placement constraint unsatisfied.", "detail": 'The expression "attribute:berth == north" does not hold.'}], run
    drained = ecs.update_container_instances_state(containerInstances=[short, "1" * 32], status="DRAINING")
    assert drained["containerInstances"][0]["status"] == "DRAINING" and drained["failures"][0]["reason"] == "MISSING", drained
    assert ecs.list_container_instances(status="DRAINING")["containerInstanceArns"] == listed and ecs.list_container_instances(status="ACTIVE")["containerInstanceArns"] == []
    one("dry")
    refused("InvalidParameterException", "No Container Instances were found in your cluster.", ecs.run_task, taskDefinition="dry")
    ecs.update_container_instances_state(containerInstances=[short], status="ACTIVE")
    refused("InvalidParameterException", re.compile("."), loose.update_container_instances_state, containerInstances=[short], status="REGISTERING")


def shortage():
    instance = ecs.list_container_instances()["containerInstanceArns"][0]
    for what, task, reason in (("cpu", {"cpu": "131072"}, "RESOURCE:CPU"), ("memory", {"memory": "10485760"}, "RESOURCE:MEMORY")):
        one("much-" + what, **task)
        run = ecs.run_task(taskDefinition="much-" + what, count=2)
        failure = run["failures"][0]
        assert run["tasks"] == [] and (failure["arn"], failure["reason"]) == (instance, reason) and list(task.values())[0] in failure["detail"], run


def unknown():
    providers = {p["name"] for p in ecs.describe_capacity_providers()["capacityProviders"]}
    assert {"FARGATE", "FARGATE_SPOT"} <= providers, providers
    bad = boto3.client("ecs", aws_secret_access_key="wrong" * 8, aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
    try:
        bad.list_clusters()
    except botocore.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == "InvalidSignatureException", e.response
    bad = boto3.client("ecs", aws_secret_access_key="x" * 40, aws_access_key_id="AKIANOBODY")
    try:
        bad.list_clusters()
    except botocore.exceptions.ClientError as e:
        assert e.response["Error"]["Code"] == "UnrecognizedClientException", e.response


parts(clusters, definitions, bad_definitions, tagging, settings, instances, shortage, unknown)
