package stockagent

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// stockProgram returns Amazon's agent, or skips the test and says why.
func stockProgram(t testing.TB) string {
	t.Helper()
	path := os.Getenv("ROADSTEAD_STOCK_AGENT")
	if path == "" {
		t.Skip("ROADSTEAD_STOCK_AGENT does not name Amazon's ECS agent: hack/stockagent builds it from its source")
	}
	if os.Geteuid() != 0 {
		t.Skip("another machine takes root")
	}
	for _, program := range []string{path, "dockerd", "docker", "nsenter", "ip", "iptables"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no machine for Amazon's agent can be made: %v", err)
		}
	}
	if _, err := os.Stat("/sys/fs/cgroup/memory"); err != nil {
		t.Skip("the tests of Amazon's agent know control groups v1 alone: the other machine shares this one's")
	}
	return path
}

// agent is Amazon's agent on a machine.
type agent struct {
	*machine
	program string
	dir     string
	env     map[string]string
	process *exec.Cmd
	output  *tail
}

// newAgent returns an agent that has not been started, with the settings that
// docs/STOCK-AGENT.md names and those that are given.
func newAgent(m *machine, program, url string, more map[string]string) *agent {
	m.t.Helper()
	a := &agent{machine: m, program: program, dir: filepath.Join(m.dir, "agent"), output: &tail{}}
	if err := os.MkdirAll(filepath.Join(a.dir, "data"), 0o700); err != nil {
		m.t.Fatal(err)
	}
	a.env = map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": a.dir,
		"ECS_EXTERNAL": "true", "ECS_BACKEND_HOST": url, "ECS_CLUSTER": "default",
		"ECS_DATADIR": filepath.Join(a.dir, "data"), "ECS_LOGFILE": filepath.Join(a.dir, "agent.log"),
		"ECS_AUDIT_LOGFILE": filepath.Join(a.dir, "audit.log"), "ECS_LOGLEVEL": "info", "ECS_LOGLEVEL_ON_INSTANCE": "debug",
		"ECS_AVAILABLE_LOGGING_DRIVERS": `["json-file","awslogs","none"]`,
		"ECS_ENABLE_TASK_IAM_ROLE":      "true", "ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST": "true",
		"ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE": "true",
		"ECS_INSTANCE_ATTRIBUTES":                   `{"agent":"stock"}`,
		"AWS_ENDPOINT_URL":                          url, // of the services that the agent asks for secrets
	}
	maps.Copy(a.env, more)
	removed := []string{}
	if _, err := os.Stat("/sys/fs/cgroup/memory/ecs"); err != nil {
		removed = append(removed, "ecs") // the agent's groups of tasks
	}
	m.t.Cleanup(func() {
		if m.t.Failed() {
			log, _ := os.ReadFile(a.env["ECS_LOGFILE"])
			m.t.Logf("the agent said:\n%s\n%s", a.output, log[max(0, len(log)-16<<10):])
		}
		a.kill()
		for _, name := range removed {
			if len(m.containersOfAll()) == 0 {
				removeGroups(name)
			}
		}
	})
	// The way from containers to the agent, which ecs-init makes.
	run(m.t, m.command("iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "-d", "169.254.170.2", "--dport", "80", "-j", "DNAT", "--to-destination", "127.0.0.1:51679"))
	run(m.t, m.command("iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-d", "169.254.170.2", "--dport", "80", "-j", "REDIRECT", "--to-ports", "51679"))
	return a
}

// containersOfAll removes every container and returns those that are left.
func (m *machine) containersOfAll() []string {
	out, _ := m.docker("ps", "--all", "--quiet")
	if all := strings.Fields(out); len(all) > 0 {
		_, _ = m.docker(append([]string{"rm", "--force"}, all...)...)
	}
	out, _ = m.docker("ps", "--all", "--quiet")
	return strings.Fields(out)
}

// start starts the agent.
func (a *agent) start() {
	a.t.Helper()
	a.process = a.command(a.program)
	for _, name := range slices.Sorted(maps.Keys(a.env)) {
		a.process.Env = append(a.process.Env, name+"="+a.env[name])
	}
	a.process.Stdout, a.process.Stderr = a.output, a.output
	if err := a.process.Start(); err != nil {
		a.t.Fatalf("start Amazon's agent: %v", err)
	}
}

// kill ends the agent as an accident would.
func (a *agent) kill() { a.signal(syscall.SIGKILL) }

// signal ends the agent by a signal and waits for its end.
func (a *agent) signal(s syscall.Signal) {
	if a.process == nil {
		return
	}
	if pid := within(a.process); pid != 0 {
		_ = syscall.Kill(pid, s) // it may have ended by itself
	}
	_ = a.process.Wait() // it was told to end: that is its error
	a.process = nil
}

// joined waits until the agent is connected and returns its instance.
func (w *world) joined(limit time.Duration) types.ContainerInstance {
	w.t.Helper()
	var found types.ContainerInstance
	until(w.t, limit, "Amazon's agent to be connected", func() bool {
		for _, i := range w.instances() {
			if attribute(i, "agent") == "stock" && i.AgentConnected && aws.ToString(i.Status) != "INACTIVE" {
				found = i
				return true
			}
		}
		return false
	})
	return found
}

// instances describes the instances of the default cluster.
func (w *world) instances() []types.ContainerInstance {
	w.t.Helper()
	list, err := w.ecs.ListContainerInstances(w.t.Context(), &ecs.ListContainerInstancesInput{})
	if err != nil || len(list.ContainerInstanceArns) == 0 {
		return nil // the server may be away for a moment
	}
	out, err := w.ecs.DescribeContainerInstances(w.t.Context(), &ecs.DescribeContainerInstancesInput{ContainerInstances: list.ContainerInstanceArns})
	if err != nil {
		return nil
	}
	return out.ContainerInstances
}

func attribute(i types.ContainerInstance, name string) string {
	for _, a := range i.Attributes {
		if aws.ToString(a.Name) == name {
			return aws.ToString(a.Value)
		}
	}
	return ""
}

// log is what the agent has written of itself.
func (a *agent) log() string {
	text, _ := os.ReadFile(a.env["ECS_LOGFILE"])
	return string(text)
}
