"""What is known of a service's rollouts: service deployments and revisions,
stopping them, task sets of services whose deployments somebody else controls,
and tasks that are protected from all of that."""
from kit import *
import datetime

ecs = client("ecs")
STOPS = "trap 'exit 0' TERM; sleep 600 & wait"
ecs.register_task_definition(**definition("rolled", STOPS))


def describe(name):
    return ecs.describe_services(services=[name])["services"][0]


def gone(*names):
    for name in names:
        ecs.delete_service(service=name, force=True)
    ecs.get_waiter("services_inactive").wait(services=list(names), WaiterConfig=QUICK)


def described(arn):
    return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]


def history():
    began = datetime.datetime.now(datetime.timezone.utc)
    s = ecs.create_service(serviceName="history", taskDefinition="rolled", desiredCount=1)["service"]
    digits = s["deployments"][0]["id"].removeprefix("ecs-svc/")
    briefs = ecs.list_service_deployments(service="history", createdAt={"after": began})["serviceDeployments"]
    assert len(briefs) == 1 and digits in briefs[0]["targetServiceRevisionArn"], briefs
    arn = briefs[0]["serviceDeploymentArn"]
    assert re.search("service-deployment/default/history/[A-Za-z0-9_-]{21,}$", arn) and s["currentServiceDeployment"] == arn, (s, arn)
    until("the deployment to succeed", lambda: described(arn)["status"] == "SUCCESSFUL")
    d = described(arn)
    assert d["targetServiceRevision"]["runningTaskCount"] == d["targetServiceRevision"]["requestedTaskCount"] == 1 and "rollback" not in d, d
    revision = ecs.describe_service_revisions(serviceRevisionArns=[d["targetServiceRevision"]["arn"]])["serviceRevisions"][0]
    assert revision["taskDefinition"] == s["taskDefinition"] and revision["launchType"] == "EC2" and "capacityProviderStrategy" not in revision, revision
    assert re.fullmatch("sha256:[0-9a-f]{64}", revision["containerImages"][0]["imageDigest"]), revision

    ecs.register_task_definition(**definition("rolled", image=image() + "-none"))
    bad = ecs.update_service(service="history", taskDefinition="rolled")["service"]["currentServiceDeployment"]
    until("the deployment to begin", lambda: described(bad)["status"] == "IN_PROGRESS")
    assert ecs.stop_service_deployment(serviceDeploymentArn=bad, stopType="ROLLBACK")["serviceDeploymentArn"] == bad
    until("the rollback to succeed", lambda: described(bad)["status"] == "ROLLBACK_SUCCESSFUL")
    d = described(bad)
    assert d["rollback"]["serviceRevisionArn"] == revision["serviceRevisionArn"] and d["sourceServiceRevisions"][0]["arn"] == revision["serviceRevisionArn"], d
    assert describe("history")["taskDefinition"] == s["taskDefinition"]
    assert [b["serviceDeploymentArn"] for b in ecs.list_service_deployments(service="history")["serviceDeployments"]] == [bad, arn]
    refused("ConflictException", "The service deployment cannot be stopped because it is in the ROLLBACK_SUCCESSFUL state.",
            ecs.stop_service_deployment, serviceDeploymentArn=bad)
    gone("history")
    ecs.register_task_definition(**definition("rolled", STOPS))


def sets():
    s = ecs.create_service(serviceName="outside", desiredCount=2, deploymentController={"type": "EXTERNAL"})["service"]
    assert s["deployments"] == [] and "taskDefinition" not in s and "currentServiceDeployment" not in s, s
    of = dict(cluster="default", service="outside")
    t = ecs.create_task_set(**of, taskDefinition="rolled", scale={"value": 50, "unit": "PERCENT"}, clientToken="one")["taskSet"]
    assert (t["status"], t["stabilityStatus"], t["computedDesiredCount"]) == ("ACTIVE", "STABILIZING", 1), t

    def one():
        return ecs.describe_task_sets(**of, taskSets=[t["id"]])["taskSets"][0]
    until("the task set to be stable", lambda: one()["stabilityStatus"] == "STEADY_STATE")
    assert (one()["runningCount"], one()["pendingCount"]) == (1, 0), one()
    assert ecs.update_service_primary_task_set(**of, primaryTaskSet=t["taskSetArn"])["taskSet"]["status"] == "PRIMARY"
    assert describe("outside")["taskDefinition"] == t["taskDefinition"]
    ecs.update_task_set(**of, taskSet=t["id"], scale={"value": 100, "unit": "PERCENT"})
    until("the task set to grow", lambda: one()["stabilityStatus"] == "STEADY_STATE" and one()["runningCount"] == 2)
    refused("InvalidParameterException", "The task set cannot be deleted while it is scaled above 0.", ecs.delete_task_set, **of, taskSet=t["id"])
    assert ecs.delete_task_set(**of, taskSet=t["id"], force=True)["taskSet"]["status"] == "DRAINING"
    until("the task set to be gone", lambda: ecs.describe_task_sets(**of)["taskSets"] == [])
    refused("TaskSetNotFoundException", "The specified task set does not exist.", ecs.delete_task_set, **of, taskSet=t["id"])
    gone("outside")


def protection():
    ecs.create_service(serviceName="kept", taskDefinition="rolled", desiredCount=2)
    until("the tasks", lambda: describe("kept")["runningCount"] == 2)
    tasks = ecs.list_tasks(serviceName="kept")["taskArns"]
    p = ecs.update_task_protection(cluster="default", tasks=tasks[:1], protectionEnabled=True, expiresInMinutes=5)
    assert p["failures"] == [] and p["protectedTasks"][0]["protectionEnabled"] and p["protectedTasks"][0]["expirationDate"], p
    ecs.update_service(service="kept", desiredCount=1)
    until("one task to be stopped", lambda: ecs.list_tasks(serviceName="kept")["taskArns"] == tasks[:1])
    got = ecs.get_task_protection(cluster="default", tasks=tasks[:1])["protectedTasks"][0]
    assert got["protectionEnabled"] and got["taskArn"] == tasks[0], got
    ecs.update_task_protection(cluster="default", tasks=tasks[:1], protectionEnabled=False)
    gone("kept")


parts(history, sets, protection)
