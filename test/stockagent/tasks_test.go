package stockagent

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
)

// TestTasks runs tasks on Amazon's agent, beside our own in one cluster, and
// compares what the API tells of them with what they are on the machine.
func TestTasks(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	numbers := l.Addr().String()
	w := newWorld(t, "up", "--insecure", "--metrics", numbers)
	instance := w.joined(patience)
	w.parts(t, []part{
		{"instance", func(t *testing.T) { w.described(t, instance) }},
		{"networks", w.networks},
		{"ends", w.ends},
		{"dependencies", w.dependencies},
		{"numbers", func(t *testing.T) { w.numbers(t, numbers) }},
		{"roles", w.roles},
		{"sealed", w.sealed},
		{"kept away", w.keptAway},
		{"beside ours", w.besideOurs},
		{"deregistered", w.deregistered},
	})
}

// described looks at what an agent of Amazon's told of itself.
func (w *world) described(t *testing.T, i types.ContainerInstance) {
	if v := i.VersionInfo; v == nil || aws.ToString(v.AgentVersion) == "" || aws.ToString(v.AgentHash) == "" || !strings.HasPrefix(aws.ToString(v.DockerVersion), "DockerVersion: ") {
		t.Errorf("versions: %+v", v)
	}
	for _, name := range []string{"ecs.capability.external", "ecs.capability.full-sync", "ecs.capability.container-ordering", "com.amazonaws.ecs.capability.docker-remote-api.1.32"} {
		if !slices.ContainsFunc(i.Attributes, func(a types.Attribute) bool { return aws.ToString(a.Name) == name }) {
			t.Errorf("attribute %s is missing", name)
		}
	}
	// The agent that answers heartbeats tells over its other channel that it is well.
	until(t, patience, "the instance's health", func() bool {
		out, err := w.ecs.DescribeContainerInstances(t.Context(), &ecs.DescribeContainerInstancesInput{ContainerInstances: []string{*i.ContainerInstanceArn},
			Include: []types.ContainerInstanceField{types.ContainerInstanceFieldContainerInstanceHealth}})
		if err != nil || len(out.ContainerInstances) != 1 || out.ContainerInstances[0].HealthStatus == nil {
			return false
		}
		return out.ContainerInstances[0].HealthStatus.OverallStatus == types.InstanceHealthCheckStateOk
	})
	_, err := w.ecs.UpdateContainerAgent(t.Context(), &ecs.UpdateContainerAgentInput{ContainerInstance: i.ContainerInstanceArn})
	if code(err) != "NoUpdateAvailableException" {
		t.Errorf("UpdateContainerAgent: %v", err)
	}
}

// code is the type of an AWS error.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return fmt.Sprint(err)
}

// networks runs tasks in the network modes that the agent has.
func (w *world) networks(t *testing.T) {
	bridge := w.run(w.register("bridge", `echo "$GREETING"; while true; do echo "served by $HOSTNAME" | nc -l -p 80; done`, func(in *ecs.RegisterTaskDefinitionInput) {
		c := &in.ContainerDefinitions[0]
		c.Hostname = aws.String("stockhost")
		c.Environment = []types.KeyValuePair{{Name: aws.String("GREETING"), Value: aws.String("good day")}}
		c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	}), func(in *ecs.RunTaskInput) {
		in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("main"),
			Environment: []types.KeyValuePair{{Name: aws.String("GREETING"), Value: aws.String("good night")}}}}}
	})
	fixed := w.register("fixed", "sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(53), HostPort: aws.Int32(5353), Protocol: types.TransportProtocolUdp}}
	})
	bound := w.run(fixed, nil)
	host := w.run(w.register("hostly", "ls /sys/class/net; sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeHost }), nil)
	none := w.run(w.register("none", "ls /sys/class/net; sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeNone }), nil)

	task := w.reaches(bridge, "RUNNING")
	c := task.Containers[0]
	if running := w.agent.containers(bridge, false); len(running) != 1 || running[0] != aws.ToString(c.RuntimeId) || !strings.HasPrefix(aws.ToString(c.ImageDigest), "sha256:") {
		t.Errorf("container %s with digest %s, and on the machine %v", aws.ToString(c.RuntimeId), aws.ToString(c.ImageDigest), running)
	}
	if len(c.NetworkBindings) == 0 || aws.ToInt32(c.NetworkBindings[0].HostPort) == 0 {
		t.Fatalf("bindings: %+v", c.NetworkBindings)
	}
	address := net.JoinHostPort(w.agent.far, fmt.Sprint(aws.ToInt32(c.NetworkBindings[0].HostPort)))
	until(t, patience, "the task to answer on "+address, func() bool { return answer(address) == "served by stockhost" })
	if said := w.said(bridge, "main"); said != "good night" {
		t.Errorf("the environment with its override: %q", said)
	}
	if b := w.reaches(bound, "RUNNING").Containers[0].NetworkBindings; len(b) == 0 || aws.ToInt32(b[0].HostPort) != 5353 || b[0].Protocol != types.TransportProtocolUdp {
		t.Errorf("fixed port: %+v", b)
	}
	out, err := w.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: &fixed})
	if err != nil || len(out.Failures) == 0 || !slices.Contains(failures(out.Failures), "RESOURCE:PORTS_UDP ") && !slices.ContainsFunc(failures(out.Failures), func(s string) bool { return strings.HasPrefix(s, "RESOURCE:PORTS") }) {
		t.Errorf("a second task on the port: %v %v", err, failures(out.Failures))
	}
	w.reaches(host, "RUNNING")
	until(t, patience, "the host's interfaces", func() bool { return slices.Contains(strings.Fields(w.said(host, "main")), "wire") })
	w.reaches(none, "RUNNING")
	until(t, patience, "no interfaces", func() bool { return w.said(none, "main") == "lo" })
	for _, arn := range []string{bridge, bound, host, none} {
		w.stop(arn)
	}
	for _, arn := range []string{bridge, bound, host, none} {
		w.reaches(arn, "STOPPED")
		if left := w.agent.containers(arn, false); len(left) != 0 {
			t.Errorf("task %s is STOPPED and has containers %v", arn, left)
		}
	}
}

// answer is what a server says to who connects.
func answer(address string) string {
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return ""
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second)) // a TCP connection takes deadlines
	text, _ := io.ReadAll(c)
	return strings.TrimSpace(string(text))
}

// ends runs tasks that end in all the ways there are.
func (w *world) ends(t *testing.T) {
	willing := w.run(w.register("willing", "trap 'exit 7' TERM; echo up; while true; do sleep 0.1; done", nil), nil)
	unwilling := w.run(w.register("unwilling", "trap '' TERM; echo up; while true; do sleep 0.1; done", nil), nil)
	greedy := w.run(w.register("greedy", "tail /dev/zero", func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Memory = aws.Int32(8) }), nil)
	missing := w.run(w.register("missing", "", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].Image = aws.String(w.listen + "/nothing:1")
	}), nil)
	three := w.run(w.register("three", "exit 3", nil), nil)
	for _, c := range []struct {
		task, exits, reason string
		code                types.TaskStopCode
		stop                bool
	}{
		{three, "main=3", "Essential container in task exited", types.TaskStopCodeEssentialContainerExited, false},
		{willing, "main=7", "enough", types.TaskStopCodeUserInitiated, true},
		{unwilling, "main=137", "enough", types.TaskStopCodeUserInitiated, true},
		{greedy, "main=137 (OutOfMemoryError: Container killed due to memory usage)", "Essential container in task exited", types.TaskStopCodeEssentialContainerExited, false},
		{missing, "", "CannotPull", types.TaskStopCodeTaskFailedToStart, false},
	} {
		if c.stop {
			w.reaches(c.task, "RUNNING")
			until(t, patience, "the trap to be set", func() bool { return w.said(c.task, "main") == "up" })
			w.stop(c.task)
		}
		ended := w.reaches(c.task, "STOPPED")
		if reason := aws.ToString(ended.StoppedReason); ended.StopCode != c.code || !strings.HasPrefix(reason, c.reason) || c.exits != "" && exits(ended) != c.exits {
			t.Errorf("%s: %s, %s, %s; want %s, %s, %s", aws.ToString(ended.TaskDefinitionArn), ended.StopCode, reason, exits(ended), c.code, c.reason, c.exits)
		}
	}
}

// dependencies runs containers that wait for others, and tells their health.
func (w *world) dependencies(t *testing.T) {
	waits := func(c *types.ContainerDefinition, on string, until types.ContainerCondition) {
		c.DependsOn = append(c.DependsOn, types.ContainerDependency{ContainerName: &on, Condition: until})
	}
	check := func(command string) *types.HealthCheck {
		return &types.HealthCheck{Command: []string{"CMD-SHELL", command}, Interval: aws.Int32(5), Timeout: aws.Int32(2), Retries: aws.Int32(1)}
	}
	ordered := w.run(w.register("ordered", "ls /shared; sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: aws.String("shared")}}
		first, healthy := w.container("first", "sleep 1; touch /shared/first"), w.container("healthy", "sleep 2; touch /shared/healthy; sleep 1000")
		first.Essential, healthy.HealthCheck = aws.Bool(false), check("test -e /shared/healthy")
		in.ContainerDefinitions = append(in.ContainerDefinitions, first, healthy)
		waits(&in.ContainerDefinitions[0], "first", types.ContainerConditionSuccess)
		waits(&in.ContainerDefinitions[0], "healthy", types.ContainerConditionHealthy)
		for at := range in.ContainerDefinitions {
			in.ContainerDefinitions[at].MountPoints = []types.MountPoint{{SourceVolume: aws.String("shared"), ContainerPath: aws.String("/shared")}}
		}
	}), nil)
	sick := w.run(w.register("sick", "sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].HealthCheck = check("false") }), nil)
	failed := w.run(w.register("failed", "sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) {
		first := w.container("first", "exit 4")
		first.Essential = aws.Bool(false)
		in.ContainerDefinitions = append(in.ContainerDefinitions, first)
		waits(&in.ContainerDefinitions[0], "first", types.ContainerConditionSuccess)
	}), nil)
	w.reaches(ordered, "RUNNING")
	until(t, patience, "the waiting container's look", func() bool { return w.said(ordered, "main") == "first\nhealthy" })
	until(t, patience, "a healthy container", func() bool { return w.health(ordered, "healthy") == types.HealthStatusHealthy })
	until(t, patience, "an unhealthy container", func() bool { return w.health(sick, "main") == types.HealthStatusUnhealthy })
	ended := w.reaches(failed, "STOPPED")
	if !strings.Contains(exits(ended), "first=4") || ended.StopCode != types.TaskStopCodeTaskFailedToStart {
		t.Errorf("a dependency that fails: %s, %s, %s", ended.StopCode, aws.ToString(ended.StoppedReason), exits(ended))
	}
	w.stop(ordered)
	w.stop(sick)
	w.reaches(ordered, "STOPPED")
	w.reaches(sick, "STOPPED")
}

// health is the health of a container.
func (w *world) health(task, container string) types.HealthStatus {
	t, err := w.task(task)
	if err != nil {
		return ""
	}
	for _, c := range t.Containers {
		if aws.ToString(c.Name) == container {
			return c.HealthStatus
		}
	}
	return ""
}

// numbers waits until what a container uses has come over the agent's
// telemetry.
func (w *world) numbers(t *testing.T, address string) {
	task := w.run(w.register("busy", "a=$(head -c 8000000 /dev/zero | tr '\\0' x); while true; do :; done", nil), nil) // the agent counts whole MiB
	w.reaches(task, "RUNNING")
	for _, name := range []string{"cpu_seconds_total", "memory_bytes"} {
		sample := regexp.MustCompile(`(?m)^roadstead_container_` + name + `\{[^}]*family="busy"[^}]*\} ([0-9.e+]+)$`)
		until(t, 2*patience, "a number of "+name, func() bool {
			answer, err := http.Get("http://" + address + "/metrics")
			if err != nil {
				return false
			}
			defer answer.Body.Close()
			text, _ := io.ReadAll(answer.Body)
			found := sample.FindSubmatch(text)
			return found != nil && string(found[1]) != "0"
		})
	}
	w.stop(task)
	w.reaches(task, "STOPPED")
}

// subnets are those of the default VPC that the account has from the beginning.
func subnets() (ids []string) {
	for _, noun := range address.Beginning("000000000000", "us-east-1") {
		if s, ok := noun.(*model.Subnet); ok {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// keptAway asks for what Amazon's agent cannot do outside of AWS.
func (w *world) keptAway(t *testing.T) {
	subnets := &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: subnets()}}
	own := w.register("own-interface", "true", func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeAwsvpc })
	out, err := w.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: &own, NetworkConfiguration: subnets})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Tasks) != 0 || !slices.ContainsFunc(failures(out.Failures), func(s string) bool { return strings.HasPrefix(s, "ATTRIBUTE") }) {
		t.Errorf("awsvpc: %v", failures(out.Failures))
	}
	task := w.run(w.register("enterable", "sleep 1000", nil), func(in *ecs.RunTaskInput) { in.EnableExecuteCommand = true })
	if agents := w.reaches(task, "RUNNING").Containers[0].ManagedAgents; len(agents) != 1 || aws.ToString(agents[0].LastStatus) != "STOPPED" {
		t.Errorf("managed agents: %+v", agents)
	}
	_, err = w.ecs.ExecuteCommand(t.Context(), &ecs.ExecuteCommandInput{Task: &task, Command: aws.String("sh"), Interactive: true})
	if code(err) != "TargetNotConnectedException" {
		t.Errorf("ExecuteCommand: %v", err)
	}
	w.stop(task)
}

// besideOurs spreads a service over both agents, drains Amazon's, and looks
// where the tasks go.
func (w *world) besideOurs(t *testing.T) {
	definition := w.register("both", "trap 'exit 0' TERM; while true; do sleep 0.1; done", func(in *ecs.RegisterTaskDefinitionInput) { in.PlacementConstraints = nil })
	_, err := w.ecs.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String("both"), TaskDefinition: &definition, DesiredCount: aws.Int32(2),
		PlacementStrategy: []types.PlacementStrategy{{Type: types.PlacementStrategyTypeSpread, Field: aws.String("instanceId")}}})
	if err != nil {
		t.Fatal(err)
	}
	stock := w.joined(patience)
	until(t, patience, "a task on each instance", func() bool { on := w.serviceTasks(t); return len(on) == 2 && on[*stock.ContainerInstanceArn] == 1 })
	state := func(status types.ContainerInstanceStatus) {
		if _, err := w.ecs.UpdateContainerInstancesState(t.Context(), &ecs.UpdateContainerInstancesStateInput{ContainerInstances: []string{*stock.ContainerInstanceArn}, Status: status}); err != nil {
			t.Fatal(err)
		}
	}
	state(types.ContainerInstanceStatusDraining)
	until(t, patience, "all tasks on our agent", func() bool { on := w.serviceTasks(t); return len(on) == 1 && on[*stock.ContainerInstanceArn] == 0 })
	alone := w.register("alone", "true", nil)
	if out, err := w.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: &alone}); err != nil || len(out.Tasks) != 0 {
		t.Errorf("a draining instance takes a task: %v %v", err, failures(out.Failures))
	}
	state(types.ContainerInstanceStatusActive)
	if ended := w.reaches(w.run(alone, nil), "STOPPED"); exits(ended) != "main=0" {
		t.Errorf("active again: %s", exits(ended))
	}
	if _, err := w.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: aws.String("both"), Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	until(t, patience, "no tasks", func() bool { return len(w.serviceTasks(t)) == 0 })
}

// serviceTasks counts the running tasks of the service on each instance.
func (w *world) serviceTasks(t *testing.T) map[string]int {
	out := map[string]int{}
	list, err := w.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{ServiceName: aws.String("both")})
	if err != nil || len(list.TaskArns) == 0 {
		return out
	}
	tasks, err := w.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: list.TaskArns})
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks.Tasks {
		if aws.ToString(task.LastStatus) == "RUNNING" {
			out[aws.ToString(task.ContainerInstanceArn)]++
		}
	}
	return out
}

// deregistered takes the instance away from its agent.
func (w *world) deregistered(t *testing.T) {
	task := w.run(w.register("orphan", "sleep 1000", nil), nil)
	w.reaches(task, "RUNNING")
	stock := w.joined(patience)
	_, err := w.ecs.DeregisterContainerInstance(t.Context(), &ecs.DeregisterContainerInstanceInput{ContainerInstance: stock.ContainerInstanceArn})
	if code(err) != "InvalidParameterException" {
		t.Errorf("DeregisterContainerInstance with a task: %v", err)
	}
	if _, err := w.ecs.DeregisterContainerInstance(t.Context(), &ecs.DeregisterContainerInstanceInput{ContainerInstance: stock.ContainerInstanceArn, Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	until(t, patience, "the agent to be told", func() bool { return strings.Contains(w.agent.log(), "InactiveInstanceException") })
	if left := w.agent.containers(task, false); len(left) != 1 {
		t.Errorf("the orphan's containers: %v", left)
	}
}
