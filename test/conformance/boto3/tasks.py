"""Tasks of their own: how they run, are found, stopped and remembered; what
placement does; tokens, tags, counts and limits."""
from kit import *

ecs = client("ecs")
loose = client("ecs", parameter_validation=False)
RUNS = ecs.register_task_definition(**definition("runs", portMappings=[{"containerPort": 80}, {"containerPort": 53, "protocol": "udp"}]),
                             tags=[{"key": "of", "value": "definition"}, {"key": "both", "value": "definition"}])["taskDefinition"]["taskDefinitionArn"]
INSTANCE = ecs.list_container_instances()["containerInstanceArns"][0]


def describe(arn, **more):
    return ecs.describe_tasks(tasks=[arn], **more)["tasks"][0]


def run(**more):
    answer = ecs.run_task(**{"taskDefinition": "runs", **more})
    assert answer["failures"] == [], answer
    return [t["taskArn"] for t in answer["tasks"]]


def stop(arns):
    for arn in arns:
        ecs.stop_task(task=arn)
    ecs.get_waiter("tasks_stopped").wait(tasks=arns, WaiterConfig=QUICK)


def life():
    answer = ecs.run_task(taskDefinition="runs", count=2, startedBy="me", group="crew", enableECSManagedTags=True, propagateTags="TASK_DEFINITION",
                          tags=[{"key": "both", "value": "task"}])
    t = answer["tasks"][0]
    assert len(answer["tasks"]) == 2 and (t["lastStatus"], t["desiredStatus"]) == ("PENDING", "RUNNING"), t
    assert re.fullmatch("arn:aws:ecs:[^:]+:000000000000:task/default/[0-9a-f]{32}", t["taskArn"]), t
    assert (t["group"], t["startedBy"], t["launchType"], t["version"]) == ("crew", "me", "EC2", 1), t
    assert t["containerInstanceArn"] == INSTANCE and t["clusterArn"].endswith("cluster/default") and t["attachments"] == [], t
    assert t["taskDefinitionArn"] == RUNS and "startedAt" not in t and "stoppedAt" not in t, t
    assert {"name": "ecs.cpu-architecture", "value": os.uname().machine} in [{k: a[k] for k in ("name", "value")} for a in t["attributes"]], t["attributes"]
    arns = [t["taskArn"] for t in answer["tasks"]]
    ecs.get_waiter("tasks_running").wait(tasks=arns, WaiterConfig=QUICK)
    t = describe(arns[0], include=["TAGS"])
    assert {x["key"]: x["value"] for x in t["tags"]} == {"of": "definition", "both": "task", "aws:ecs:clusterName": "default"}, t["tags"]
    assert not describe(arns[0]).get("tags")
    assert t["lastStatus"] == "RUNNING" and t["connectivity"] == "CONNECTED" and t["createdAt"] <= t["pullStartedAt"] <= t["pullStoppedAt"] <= t["startedAt"], t
    c = t["containers"][0]
    assert c["lastStatus"] == "RUNNING" and c["image"] == image() and c["imageDigest"].startswith("sha256:") and c["runtimeId"], c
    assert re.fullmatch("arn:aws:ecs:[^:]+:000000000000:container/default/%s/[0-9a-f-]{36}" % arns[0].split("/")[-1], c["containerArn"]), c
    ports = {(b["containerPort"], b["protocol"]): b for b in c["networkBindings"]}
    assert set(ports) == {(80, "tcp"), (53, "udp")} and all(32768 <= b["hostPort"] <= 60999 and b["bindIP"] == "0.0.0.0" for b in ports.values()), c
    other = describe(arns[1])["containers"][0]["networkBindings"]
    assert not {b["hostPort"] for b in other if b["protocol"] == "tcp"} & {ports[(80, "tcp")]["hostPort"]}, other
    short = arns[0].split("/")[-1]
    assert describe(short)["taskArn"] == arns[0] and describe(arns[0].replace("task/default/", "task/"))["taskArn"] == arns[0]
    for filter, found in (({"startedBy": "me"}, arns), ({"family": "runs"}, arns), ({"startedBy": "you"}, []), ({"containerInstance": INSTANCE}, arns),
                          ({"containerInstance": INSTANCE.split("/")[-1], "family": "runs"}, arns), ({"desiredStatus": "STOPPED", "family": "runs"}, []),
                          ({"launchType": "FARGATE"}, []), ({"launchType": "EC2", "family": "runs"}, arns), ({"family": "run"}, [])):
        assert sorted(set(pages(ecs, "list_tasks", "taskArns", **filter)) & set(arns)) == sorted(found), filter
    stopping = ecs.stop_task(task=short, reason="no more")["task"]
    assert stopping["desiredStatus"] == "STOPPED" and stopping["stoppedReason"] == "no more" and stopping["stopCode"] == "UserInitiated", stopping
    ecs.stop_task(task=arns[1])
    ecs.get_waiter("tasks_stopped").wait(tasks=arns, WaiterConfig=QUICK)
    t = describe(arns[0])
    assert (t["stopCode"], t["stoppedReason"], t["containers"][0]["exitCode"]) == ("UserInitiated", "no more", 137), t
    assert t["startedAt"] <= t["stoppingAt"] <= t["executionStoppedAt"] <= t["stoppedAt"], t
    assert describe(arns[1])["stoppedReason"] == "Task stopped by user", describe(arns[1])
    again = ecs.stop_task(task=arns[0], reason="once more")["task"]
    assert (again["lastStatus"], again["stoppedReason"]) == ("STOPPED", "no more"), again
    assert set(pages(ecs, "list_tasks", "taskArns", desiredStatus="STOPPED", family="runs")) >= set(arns)
    try:
        ecs.get_waiter("tasks_running").wait(tasks=arns, WaiterConfig=QUICK)
    except botocore.exceptions.WaiterError as e:
        assert "STOPPED" in str(e), e
    else:
        raise AssertionError("a stopped task counts as running")


def tokens():
    first = run(clientToken="once-" + RUNS[-3:], group="token")
    assert run(clientToken="once-" + RUNS[-3:], group="token") == first
    e = refused("ConflictException", re.compile("."), ecs.run_task, taskDefinition="runs", clientToken="once-" + RUNS[-3:], group="other")
    assert e.response.get("resourceIds") == first, e.response
    assert run(clientToken="twice-" + RUNS[-3:], group="token") != first
    stop(pages(ecs, "list_tasks", "taskArns", family="runs"))


def refusals():
    refused("ClientException", "TaskDefinition not found.", ecs.run_task, taskDefinition="runs:99")
    refused("ClientException", re.compile("TaskDefinition"), loose.run_task)
    for count in (0, 11, -1):
        refused("InvalidParameterException", re.compile(".*[Cc]ount"), ecs.run_task, taskDefinition="runs", count=count)
    refused("InvalidParameterException", "The referenced task was not found.", ecs.stop_task, task="0" * 32)
    missing = ecs.describe_tasks(tasks=["0" * 32, INSTANCE])
    assert missing["tasks"] == [] and missing["failures"][0]["arn"].endswith("task/default/" + "0" * 32), missing
    assert [f["reason"] for f in missing["failures"]] == ["MISSING"] * 2, missing
    refused("InvalidParameterException", re.compile(".*100"), ecs.describe_tasks, tasks=["%032x" % n for n in range(101)])
    refused("InvalidParameterException", re.compile("."), ecs.describe_tasks, tasks=[])
    refused("InvalidParameterException", "Override for container named ghost is not a container in the TaskDefinition.", ecs.run_task, taskDefinition="runs",
            overrides={"containerOverrides": [{"name": "ghost", "command": ["x"]}]})
    refused("InvalidParameterException", "Task definition does not support launch_type FARGATE.", ecs.run_task, taskDefinition="runs", launchType="FARGATE")
    refused("InvalidParameterException", re.compile(".*[Nn]etwork"), ecs.run_task, taskDefinition="runs",
            networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}})
    refused("InvalidParameterException", re.compile(".*128"), ecs.run_task, taskDefinition="runs", startedBy="x" * 129)
    refused("ServiceNotFoundException", "Service not found.", ecs.list_tasks, serviceName="ghost")
    refused("InvalidParameterException", re.compile("."), ecs.run_task, taskDefinition="runs", placementConstraints=[{"type": "memberOf", "expression": "("}])
    refused("InvalidParameterException", re.compile("."), ecs.run_task, taskDefinition="runs", placementStrategy=[{"type": "binpack", "field": "nonsense"}])
    refused("InvalidParameterException", re.compile("."), ecs.list_tasks, nextToken="nonsense")
    assert ecs.list_tasks(desiredStatus="PENDING")["taskArns"] == []


def placement():
    arns = run(placementConstraints=[{"type": "distinctInstance"}], group="alone")
    second = ecs.run_task(taskDefinition="runs", placementConstraints=[{"type": "distinctInstance"}], group="alone")
    assert second["tasks"] == [] and second["failures"][0]["arn"] == INSTANCE, second
    ecs.register_task_definition(**definition("port", portMappings=[{"containerPort": 80, "hostPort": 28080}]))
    arns += run(taskDefinition="port")
    taken = ecs.run_task(taskDefinition="port")
    assert taken["tasks"] == [] and taken["failures"] == [
        {"arn": INSTANCE, "reason": "RESOURCE:PORTS", "detail": "The host port 28080/tcp is taken by another task."}], taken
    arns += [t["taskArn"] for t in ecs.start_task(taskDefinition="runs", containerInstances=[INSTANCE], startedBy="hand")["tasks"]]
    assert describe(arns[-1])["startedBy"] == "hand"
    missing = ecs.start_task(taskDefinition="runs", containerInstances=["2" * 32])
    assert missing["tasks"] == [] and missing["failures"][0]["reason"] == "MISSING", missing
    refused("InvalidParameterException", re.compile("."), ecs.start_task, taskDefinition="runs", containerInstances=["%032x" % n for n in range(11)])
    before = ecs.describe_container_instances(containerInstances=[INSTANCE])["containerInstances"][0]
    counted = before["runningTasksCount"] + before["pendingTasksCount"]
    assert counted == 3, counted
    left = {r["name"]: r for r in before["remainingResources"]}
    had = {r["name"]: r for r in before["registeredResources"]}
    assert had["MEMORY"]["integerValue"] - left["MEMORY"]["integerValue"] == 48 and "28080" in left["PORTS"]["stringSetValue"], left
    ecs.tag_resource(resourceArn=arns[0], tags=[{"key": "t", "value": "v"}])
    assert ecs.list_tags_for_resource(resourceArn=arns[0])["tags"] == [{"key": "t", "value": "v"}]
    stop(arns)
    until("resources to come back", lambda: all(
        r["integerValue"] == had[r["name"]]["integerValue"] and r.get("stringSetValue") == had[r["name"]].get("stringSetValue")
        for r in ecs.describe_container_instances(containerInstances=[INSTANCE])["containerInstances"][0]["remainingResources"]))


def sidecar():
    """A container that is not essential ends and the task goes on, which is seen."""
    d = definition("sidecar")
    d["containerDefinitions"].append({**d["containerDefinitions"][0], "name": "side", "essential": False, "command": ["sh", "-c", "exit 3"]})
    ecs.register_task_definition(**d)
    arn = run(taskDefinition="sidecar")[0]
    def side():
        return next(c for c in describe(arn)["containers"] if c["name"] == "side" and c["lastStatus"] == "STOPPED")["exitCode"]
    def ended():
        try:
            return side()
        except StopIteration:
            return None
    assert until("the sidecar to end", ended, 10) == 3
    assert describe(arn)["lastStatus"] == "RUNNING"
    stop([arn])


parts(life, tokens, refusals, placement, sidecar)
