package e2e

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// member is a container of a task whose containers wait for each other.
func member(name, image, script string, essential bool, change func(*types.ContainerDefinition)) types.ContainerDefinition {
	c := types.ContainerDefinition{Name: aws.String(name), Image: aws.String(image), Memory: aws.Int32(16), Essential: aws.Bool(essential),
		Command: []string{"sh", "-c", script}, StopTimeout: aws.Int32(5), MountPoints: []types.MountPoint{mountOf("w", "/w", false)}}
	if change != nil {
		change(&c)
	}
	return c
}

func waitsFor(name string, condition types.ContainerCondition) func(*types.ContainerDefinition) {
	return func(c *types.ContainerDefinition) {
		c.DependsOn = append(c.DependsOn, types.ContainerDependency{ContainerName: aws.String(name), Condition: condition})
	}
}

// crew registers a task of several containers that share /w, and returns the
// definition and what /w is on the host.
func (p *platform) crew(family, image string, containers ...types.ContainerDefinition) (definition, dir string) {
	p.t.Helper()
	dir = p.t.TempDir()
	return p.register(family, image, "", func(in *ecs.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(dir)}}}
		in.ContainerDefinitions = containers
	}), dir
}

func container(t testing.TB, task types.Task, name string) types.Container {
	t.Helper()
	at := slices.IndexFunc(task.Containers, func(c types.Container) bool { return aws.ToString(c.Name) == name })
	if at < 0 {
		t.Fatalf("the task has no container %s", name)
	}
	return task.Containers[at]
}

// aboutTask asks the metadata endpoint about the task.
const aboutTask = `u=${ECS_CONTAINER_METADATA_URI_V4#http://169.254.170.2}; printf 'GET %s/task HTTP/1.0\r\nHost: 169.254.170.2\r\n\r\n' $u | nc -w 5 169.254.170.2 80`

// askOrder proves dependsOn, essential, healthCheck and stopTimeout.
func (p *platform) askOrder(image string) {
	t := p.t.(*testing.T)
	say := func(word string) string { return "echo " + word + " >> /w/order; " }
	leave := func(word string) string { // ends in its own time when it is asked to
		return say(word) + "trap 'echo " + word + " leaves >> /w/order; exit 0' TERM; while :; do usleep 20000; done"
	}
	definition, dir := p.crew("order", image,
		member("last", image, aboutTask+" > /w/metadata; "+leave("last"), true, waitsFor("healthy", types.ContainerConditionHealthy)),
		member("healthy", image, say("healthy")+"(sleep 2; touch /w/well) & trap 'echo asked >> /w/order' TERM; while :; do usleep 20000; done", true, func(c *types.ContainerDefinition) {
			c.StopTimeout = aws.Int32(2)
			c.HealthCheck = &types.HealthCheck{Command: []string{"CMD-SHELL", "echo looking; test -e /w/well && echo all is well"}, Interval: aws.Int32(5),
				Timeout: aws.Int32(2), Retries: aws.Int32(3)}
			waitsFor("succeeds", types.ContainerConditionSuccess)(c)
			waitsFor("fails", types.ContainerConditionComplete)(c)
		}),
		member("fails", image, say("fails")+"sleep 1; echo failed >> /w/order; exit 3", false, waitsFor("succeeds", types.ContainerConditionStart)),
		member("succeeds", image, say("succeeds")+"sleep 1; echo succeeded >> /w/order", false, nil))
	arn := p.run(definition)
	task := p.untilTask(arn, "RUNNING")
	order := func() []string {
		text, _ := os.ReadFile(filepath.Join(dir, "order"))
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	until(t, stepPatience, "the last container", func() bool { return slices.Contains(order(), "last") })
	t.Run("dependsOn", func(t *testing.T) {
		at := func(word string) int { return slices.Index(order(), word) }
		if said := order(); said[0] != "succeeds" || at("fails") > at("failed") || at("healthy") < at("failed") || at("healthy") < at("succeeded") || at("last") < at("healthy") {
			t.Errorf("the order is %v", said)
		}
	})
	t.Run("essential", func(t *testing.T) {
		if c := container(t, task, "fails"); aws.ToInt32(c.ExitCode) != 3 || aws.ToString(task.LastStatus) != "RUNNING" {
			t.Errorf("the task is %s, and the container without which it goes on: %+v", aws.ToString(task.LastStatus), c)
		}
	})
	t.Run("healthCheck", func(t *testing.T) {
		until(t, stepPatience, "the health to be known", func() bool { return container(t, p.task(arn), "healthy").HealthStatus == types.HealthStatusHealthy })
	})
	t.Run("healthCheckOutput", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join(dir, "metadata"))
		if want := `"output":"looking\nall is well\n"`; err != nil || !strings.Contains(string(text), want) {
			t.Errorf("the task is told %s, want %s (%v)", text, want, err)
		}
	})
	if _, err := p.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: aws.String(arn)}); err != nil {
		t.Fatal(err)
	}
	asked := time.Now()
	task = p.untilTask(arn, "STOPPED")
	t.Run("stopTimeout", func(t *testing.T) {
		took := time.Since(asked)
		if c := container(t, task, "healthy"); aws.ToInt32(c.ExitCode) != 137 || took < 2*time.Second || took > 15*time.Second {
			t.Errorf("killed after %v, exit code %d", took, aws.ToInt32(c.ExitCode))
		}
		if said := order(); slices.Index(said, "last leaves") < 0 || slices.Index(said, "asked") < slices.Index(said, "last leaves") {
			t.Errorf("they were asked to stop in the order %v", said)
		}
		if c := container(t, task, "last"); aws.ToInt32(c.ExitCode) != 0 {
			t.Errorf("the one that leaves by itself: exit code %d", aws.ToInt32(c.ExitCode))
		}
	})
}

// askStartTimeout lets a container wait for one that never is healthy.
func (p *platform) askStartTimeout(image string) {
	definition, _ := p.crew("patience", image,
		member("main", image, "sleep 1000", true, waitsFor("ill", types.ContainerConditionHealthy)),
		member("ill", image, "sleep 1000", false, func(c *types.ContainerDefinition) {
			c.StartTimeout = aws.Int32(2)
			c.StopTimeout = aws.Int32(2)
			c.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "false"}, Interval: aws.Int32(5), Retries: aws.Int32(10)}
		}))
	began := time.Now()
	task := p.untilTask(p.run(definition), "STOPPED")
	if reason := container(p.t, task, "main").Reason; !strings.Contains(aws.ToString(reason), "dependency resolution timed out") || time.Since(began) < 2*time.Second {
		p.t.Errorf("after %v: %s, %s: %s", time.Since(began), task.StopCode, aws.ToString(task.StoppedReason), aws.ToString(reason))
	}
}

// restarting is a task with a restart policy that was started a while ago.
type restarting struct {
	p        *platform
	arn, dir string
}

// startRestarting starts a task of which one container fails again and again
// and two end as their policies let them.
func (p *platform) startRestarting(image string) restarting {
	policy := func(ignored ...int32) func(*types.ContainerDefinition) {
		return func(c *types.ContainerDefinition) {
			c.RestartPolicy = &types.ContainerRestartPolicy{Enabled: aws.Bool(true), IgnoredExitCodes: ignored, RestartAttemptPeriod: aws.Int32(60)}
		}
	}
	definition, dir := p.crew("restarting", image,
		member("main", image, afterwards, true, nil),
		member("again", image, "echo again >> /w/again; sleep 61; exit 1", false, policy()),
		member("ignored", image, "echo ignored >> /w/ignored; sleep 61; exit 7", false, policy(7)),
		member("early", image, "echo early >> /w/early; exit 1", false, policy()))
	r := restarting{p, p.run(definition), dir}
	p.untilTask(r.arn, "RUNNING")
	return r
}

func (r restarting) check(t *testing.T) {
	p := r.p.within(t)
	lines := func(name string) int {
		text, _ := os.ReadFile(filepath.Join(r.dir, name))
		return strings.Count(string(text), "\n")
	}
	until(t, 90*time.Second, "the container to be started again", func() bool { return lines("again") == 2 })
	ended := func(name string) bool { return aws.ToString(container(t, p.task(r.arn), name).LastStatus) == "STOPPED" }
	until(t, stepPatience, "the ignored exit code", func() bool { return ended("ignored") })
	if !ended("early") || ended("again") || ended("main") || lines("ignored") != 1 || lines("early") != 1 {
		t.Errorf("ignored ran %d times, early %d times: %+v", lines("ignored"), lines("early"), p.task(r.arn).Containers)
	}
}

// askRepositoryCredentials pulls an image with the user and password that a
// secret holds, and with a wrong one.
func (p *platform) askRepositoryCredentials(image, role string) {
	local := strings.Replace(image, "127.0.0.1:", "localhost:", 1)
	with := func(family, secret string) string {
		return p.register(family, local, afterwards, func(in *ecs.RegisterTaskDefinitionInput) {
			in.ExecutionRoleArn = aws.String(role)
			in.ContainerDefinitions[0].RepositoryCredentials = &types.RepositoryCredentials{CredentialsParameter: aws.String(secret)}
		})
	}
	right := p.secretARN("registry", `{"username":"AWS","password":"`+p.password()+`"}`)
	p.untilTask(p.run(with("welcome", right)), "RUNNING")
	wrong := p.secretARN("stranger", `{"username":"AWS","password":"guessed"}`)
	task := p.untilTask(p.run(with("stranger", wrong)), "STOPPED")
	if reason := aws.ToString(task.StoppedReason); !strings.HasPrefix(reason, "CannotPullContainerError: ") {
		p.t.Errorf("%s: %s", task.StopCode, reason)
	}
}

// askSize runs a task that names its own size.
func (p *platform) askSize(image string) {
	p.interview("sized", image, []subject{{"main", func(c *types.ContainerDefinition) { c.Memory = nil }, []question{
		ask("taskMemory", `grep hierarchical_memory_limit /sys/fs/cgroup/memory/memory.stat || echo hierarchical_memory_limit 67108864`, "hierarchical_memory_limit 67108864"),
		ask("taskCpu", `used() { cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || awk '/usage_usec/{print $2"000"}' /sys/fs/cgroup/cpu.stat; }
a=$(used); timeout 2 sh -c 'while :; do :; done'; b=$(used); test $(( (b-a)/1000000 )) -lt 900 && echo limited`, "limited", "Terminated\nlimited"),
	}}}, func(in *ecs.RegisterTaskDefinitionInput) { in.Cpu, in.Memory = aws.String("256"), aws.String("64") })
}

// askSharing runs a task whose containers share processes and IPC.
func (p *platform) askSharing(image string) {
	p.interview("sharing", image, []subject{
		{"first", func(c *types.ContainerDefinition) { c.Hostname = aws.String("first") }, []question{ask("pidModeOne", `test $$ != 1 && echo not the first process; echo word > /dev/shm/word`, "not the first process")}},
		{"second", waitsFor("first", types.ContainerConditionStart), []question{
			ask("pidModeTask", `until grep -q firs[t].done /proc/*/cmdline; do usleep 50000; done; echo seen`, "seen"),
			ask("ipcModeTask", `until test -s /dev/shm/word; do usleep 50000; done; cat /dev/shm/word`, "word")}},
	}, func(in *ecs.RegisterTaskDefinitionInput) {
		in.PidMode, in.IpcMode = types.PidModeTask, types.IpcModeTask
	})
}

// askHealth proves what makes a container unhealthy, and what does not yet.
func (p *platform) askHealth(image string) {
	check := func(change func(*types.HealthCheck), command ...string) func(*types.ContainerDefinition) {
		return func(c *types.ContainerDefinition) {
			c.HealthCheck = &types.HealthCheck{Command: command, Interval: aws.Int32(5), Timeout: aws.Int32(2), Retries: aws.Int32(1)}
			change(c.HealthCheck)
		}
	}
	nothing := func(*types.HealthCheck) {}
	definition, _ := p.crew("ill", image,
		member("fails", image, afterwards, true, check(nothing, "CMD-SHELL", "exit 1")),
		member("hangs", image, afterwards, true, check(nothing, "CMD", "sleep", "100")),
		member("patient", image, afterwards, true, check(func(h *types.HealthCheck) { h.Retries = aws.Int32(10) }, "CMD-SHELL", "exit 1")),
		member("young", image, afterwards, true, check(func(h *types.HealthCheck) { h.StartPeriod = aws.Int32(300) }, "CMD-SHELL", "exit 1")))
	arn := p.run(definition)
	status := func(name string) types.HealthStatus { return container(p.t, p.task(arn), name).HealthStatus }
	t := p.t.(*testing.T)
	t.Run("unhealthy", func(t *testing.T) {
		until(t, 15*time.Second, "the one that fails", func() bool { return status("fails") == types.HealthStatusUnhealthy })
		if status("patient") != types.HealthStatusUnknown {
			t.Errorf("the one that may fail nine times is %s", status("patient"))
		}
	})
	t.Run("healthCheckTimeout", func(t *testing.T) {
		until(t, 15*time.Second, "the one that hangs", func() bool { return status("hangs") == types.HealthStatusUnhealthy })
	})
	t.Run("startPeriod", func(t *testing.T) {
		if status("young") != types.HealthStatusUnknown {
			t.Errorf("the one that has just started is %s", status("young"))
		}
	})
}

// askAbsentFile names an environment file that is not there.
func (p *platform) askAbsentFile(image, role string) {
	task := p.untilTask(p.run(p.register("absent", image, afterwards, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ExecutionRoleArn = aws.String(role)
		in.ContainerDefinitions[0].EnvironmentFiles = []types.EnvironmentFile{{Type: types.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::files/absent.env")}}
	})), "STOPPED")
	reason := aws.ToString(task.StoppedReason)
	if task.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.HasPrefix(reason, "ResourceInitializationError: failed to download env files: ") || !strings.Contains(reason, "NoSuchKey") {
		p.t.Errorf("%s: %s", task.StopCode, reason)
	}
}

// askHostNetwork runs a task in the host's network.
func (p *platform) askHostNetwork(image string) {
	name, err := os.Hostname()
	if err != nil {
		p.t.Fatal(err)
	}
	namespace, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		p.t.Fatal(err)
	}
	p.interview("onhost", image, []subject{{"main", nil, []question{
		ask("networkModeHost", `hostname; readlink /proc/self/ns/net`, name+"\n"+namespace),
	}}}, func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeHost })
}

// askNoNetwork runs a task without a network.
func (p *platform) askNoNetwork(image string) {
	p.interview("offline", image, []subject{{"main", nil, []question{ask("networkModeNone", `ls /sys/class/net`, "lo")}},
		{"other", nil, []question{ask("networkModeNoneTask", `grep -c : /proc/net/route; true`, "0")}}},
		func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeNone })
}
