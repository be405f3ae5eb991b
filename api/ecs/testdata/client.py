"""Drives the front door with boto3, which decodes more strictly than the
command line in some places. Arguments: the endpoint's URL."""
import sys

import boto3
import botocore.exceptions

ecs = boto3.client("ecs", endpoint_url=sys.argv[1], region_name="eu-central-1",
                   aws_access_key_id="ROOT", aws_secret_access_key="secret")
quick = {"Delay": 0.02, "MaxAttempts": 500}


def refused(code, message, call, **kwargs):
    try:
        call(**kwargs)
    except botocore.exceptions.ClientError as e:
        error = e.response["Error"]
        assert (error["Code"], error["Message"]) == (code, message), error
        assert e.response["ResponseMetadata"]["RequestId"], e.response
        return
    raise AssertionError("not refused: " + message)


refused("ClusterNotFoundException", "Cluster not found.", ecs.list_tasks)
assert ecs.create_cluster()["cluster"]["status"] == "ACTIVE"
capabilities = [{"name": n} for n in sys.argv[2].split(",")]
instance = ecs.register_container_instance(attributes=capabilities, totalResources=[
    {"name": "CPU", "type": "INTEGER", "integerValue": 4096}, {"name": "MEMORY", "type": "INTEGER", "integerValue": 8192},
    {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22"]}])["containerInstance"]
print("connect", instance["containerInstanceArn"], flush=True)
sys.stdin.readline()

definition = ecs.register_task_definition(family="web", containerDefinitions=[
    {"name": "web", "image": "web:1", "memory": 128, "portMappings": [{"containerPort": 80}],
     "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/web", "awslogs-region": "eu-central-1"}}}])["taskDefinition"]
container = definition["containerDefinitions"][0]
assert container["cpu"] == 0 and container["essential"] is True and container["environment"] == [], container
assert container["portMappings"] == [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}], container
assert definition["registeredAt"].year == 2026, definition

run = ecs.run_task(taskDefinition="web", count=2, overrides={"cpu": "256", "containerOverrides": [{"name": "web", "memory": 256}]})
assert not run["failures"] and len(run["tasks"]) == 2, run
tasks = [t["taskArn"] for t in run["tasks"]]
assert run["tasks"][0]["overrides"]["cpu"] == "256" and run["tasks"][0]["memory"] == "256", run["tasks"][0]
ecs.get_waiter("tasks_running").wait(tasks=tasks, WaiterConfig=quick)
ecs.stop_task(task=tasks[0], reason="enough")
ecs.get_waiter("tasks_stopped").wait(tasks=tasks[:1], WaiterConfig=quick)
stopped = ecs.describe_tasks(tasks=tasks)["tasks"][0]
assert stopped["stoppedReason"] == "enough" and stopped["stopCode"] == "UserInitiated", stopped
refused("InvalidParameterException", "The referenced task was not found.", ecs.stop_task, task="0" * 32)

service = ecs.create_service(serviceName="s", taskDefinition="web", desiredCount=2)["service"]
assert "networkConfiguration" not in service and "capacityProviderStrategy" not in service and service["launchType"] == "EC2", service
ecs.get_waiter("services_stable").wait(services=["s"], WaiterConfig=quick)
ecs.update_service(service="s", desiredCount=1, forceNewDeployment=True)
ecs.get_waiter("services_stable").wait(services=["s"], WaiterConfig=quick)
described = ecs.describe_services(services=["s", "none"], include=["TAGS"])
assert described["failures"] == [{"arn": service["serviceArn"][:-1] + "none", "reason": "MISSING"}], described["failures"]
assert described["services"][0]["deployments"][0]["rolloutState"] == "COMPLETED", described
assert described["services"][0]["runningCount"] == 1 and described["services"][0]["tags"] == [], described
ecs.delete_service(service="s", force=True)
ecs.get_waiter("services_inactive").wait(services=["s"], WaiterConfig=quick)
assert [p["taskArns"] for p in ecs.get_paginator("list_tasks").paginate(maxResults=1)] == [[tasks[1]]]
print("done", flush=True)
