"""Services: creation and its words, steady state, updates and deployments,
what stays of a service that was deleted, daemons, tags, events, the circuit
breaker and the waiters."""
from kit import *

ecs = client("ecs")
loose = client("ecs", parameter_validation=False)
STOPS = "trap 'exit 0' TERM; sleep 600 & wait"
ecs.register_task_definition(**definition("served", STOPS), tags=[{"key": "of", "value": "definition"}])
NEXT = ecs.register_task_definition(**definition("served", STOPS + "; true"))["taskDefinition"]["revision"]


def describe(name="web", **more):
    return ecs.describe_services(services=[name], **more)["services"][0]


def stable(*names):
    ecs.get_waiter("services_stable").wait(services=list(names), WaiterConfig=QUICK)


def gone(*names):
    for name in names:
        ecs.delete_service(service=name, force=True)
    ecs.get_waiter("services_inactive").wait(services=list(names), WaiterConfig=QUICK)


def creation():
    given = dict(serviceName="web", taskDefinition="served:%d" % (NEXT - 1), desiredCount=2, clientToken="web-once-%d" % NEXT,
                 tags=[{"key": "of", "value": "service"}], propagateTags="SERVICE", enableECSManagedTags=True)
    s = ecs.create_service(**given)["service"]
    assert s["serviceArn"].endswith(":service/default/web") and s["status"] == "ACTIVE" and s["desiredCount"] == 2, s
    assert s["launchType"] == "EC2" and "capacityProviderStrategy" not in s and "networkConfiguration" not in s and "platformVersion" not in s, s
    assert s["deploymentConfiguration"]["maximumPercent"] == 200 and s["deploymentConfiguration"]["minimumHealthyPercent"] == 100, s
    assert s["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": False, "rollback": False}, s
    assert s["schedulingStrategy"] == "REPLICA" and s["enableExecuteCommand"] is False and s["propagateTags"] == "SERVICE", s
    assert s["loadBalancers"] == [] and s["serviceRegistries"] == [] and s["placementConstraints"] == [] and s["placementStrategy"] == [], s
    d = s["deployments"][0]
    assert re.fullmatch("ecs-svc/[0-9]{19}", d["id"]) and (d["status"], d["rolloutState"]) == ("PRIMARY", "IN_PROGRESS"), d
    assert d["rolloutStateReason"] == "ECS deployment %s in progress." % d["id"] and d["failedTasks"] == 0, d
    assert ecs.create_service(**given)["service"]["serviceArn"] == s["serviceArn"]
    refused("InvalidParameterException", "Creation of service was not idempotent.", ecs.create_service, **{**given, "clientToken": "other"})
    refused("InvalidParameterException", "Creation of service was not idempotent.", ecs.create_service, **{**given, "desiredCount": 1})
    stable("web")
    s = describe(include=["TAGS"])
    assert (s["runningCount"], s["pendingCount"], len(s["deployments"])) == (2, 0, 1) and s["tags"] == given["tags"], s
    assert "tags" not in describe() or not describe()["tags"]
    until("the deployment to be completed", lambda: describe()["deployments"][0]["rolloutState"] == "COMPLETED")
    d = describe()["deployments"][0]
    assert d["rolloutStateReason"] == "ECS deployment %s completed." % d["id"] and d["runningCount"] == d["desiredCount"] == 2, d
    until("the steady state to be said", lambda: any(e["message"] == "(service web) has reached a steady state." for e in describe()["events"]))
    events = describe()["events"]
    said = [e["message"] for e in events]
    assert re.match(r"\(service web\) has started \d tasks?: \(task [0-9a-f]{32}\)", [m for m in said if "started" in m][-1]), said
    assert "(service web) (deployment %s) deployment completed." % d["id"] in said, said
    assert [e["createdAt"] for e in events] == sorted((e["createdAt"] for e in events), reverse=True), events
    tasks = pages(ecs, "list_tasks", "taskArns", serviceName="web")
    assert len(tasks) == 2
    t = ecs.describe_tasks(tasks=tasks, include=["TAGS"])["tasks"][0]
    assert (t["group"], t["startedBy"]) == ("service:web", d["id"]), t
    assert {x["key"]: x["value"] for x in t["tags"]} == {"of": "service", "aws:ecs:clusterName": "default", "aws:ecs:serviceName": "web"}, t["tags"]


def updating():
    before = describe()["deployments"][0]["id"]
    s = ecs.update_service(service="web", desiredCount=3)["service"]
    assert s["desiredCount"] == 3 and [d["id"] for d in s["deployments"]] == [before], s
    stable("web")
    old = set(ecs.list_tasks(serviceName="web")["taskArns"])
    s = ecs.update_service(service="web", taskDefinition="served", deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 50})["service"]
    assert s["taskDefinition"].endswith("served:%d" % NEXT), s
    assert [d["status"] for d in s["deployments"]] == ["PRIMARY", "ACTIVE"] and s["deployments"][1]["id"] == before, s["deployments"]
    least = [3]
    def settled():
        s = describe()
        least.append(s["runningCount"])
        return len(s["deployments"]) == 1 and s["runningCount"] == 3 and s["deployments"][0]["rolloutState"] == "COMPLETED"
    until("the rollout", settled)
    assert min(least) >= 2, least
    now = set(ecs.list_tasks(serviceName="web")["taskArns"])
    assert len(now) == 3 and not now & old, (now, old)
    t = until("the old tasks to stop", lambda: [t for t in ecs.describe_tasks(tasks=list(old))["tasks"] if t["lastStatus"] == "STOPPED"])[0]
    assert t["stopCode"] == "ServiceSchedulerInitiated" and t["stoppedReason"] == "Scaling activity initiated by (deployment %s)" % s["deployments"][0]["id"], t
    third = ecs.update_service(service="web", forceNewDeployment=True)["service"]["deployments"][0]["id"]
    assert third != describe()["deployments"][-1]["id"]
    until("the forced deployment", settled)
    ecs.tag_resource(resourceArn=s["serviceArn"], tags=[{"key": "new", "value": "x"}])
    assert len(ecs.list_tags_for_resource(resourceArn=s["serviceArn"])["tags"]) == 2
    killed = ecs.list_tasks(serviceName="web")["taskArns"][0]
    ecs.stop_task(task=killed)
    until("a replacement", lambda: describe()["runningCount"] == 3 and killed not in ecs.list_tasks(serviceName="web")["taskArns"])
    ecs.update_service(service="web", desiredCount=0)
    until("nothing to run", lambda: describe()["runningCount"] == 0 and ecs.list_tasks(serviceName="web")["taskArns"] == [])


def deletion():
    # A container that does not care for SIGTERM keeps its service DRAINING for a while.
    stubborn = ecs.register_task_definition(**definition("stubborn", stopTimeout=5))["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(service="web", taskDefinition=stubborn, desiredCount=1)
    refused("InvalidParameterException", "The service cannot be stopped while it is scaled above 0.", ecs.delete_service, service="web")
    stable("web")
    s = ecs.delete_service(service="web", force=True)["service"]
    assert s["status"] == "DRAINING" and s["desiredCount"] == 0, s
    refused("ServiceNotActiveException", "Service was not ACTIVE.", ecs.update_service, service="web", desiredCount=1)
    refused("InvalidParameterException", "Unable to Start a service that is still Draining.", ecs.create_service, serviceName="web",
            taskDefinition="served", desiredCount=1)
    ecs.get_waiter("services_inactive").wait(services=["web"], WaiterConfig=QUICK)
    assert describe()["status"] == "INACTIVE" and s["serviceArn"] not in ecs.list_services()["serviceArns"]
    refused("ServiceNotActiveException", "Service was not ACTIVE.", ecs.update_service, service="web", desiredCount=1)
    try:
        ecs.get_waiter("services_stable").wait(services=["web"], WaiterConfig=QUICK)
    except botocore.exceptions.WaiterError as e:
        assert "INACTIVE" in str(e), e
    else:
        raise AssertionError("an inactive service counts as stable")
    try:
        ecs.get_waiter("services_inactive").wait(services=["ghost"], WaiterConfig=QUICK)
    except botocore.exceptions.WaiterError as e:
        assert "MISSING" in str(e), e
    else:
        raise AssertionError("a missing service counts as inactive")
    assert ecs.create_service(serviceName="web", taskDefinition="served", desiredCount=0)["service"]["status"] == "ACTIVE"
    ecs.delete_service(service="web")
    gone("web") if describe()["status"] == "ACTIVE" else None


def lists():
    names = ["list-%02d" % n for n in range(12)]
    for n in names:
        ecs.create_service(serviceName=n, taskDefinition="served", desiredCount=0)
    arns = pages(ecs, "list_services", "serviceArns", size=5)
    assert [a.split("/")[-1] for a in arns if "/list-" in a] == names, arns
    assert len(ecs.list_services()["serviceArns"]) == 10 and ecs.list_services()["nextToken"]
    assert pages(ecs, "list_services", "serviceArns", size=5, schedulingStrategy="DAEMON") == []
    refused("InvalidParameterException", re.compile(".*10"), ecs.describe_services, services=names[:11])
    assert len(ecs.describe_services(services=names[:10])["services"]) == 10
    for n in names:
        ecs.delete_service(service=n)


def refusals():
    good = dict(serviceName="bad", taskDefinition="served", desiredCount=1)
    for change, code, message in (
            ({"taskDefinition": "ghost"}, "ClientException", "TaskDefinition not found."),
            ({"desiredCount": -1}, "InvalidParameterException", re.compile(".*desiredCount")),
            ({"serviceName": "no spaces"}, "InvalidParameterException", re.compile("Service names")),
            ({"schedulingStrategy": "DAEMON"}, "InvalidParameterException", re.compile(".*[Dd]aemon.*desired count")),
            ({"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}}, "InvalidParameterException", re.compile(".*maximumPercent")),
            ({"launchType": "FARGATE"}, "InvalidParameterException", "Task definition does not support launch_type FARGATE."),
            ({"loadBalancers": [{"containerName": "main", "containerPort": 80, "targetGroupArn": "x"}]}, "UnsupportedFeatureException", re.compile("loadBalancers")),
            ({"deploymentController": {"type": "CODE_DEPLOY"}}, "UnsupportedFeatureException", re.compile("deploymentController")),
            ({"placementConstraints": [{"type": "memberOf", "expression": "nonsense"}]}, "InvalidParameterException", re.compile(".")),
            ({"tags": [{"key": "aws:x", "value": "y"}]}, "InvalidParameterException", re.compile("."))):
        refused(code, message, ecs.create_service, **{**good, **change})
    refused("ServiceNotFoundException", "Service not found.", ecs.update_service, service="ghost")
    refused("ServiceNotFoundException", "Service not found.", ecs.delete_service, service="ghost")
    del good["desiredCount"]
    refused("InvalidParameterException", re.compile(".*[Dd]esiredCount"), ecs.create_service, **good)


def daemon():
    s = ecs.create_service(serviceName="daemon", taskDefinition="served", schedulingStrategy="DAEMON")["service"]
    assert s["schedulingStrategy"] == "DAEMON" and s["deploymentConfiguration"]["maximumPercent"] == 100, s
    stable("daemon")
    assert describe("daemon")["runningCount"] == len(ecs.list_container_instances()["containerInstanceArns"])
    assert len(pages(ecs, "list_services", "serviceArns", schedulingStrategy="DAEMON")) == 1
    gone("daemon")


def breaker():
    """Tasks that fail to start trip the breaker, and the service goes back."""
    on = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    good = ecs.create_service(serviceName="broken", taskDefinition="served", desiredCount=1, deploymentConfiguration=on)["service"]
    until("the good deployment", lambda: describe("broken")["deployments"][0]["rolloutState"] == "COMPLETED")
    ecs.register_task_definition(**definition("broken", image=image() + "-none"))
    failed = ecs.update_service(service="broken", taskDefinition="broken")["service"]["deployments"][0]["id"]
    back = until("the rollback", lambda: [d for d in describe("broken")["deployments"]
                                          if d["id"] not in (failed, good["deployments"][0]["id"]) and d["status"] == "PRIMARY"], 60)[0]
    assert back["taskDefinition"] == good["taskDefinition"], back
    until("the rollback to end", lambda: len(describe("broken")["deployments"]) == 1 and describe("broken")["deployments"][0]["rolloutState"] == "COMPLETED")
    gone("broken")


def unplaceable():
    ecs.register_task_definition(**definition("huge", memoryReservation=1 << 22, memory=1 << 22))
    ecs.create_service(serviceName="huge", taskDefinition="huge", desiredCount=1)
    why = until("the reason", lambda: [e["message"] for e in describe("huge")["events"] if "unable to place a task" in e["message"]])[0]
    assert why.startswith("(service huge) was unable to place a task because no container instance met all of its requirements."), why
    gone("huge")


parts(creation, updating, deletion, lists, refusals, daemon, breaker, unplaceable)
