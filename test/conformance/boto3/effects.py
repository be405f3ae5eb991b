"""What a task definition says is what a container finds: each setting that is
accepted is looked at from inside real containers, by what they write to their
logs, and by their exit codes."""
from kit import *

ecs, logs = client("ecs"), client("logs")
GROUP = "/conformance/effects"
logs.create_log_group(logGroupName=GROUP)
AWSLOGS = {"logDriver": "awslogs", "options": {"awslogs-group": GROUP, "awslogs-region": os.environ["AWS_REGION"], "awslogs-stream-prefix": "p"}}


END = ":end"


def container(name, script, **more):
    """A container of a shell script. It says when it has said all, since a
    task may be STOPPED before its logs can be read."""
    return {"name": name, "image": image(), "memory": 24, "essential": False, "logConfiguration": AWSLOGS, "stopTimeout": 2,
            "command": ["sh", "-c", "(%s); status=$?; echo %s; exit $status" % (script, END)], **more}


def run(family, containers, overrides=None, **task):
    """Runs a task to its end; returns its description by container and what
    each of its containers wrote."""
    containers[0]["essential"] = True
    d = ecs.register_task_definition(family=family, containerDefinitions=containers, **task)["taskDefinition"]
    answer = ecs.run_task(taskDefinition=d["taskDefinitionArn"], overrides=overrides or {})
    assert not answer["failures"], answer["failures"]
    arn = answer["tasks"][0]["taskArn"]
    ecs.get_waiter("tasks_stopped").wait(tasks=[arn], WaiterConfig=QUICK)
    t = ecs.describe_tasks(tasks=[arn])["tasks"][0]
    return t, {c["name"]: c for c in t["containers"]}, {c["name"]: said(c, arn) for c in t["containers"]}


def said(c, arn):
    """What a container wrote; all of it if it ended by itself."""
    stream = "p/%s/%s" % (c["name"], arn.split("/")[-1])

    def lines():
        try:
            return [e["message"].rstrip("\r") for e in logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []
    if c.get("exitCode", 137) != 137:
        until("all that %s says" % c["name"], lambda: END in lines())
    return [x for x in lines() if x != END]


problems = []


def expect(what, got, want):
    if got != want:
        problems.append("%s: %r, not %r" % (what, got, want))


def first():
    """Ten containers of one task; the first waits until the others have ended."""
    t, by, said = run("effects", [
        container("last", "echo last", dependsOn=[{"containerName": n, "condition": "COMPLETE"} for n in (
            "who", "limits", "files", "net", "caps", "env", "tty", "failed")] + [{"containerName": "alive", "condition": "HEALTHY"}]),
        container("who", "id -u; id -g; pwd; hostname; cat /proc/1/comm; touch /x 2>&1 || echo readonly; cat /proc/self/limits | grep 'open files'",
                  user="boat", workingDirectory="/srv", hostname="ship", readonlyRootFilesystem=True,
                  ulimits=[{"name": "nofile", "softLimit": 123, "hardLimit": 456}]),
        container("limits", "df -k /dev/shm | tail -1 | awk '{print $2}'; df -k /scratch | tail -1 | awk '{print $2}'; "
                  "grep -E ' /scratch ' /proc/mounts | cut -d' ' -f4 | tr , '\\n' | grep noexec; cat /proc/1/comm; cat /proc/sys/kernel/msgmax",
                  systemControls=[{"namespace": "kernel.msgmax", "value": "12345"}],
                  linuxParameters={"sharedMemorySize": 8, "initProcessEnabled": True,
                                   "tmpfs": [{"containerPath": "/scratch", "size": 5, "mountOptions": ["noexec"]}]}),
        container("files", "echo shared > /data/a; cat /ro/a; (echo x > /ro/b) 2>/dev/null || echo readonly; ls -l /dev/fuzzy | cut -c1",
                  mountPoints=[{"sourceVolume": "v", "containerPath": "/data"}, {"sourceVolume": "v", "containerPath": "/ro", "readOnly": True}],
                  linuxParameters={"devices": [{"hostPath": "/dev/null", "containerPath": "/dev/fuzzy", "permissions": ["read"]}]}),
        container("net", "grep harbour /etc/hosts; cat /etc/resolv.conf | sort | tr '\\n' ';'; echo", extraHosts=[{"hostname": "harbour", "ipAddress": "10.1.2.3"}],
                  dnsServers=["10.9.9.9"], dnsSearchDomains=["sea.test"]),
        container("caps", "grep CapBnd /proc/self/status | awk '{print $2}'; grep NoNewPrivs /proc/self/status | awk '{print $2}'",
                  dockerSecurityOptions=["no-new-privileges"], linuxParameters={"capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]}}),
        container("env", "", command=["$GIVEN", "two  words"], entryPoint=["sh", "-c", 'echo "$SET|$GIVEN|$0|$1"; echo ' + END],
                  environment=[{"name": "SET", "value": "by = hand"}], dockerLabels={"a": "b"}),
        container("tty", "tty", pseudoTerminal=True),
        container("failed", "exit 42"),
        container("alive", "touch /tmp/ok; sleep 600", healthCheck={"command": ["CMD-SHELL", "test -e /tmp/ok"], "interval": 5, "timeout": 2, "retries": 1}),
    ], volumes=[{"name": "v"}])
    expect("stopped reason", (t["stopCode"], t["stoppedReason"]), ("EssentialContainerExited", "Essential container in task exited"))
    expect("order", said["last"], ["last"])
    expect("user, group, directory, host, first process, files", said["who"][:4], ["1000", "1000", "/srv", "ship"])
    expect("read-only root", said["who"][-2:-1], ["readonly"])
    expect("ulimit", said["who"][-1].split()[3:5], ["123", "456"])
    expect("shared memory, tmpfs, its options", said["limits"][:3], ["8192", "5120", "noexec"])
    expect("init is not the shell, sysctl", (said["limits"][3] != "sh", said["limits"][4]), (True, "12345"))
    expect("volumes and devices", said["files"], ["shared", "readonly", "c"])
    expect("hosts", said["net"][0].split(), ["10.1.2.3", "harbour"])
    expect("resolver", said["net"][1:], ["nameserver 10.9.9.9;search sea.test;"])
    expect("capabilities, no new privileges", said["caps"], ["%016x" % (1 << 19), "1"])
    expect("environment, entry point and command", said["env"], ["by = hand|by the image|$GIVEN|two  words"])
    expect("terminal", said["tty"][0][:5], "/dev/")
    expect("exit code", by["failed"].get("exitCode"), 42)
    expect("a successful exit code", by["env"].get("exitCode"), 0)
    expect("health", by["alive"].get("healthStatus"), "HEALTHY")
    expect("killed exit code", by["alive"].get("exitCode"), 137)


def overridden():
    t, by, said = run("overridden", [container("main", "echo not this", environment=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                                               cpu=10, memoryReservation=12)],
                      {"containerOverrides": [{"name": "main", "command": ["sh", "-c", "echo $A $B $C; cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max; echo " + END],
                                               "environment": [{"name": "B", "value": "two"}, {"name": "C", "value": "three"}],
                                               "memory": 32, "memoryReservation": 20, "cpu": 20}]})
    expect("overrides", said["main"], ["1 two three", str(32 << 20)])
    expect("container's amounts", (by["main"].get("cpu"), by["main"].get("memory"), by["main"].get("memoryReservation")), ("20", "32", "20"))


def endings():
    t, by, said = run("memory", [container("main", "tail /dev/zero", memory=8)])
    expect("out of memory", (by["main"].get("exitCode"), by["main"].get("reason")), (137, "OutOfMemoryError: Container killed due to memory usage"))
    t, by, said = run("nocommand", [container("main", "", command=["/no/such/program"])])
    expect("no such program", (t["stopCode"], by["main"].get("reason", "")[:26]), ("TaskFailedToStart", "CannotStartContainerError:"))
    t, by, said = run("noimage", [container("main", "", image=image() + "x")])
    expect("no such image", (t["stopCode"], t["stoppedReason"][:24]), ("TaskFailedToStart", "CannotPullContainerError"))
    expect("no exit code", "exitCode" in by["main"], False)


def unhealthy():
    """A task that is not a service's goes on when it is unhealthy; a service replaces its own."""
    given = definition("unhealthy", healthCheck={"command": ["CMD", "false"], "interval": 5, "timeout": 2, "retries": 1})
    ecs.register_task_definition(**given)
    alone = ecs.run_task(taskDefinition="unhealthy")["tasks"][0]["taskArn"]
    ecs.create_service(serviceName="unhealthy", taskDefinition="unhealthy", desiredCount=1)
    until("an unhealthy task", lambda: ecs.describe_tasks(tasks=[alone])["tasks"][0]["healthStatus"] == "UNHEALTHY")
    def replaced():
        gone = ecs.list_tasks(serviceName="unhealthy", desiredStatus="STOPPED")["taskArns"]
        return gone and ecs.describe_tasks(tasks=gone)["tasks"][0]
    t = until("a replaced task", replaced)
    expect("replaced for its health", (t["stopCode"], t["stoppedReason"]), ("ServiceSchedulerInitiated", "Task failed container health checks"))
    t = ecs.describe_tasks(tasks=[alone])["tasks"][0]
    expect("alone and unhealthy", (t["lastStatus"], t["containers"][0]["healthStatus"]), ("RUNNING", "UNHEALTHY"))
    ecs.stop_task(task=alone)
    ecs.delete_service(service="unhealthy", force=True)


def sharing():
    """links, volumesFrom and network modes."""
    t, by, said = run("sharing", [
        container("main", "sleep 0.3; cat /out/file; grep -c friend /etc/hosts; env | grep -c WEB_ENV_X; wget -qO- http://friend:8000/hello",
                  links=["web:friend"], volumesFrom=[{"sourceContainer": "web"}], dependsOn=[{"containerName": "web", "condition": "START"}]),
        container("web", "mkdir -p /srv/w; echo hello > /srv/w/hello; echo from web > /out/file; exec httpd -f -p 8000 -h /srv/w",
                  mountPoints=[{"sourceVolume": "v", "containerPath": "/out"}])], volumes=[{"name": "v"}])
    expect("volumes of another container and links", (said["main"][:1], said["main"][-1:]), (["from web"], ["hello"]))
    for mode in ("none", "host"):
        t, by, said = run("mode-" + mode, [container("main", "ls /sys/class/net | sort | tr '\\n' ' '; echo; readlink /proc/self/ns/net")], networkMode=mode)
        host = os.readlink("/proc/self/ns/net")
        expect("network mode " + mode, (said["main"][-1] == host, mode == "host" or said["main"][0].split() == ["lo"]), (mode == "host", True))


first()
overridden()
sharing()
endings()
unhealthy()
assert not problems, "\n".join(problems)
