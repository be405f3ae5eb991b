"""Sets each member of the requests that describe something, one at a time, as
the service's model has it: what is set is in the answer and in what Describe
says afterwards, or it is refused with an error that names it. Nothing is
accepted and forgotten."""
import copy
import re

from kit import *

ecs = client("ecs", parameter_validation=False)

# Names that enumerations and free strings need to get past other checks.
WORDS = {"sourceVolume": "v", "expression": "attribute:ecs.os-type == linux", "sourcePath": "/srv", "containerPath": "/srv", "ipAddress": "10.0.0.1",
         "hostPath": "/dev/null", "taskRoleArn": "arn:aws:iam::000000000000:role/r", "executionRoleArn": "arn:aws:iam::000000000000:role/r",
         "roleArn": "arn:aws:iam::000000000000:role/r", "image": "x:1", "workingDirectory": "/srv", "mode": "blocking",
         "containerPortRange": "80-81", "namespace": "kernel.msgmax", "cpu": "64", "memory": "64", "user": "1000",
         "dockerSecurityOptions": "no-new-privileges", "fileSystemId": "fs-12345678", "valueFrom": "/a/b", "add": "NET_ADMIN", "drop": "ALL",
         "mountOptions": "noexec", "credentialSpecs": "credentialspec:arn:aws:s3:::bucket/spec.json", "fileSystemArn": "arn:aws:s3files:us-east-1:000000000000:file-system/fs-1",
         "accessPointArn": "arn:aws:s3files:us-east-1:000000000000:access-point/p", "credentialsParameter": "arn:aws:secretsmanager:us-east-1:000000000000:secret:s",
         "domain": "example.com", "capacityProvider": "parameters"}
ROLE = "arn:aws:iam::000000000000:role/r"


def strategy(member):
    """What one item of a strategy needs beside the member that is tried."""
    return [((member, 0, "capacityProvider"), "parameters"), ((member, 0, "weight"), 1)]


# What a volume needs beside the member that is tried: a definition that leaves it to the launch, too.
VOLUME = [(("taskDefinition",), "parameters-volume"), (("volumeConfigurations", 0, "name"), "v"),
          (("volumeConfigurations", 0, "managedEBSVolume", "roleArn"), "arn:aws:iam::000000000000:role/parameters-volumes"),
          (("volumeConfigurations", 0, "managedEBSVolume", "sizeInGiB"), 1)]
TAGGED = [(("volumeConfigurations", 0, "managedEBSVolume", "tagSpecifications", 0, "resourceType"), "volume")]


def named(e, path, value):
    """Whether an error names the member, a part of its path, its value or its value's kind."""
    said = re.sub("[^a-z]", "", e.response["Error"]["Message"].lower())
    return any(re.sub("[^a-z]", "", p.lower()).removesuffix("s") in said for p in path + (value,) if isinstance(p, str))


def values(shape, name):
    kind = shape.type_name
    if kind == "string":
        return list(shape.enum) if shape.enum else [WORDS.get(name, "sentinel")]
    return {"integer": [7], "long": [7], "double": [7.5], "float": [7.5], "boolean": [True, False], "timestamp": [1700000000],
            "blob": [b"x"]}[kind]


def leaves(shape, path=(), seen=()):
    """All the members below a shape as (path, value); a path's 0 is a list's
    one item and its "key" is a map's one entry."""
    kind = shape.type_name
    if kind == "structure":
        if shape.name in seen:
            return
        for name, member in shape.members.items():
            yield from leaves(member, path + (name,), seen + (shape.name,))
    elif kind == "list":
        yield from leaves(shape.member, path + (0,), seen)
    elif kind == "map":
        yield from leaves(shape.value, path + ("key",), seen)
    else:
        name = next(p for p in reversed(path) if isinstance(p, str))
        for value in values(shape, name):
            yield path, value


def put(into, path, value):
    """A copy of the request with the value at the path, inside what is there."""
    head, rest = path[0], path[1:]
    if head == 0:
        into = copy.copy(into) if into else [None]
        into[0] = put(into[0], rest, value) if rest else value
        return into
    into = dict(into or {})
    into[head] = put(into.get(head), rest, value) if rest else value
    return into


def get(of, path):
    for p in path:
        if isinstance(p, int):
            if not isinstance(of, list) or not of:
                return None
            of = of[p]
        else:
            if not isinstance(of, dict):
                return None
            of = of.get(p)
    return of


def same(a, b):
    return a == b or str(a) == str(b) and not isinstance(a, (list, dict))


def probe(operation, request, call, shown, exempt=(), fill=None):
    """Tries every member. shown(answer) gives the descriptions in which it
    must be found; exempt are members that are not meant to be shown, with the
    reason beside them in the caller."""
    problems, accepted, refusals = [], 0, 0
    for path, value in leaves(ecs.meta.service_model.operation_model(operation).input_shape):
        dotted = ".".join(map(str, path))
        given = put(request(), path, value)
        for prefix, more in (fill or {}).items():
            if dotted.startswith(prefix):
                for at, v in more:
                    if get(given, at) in (None, "parameters-task"):
                        given = put(given, at, v)
        if get(given, path) != value:
            continue
        try:
            answer = call(**given)
        except botocore.exceptions.ClientError as e:
            refusals += 1
            if e.response["ResponseMetadata"]["HTTPStatusCode"] != 400 or not named(e, path, value):
                problems.append("%s=%r: refused without a name: %s" % (dotted, value, e.response["Error"]))
            continue
        accepted += 1
        for where, description in shown(answer):
            found = get(description, path)
            # What is off or empty by default may be left out.
            if not same(found, value) and not (value is False and found is None) and not any(re.fullmatch(x, dotted) for x in exempt):
                problems.append("%s=%r: accepted, but %s shows %r" % (dotted, value, where, found))
    print("%s: %d accepted and shown, %d refused by name, %d problems" % (operation, accepted, refusals, len(problems)))
    return [operation + " " + p for p in problems]


def definitions():
    def call(**given):
        return ecs.register_task_definition(**given)

    def shown(answer):
        registered = dict(answer["taskDefinition"], tags=answer.get("tags"))
        d = ecs.describe_task_definition(taskDefinition=registered["taskDefinitionArn"], include=["TAGS"])
        return [("the answer", registered), ("DescribeTaskDefinition", dict(d["taskDefinition"], tags=d.get("tags")))]

    return probe("RegisterTaskDefinition", lambda: {"family": "parameters", "containerDefinitions": [
        {"name": "main", "image": "x:1", "memory": 64},
        {"name": "side", "image": "x:1", "memory": 64, "essential": False, "healthCheck": {"command": ["CMD", "true"]}}]},
                 call, shown, fill={
        "containerDefinitions.0.portMappings": [(("containerDefinitions", 0, "portMappings", 0, "containerPort"), 80)],
        "containerDefinitions.0.mountPoints": [(("containerDefinitions", 0, "mountPoints", 0, "sourceVolume"), "v"),
                                               (("containerDefinitions", 0, "mountPoints", 0, "containerPath"), "/srv"),
                                               (("volumes", 0, "name"), "v")],
        "containerDefinitions.0.logConfiguration.options": [(("containerDefinitions", 0, "logConfiguration", "logDriver"), "json-file")],
        "placementConstraints": [(("placementConstraints", 0, "type"), "memberOf"), (("placementConstraints", 0, "expression"), "attribute:ecs.os-type == linux")],
        "containerDefinitions.0.secrets": [(("containerDefinitions", 0, "secrets", 0, "name"), "A"), (("containerDefinitions", 0, "secrets", 0, "valueFrom"), "/a/b"),
                                           (("executionRoleArn",), ROLE)],
        "containerDefinitions.0.logConfiguration.secretOptions": [
            (("containerDefinitions", 0, "logConfiguration", "logDriver"), "syslog"), (("executionRoleArn",), ROLE),
            (("containerDefinitions", 0, "logConfiguration", "secretOptions", 0, "name"), "A"),
            (("containerDefinitions", 0, "logConfiguration", "secretOptions", 0, "valueFrom"), "/a/b")],
        "containerDefinitions.0.environmentFiles.0.type": [(("containerDefinitions", 0, "environmentFiles", 0, "value"), "arn:aws:s3:::bucket/a.env"),
                                                           (("executionRoleArn",), ROLE)],
        "containerDefinitions.0.dependsOn.0.condition": [(("containerDefinitions", 0, "dependsOn", 0, "containerName"), "side")],
        "containerDefinitions.0.restartPolicy": [(("containerDefinitions", 0, "restartPolicy", "enabled"), True)],
        "containerDefinitions.0.firelensConfiguration": [(("containerDefinitions", 0, "firelensConfiguration", "type"), "fluentbit"),
                                                         (("containerDefinitions", 0, "logConfiguration", "logDriver"), "awsfirelens")],
        "volumes": [(("volumes", 0, "name"), "v")],
        "volumes.0.efsVolumeConfiguration": [(("volumes", 0, "efsVolumeConfiguration", "fileSystemId"), "fs-12345678"),
                                             (("volumes", 0, "efsVolumeConfiguration", "transitEncryption"), "ENABLED")],
        "volumes.0.s3filesVolumeConfiguration": [(("volumes", 0, "s3filesVolumeConfiguration", "fileSystemArn"), WORDS["fileSystemArn"])],
    })


def tasks(operation, request, call):
    # Of these a task shows nothing by their names; tasks.py looks at their effect.
    hidden = ("taskDefinition", "count", "clientToken", "enableECSManagedTags", "propagateTags", "placement.*", "referenceId", "containerInstances.*",
              "capacityProviderStrategy.*",
              # They are an attachment, which is held to what was asked for where volumes are tested.
              "volumeConfigurations.*")

    def shown(answer):
        assert len(answer["tasks"]) >= 1, answer
        arns = [t["taskArn"] for t in answer["tasks"]]
        described = ecs.describe_tasks(tasks=arns, include=["TAGS"])["tasks"]
        for arn in arns:
            ecs.stop_task(task=arn)
        return [("the answer", answer["tasks"][0]), ("DescribeTasks", described[0])]

    return probe(operation, request, call, shown, exempt=hidden, fill={
        "overrides.containerOverrides": [(("overrides", "containerOverrides", 0, "name"), "main")],
        "placementConstraints": [(("placementConstraints", 0, "type"), "memberOf"),
                                 (("placementConstraints", 0, "expression"), "attribute:ecs.os-type == linux")],
        "placementStrategy": [(("placementStrategy", 0, "type"), "spread"), (("placementStrategy", 0, "field"), "instanceId")],
        "volumeConfigurations.0.managedEBSVolume.tagSpecifications": TAGGED, "volumeConfigurations": VOLUME,
        "capacityProviderStrategy": strategy("capacityProviderStrategy")})


def services():
    made = []

    def create(**given):
        if "serviceName" in given and given["serviceName"] != "sentinel":
            given = dict(given, serviceName="parameters-%d" % len(made))
        answer = ecs.create_service(**given)
        made.append(answer["service"]["serviceName"])
        return answer

    def shown(answer):
        name = answer["service"]["serviceName"]
        described = ecs.describe_services(services=[name], include=["TAGS"])["services"]
        # A service's volumes are told with its deployment.
        return [(where, dict(s, volumeConfigurations=s["deployments"][0].get("volumeConfigurations")))
                for where, s in (("the answer", answer["service"]), ("DescribeServices", described[0]))]

    filled = {
        "volumeConfigurations.0.managedEBSVolume.tagSpecifications": TAGGED, "volumeConfigurations": VOLUME,
        "placementConstraints": [(("placementConstraints", 0, "type"), "memberOf"),
                                 (("placementConstraints", 0, "expression"), "attribute:ecs.os-type == linux")],
        "placementStrategy": [(("placementStrategy", 0, "type"), "spread"), (("placementStrategy", 0, "field"), "instanceId")],
        "capacityProviderStrategy": strategy("capacityProviderStrategy"),
        "deploymentConfiguration.alarms": [(("deploymentConfiguration", "alarms", "alarmNames"), ["sentinel"])],
        "deploymentConfiguration.deploymentCircuitBreaker.thresholdConfiguration": [
            (("deploymentConfiguration", "deploymentCircuitBreaker", "thresholdConfiguration", "type"), "COUNT"),
            (("deploymentConfiguration", "deploymentCircuitBreaker", "thresholdConfiguration", "value"), 3)],
        "deploymentConfiguration.minimumHealthyPercent": [(("deploymentConfiguration", "maximumPercent"), 150)],
        "deploymentConfiguration.maximumPercent": [(("deploymentConfiguration", "minimumHealthyPercent"), 0)]}
    # A token and the wish for a new deployment are deeds, not descriptions; a
    # definition is shown by its ARN.
    problems = probe("CreateService", lambda: {"serviceName": "new", "taskDefinition": "parameters-task", "desiredCount": 0}, create, shown,
                     exempt=("clientToken", "taskDefinition"), fill=filled)
    create(serviceName="new", taskDefinition="parameters-task", desiredCount=0)
    kept = made[-1]
    problems += probe("UpdateService", lambda: {"service": kept}, lambda **given: ecs.update_service(**given), shown,
                      exempt=("forceNewDeployment", "taskDefinition", "service"), fill=dict(
                          filled, capacityProviderStrategy=strategy("capacityProviderStrategy") + [(("forceNewDeployment",), True)]))
    for name in made:
        ecs.delete_service(service=name, force=True)
    ecs.get_waiter("services_inactive").wait(services=[kept], WaiterConfig=QUICK)
    return problems


def clusters():
    def shown(answer):
        described = ecs.describe_clusters(clusters=[answer["cluster"]["clusterName"]], include=["TAGS", "SETTINGS", "CONFIGURATIONS"])["clusters"]
        return [("the answer", answer["cluster"]), ("DescribeClusters", described[0])]

    filled = {"settings": [(("settings", 0, "name"), "containerInsights"), (("settings", 0, "value"), "enabled")],
              "defaultCapacityProviderStrategy": strategy("defaultCapacityProviderStrategy") + [(("capacityProviders",), ["parameters"])]}
    made = []

    def create(**given):
        made.append(given.get("clusterName"))
        return ecs.create_cluster(**given)

    names = iter(range(1000))
    problems = probe("CreateCluster", lambda: {"clusterName": "parameters-%d" % next(names)}, create, shown, fill=filled)
    create(clusterName="parameters-kept")
    problems += probe("UpdateCluster", lambda: {"cluster": "parameters-kept"}, lambda **given: ecs.update_cluster(**given), shown,
                      exempt=("cluster",), fill=filled)
    for name in made:
        try:
            ecs.delete_cluster(cluster=name)
        except ecs.exceptions.ClusterNotFoundException:
            pass
    return problems


if __name__ == "__main__":
    # Its group grows by itself, as far as ECS knows: tasks wait for instances.
    ecs.create_capacity_provider(name="parameters", autoScalingGroupProvider={"autoScalingGroupArn": "parameters", "managedScaling": {"status": "ENABLED"}})
    ecs.put_cluster_capacity_providers(cluster="default", capacityProviders=["parameters"], defaultCapacityProviderStrategy=[])
    problems = definitions()
    ecs.register_task_definition(family="parameters-task", containerDefinitions=[{"name": "main", "image": "x:1", "memory": 8}])
    ecs.register_task_definition(family="parameters-volume", containerDefinitions=[{"name": "main", "image": "x:1", "memory": 8, "mountPoints": [
        {"sourceVolume": "v", "containerPath": "/v"}]}],
                                 volumes=[{"name": "v", "configuredAtLaunch": True}])
    client("iam").create_role(RoleName="parameters-volumes", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs.amazonaws.com"}}]}))
    problems += tasks("RunTask", lambda: {"taskDefinition": "parameters-task"}, lambda **given: ecs.run_task(**given))
    WORDS["containerInstances"] = instance = ecs.list_container_instances()["containerInstanceArns"][0]
    problems += tasks("StartTask", lambda: {"taskDefinition": "parameters-task", "containerInstances": [instance]},
                      lambda **given: ecs.start_task(**given))
    problems += services()
    problems += clusters()
    ecs.put_cluster_capacity_providers(cluster="default", capacityProviders=[], defaultCapacityProviderStrategy=[])
    ecs.delete_capacity_provider(capacityProvider="parameters")
    if problems:
        raise AssertionError("\n".join(problems))
