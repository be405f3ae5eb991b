package agent

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// The containers of an awsvpc task live in one network, know themselves by the
// interface's name, and are told of it; the control plane hears of the
// interface before it hears that they run.
func TestSharedNetwork(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		started := map[string]runtime.Container{}
		h.behave = func(c runtime.Container) fake.Behaviour {
			started[c.ID] = c
			return fake.Behaviour{}
		}
		h.begin()
		offline := docker(acs.Config{NetworkDisabled: true}, acs.HostConfig{})
		web := awsvpc(task("t1", essential("web", port(80, 80)), sidecar("side", port(81, 81)), sidecar("alone", offline)), 5)
		h.plane.run(web)
		other := awsvpc(task("t2", essential("web", port(80, 80))), 6)
		other.Interfaces[0].DomainNameServers = []string{"172.31.0.2"}
		h.plane.run(other)
		h.untilStatus(web.ARN, "RUNNING")
		h.untilStatus(other.ARN, "RUNNING")
		if told := h.plane.told(web.ARN); !slices.Equal(told, []string{"ATTACHED", "RUNNING"}) {
			t.Errorf("reports: %v", told)
		}
		for _, report := range h.plane.tasks[web.ARN].reports {
			if len(report.Attachments) != 1 || *report.Attachments[0].AttachmentArn != web.Interfaces[0].AttachmentARN || *report.Attachments[0].Status != "ATTACHED" {
				t.Errorf("attachments: %v", report.Attachments)
			}
			for _, c := range report.Containers {
				if len(c.NetworkBindings) > 0 {
					t.Errorf("bindings of %s: %v", aws.ToString(c.ContainerName), c.NetworkBindings)
				}
			}
		}
		one, two, alone := started["t1-0"], started["t1-1"], started["t1-2"]
		if one.NetNS == "" || one.NetNS != two.NetNS || alone.NetNS == one.NetNS || started["t2-0"].NetNS == one.NetNS {
			t.Errorf("namespaces: %q, %q, %q", one.NetNS, two.NetNS, alone.NetNS)
		}
		if one.Hostname != "ip-172-31-0-5.ec2.internal" || two.Hostname != one.Hostname {
			t.Errorf("host names: %q, %q", one.Hostname, two.Hostname)
		}
		if hosts := read(t, one.HostsFile); !strings.Contains(hosts, "172.31.0.5\tip-172-31-0-5.ec2.internal ip-172-31-0-5\n") {
			t.Errorf("hosts: %s", hosts)
		}
		if conf := read(t, one.ResolvConf); conf != "nameserver 10.0.0.2\nsearch ec2.internal\n" {
			t.Errorf("resolv.conf: %s", conf)
		}
		if conf := read(t, started["t2-0"].ResolvConf); conf != "nameserver 172.31.0.2\nsearch ec2.internal\n" {
			t.Errorf("resolv.conf: %s", conf)
		}
		if !slices.Contains(one.Env, "ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/t1-0") {
			t.Errorf("environment: %v", one.Env)
		}
		_, text := tell(h, "GET", "/v4/t1-1", "172.31.0.5", "")
		var got containerMetadata
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.Name != "side" || !reflect.DeepEqual(got.Networks, []networkMetadata{{
			NetworkMode: "awsvpc", IPv4Addresses: []string{"172.31.0.5"}, AttachmentIndex: new(int), MACAddress: "0a:58:ac:1f:00:05", IPv4SubnetCIDRBlock: "172.31.0.0/20",
			DomainNameSearchList: []string{"ec2.internal"}, PrivateDNSName: "ip-172-31-0-5.ec2.internal", SubnetGatewayIpv4Address: "172.31.0.1/20"}}) {
			t.Errorf("%v: %s", err, text)
		}
		if status, _ := tell(h, "GET", "/v4/t1-1", "172.31.0.6", ""); status != 404 {
			t.Errorf("another task is answered %d", status)
		}
		h.kill()
		h.begin()
		if status, text := tell(h, "GET", "/v4/t1-1", "172.31.0.5", ""); status != 200 {
			t.Errorf("after a restart of the agent: %d %s", status, text)
		}
		h.plane.stop(web.ARN, other.ARN)
		h.untilStatus(web.ARN, "STOPPED")
		h.untilStatus(other.ARN, "STOPPED")
		h.nothingLeft()
	})
}

// A task whose interface cannot be made stops with AWS's words, and nothing of
// it has run.
func TestInterfaceFails(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		one, two := awsvpc(task("t1", essential("web")), 5), awsvpc(task("t2", essential("web")), 5)
		h.plane.run(one)
		h.untilStatus(one.ARN, "RUNNING")
		h.plane.run(two)
		h.untilStatus(two.ARN, "STOPPED")
		const want = "ResourceInitializationError: failed to configure ENI: failed to setup regular eni: "
		if got := aws.ToString(h.plane.report(two.ARN).Reason); !strings.HasPrefix(got, want) || h.starts["t2-0"] > 0 {
			t.Errorf("%d starts, reason: %s", h.starts["t2-0"], got)
		}
		h.plane.stop(one.ARN)
		h.untilStatus(one.ARN, "STOPPED")
		h.nothingLeft()
	})
}

// A task whose address another one had until just now starts as soon as that one's
// network is gone.
func TestAddressIsWaitedFor(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		one, two := awsvpc(task("t1", essential("web")), 5), awsvpc(task("t2", essential("web")), 5)
		h.plane.run(one)
		h.untilStatus(one.ARN, "RUNNING")
		h.plane.run(two)
		pass(time.Second)
		if told := h.plane.told(two.ARN); len(told) > 0 || h.starts["t2-0"] > 0 {
			t.Errorf("beside the other: %v, %d starts", told, h.starts["t2-0"])
		}
		h.plane.stop(one.ARN)
		h.untilStatus(two.ARN, "RUNNING")
		h.plane.stop(two.ARN)
		h.untilStatus(two.ARN, "STOPPED")
		h.nothingLeft()
	})
}

// The network of a task whose record is lost goes with what is left of it.
func TestStrayTaskNetwork(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web := awsvpc(task("t1", essential("web")), 5)
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		h.kill()
		h.plane.forget(web.ARN)
		if err := (&records{filepath.Join(h.dir, "tasks")}).remove(web.ARN); err != nil {
			t.Fatal(err)
		}
		h.begin()
		pass(time.Second)
		h.nothingLeft()
	})
}

// A container of Fargate has users and limits of its own, and knows where it is.
func TestFargateContainers(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		started := map[string]runtime.Container{}
		h.behave = func(c runtime.Container) fake.Behaviour {
			started[c.ID] = c
			return fake.Behaviour{}
		}
		h.options.Node.Machine = Machine{Memory: 8 << 10, Processes: 32 << 10}
		h.options.Node.Environment = map[string]string{"AWS_EXECUTION_ENV": "AWS_ECS_EC2"}
		h.begin()
		limited := docker(acs.Config{}, acs.HostConfig{Ulimits: []acs.Ulimit{{Name: "nofile", Soft: 10, Hard: 20}}})
		one := awsvpc(task("t1", essential("web"), sidecar("limited", limited)), 5)
		one.LaunchType, one.CPU, one.Memory = "FARGATE", 0.25, 512
		two := awsvpc(task("t2", essential("web")), 6)
		two.LaunchType, two.PIDMode = "FARGATE", "task"
		three := awsvpc(task("t3", essential("web")), 7)
		three.LaunchType = "EC2"
		for _, payload := range []acs.Task{one, two, three} {
			h.plane.run(payload)
			h.untilStatus(payload.ARN, "RUNNING")
		}
		c := started["t1-0"]
		if !c.Isolated || !slices.Contains(c.Env, "AWS_EXECUTION_ENV=AWS_ECS_FARGATE") || !slices.Equal(c.Ulimits, []runtime.Ulimit{{Name: "nofile", Soft: OpenFiles, Hard: OpenFiles}}) ||
			c.Task.CPUQuota != 25*time.Millisecond || c.Task.MemoryLimit != 512<<20 || c.Task.PidsLimit != 2048 {
			t.Errorf("container: %+v", c)
		}
		if c := started["t1-1"]; !slices.Equal(c.Ulimits, []runtime.Ulimit{{Name: "nofile", Soft: 10, Hard: 20}}) {
			t.Errorf("ulimits: %v", c.Ulimits)
		}
		if two, three := started["t2-0"].Task.PidsLimit, started["t3-0"].Task.PidsLimit; two != leastProcesses || three != 0 {
			t.Errorf("a task without memory of its own may have %d processes, one of EC2 %d", two, three)
		}
		if started["t2-0"].Isolated {
			t.Error("a container that shares processes has users of its own")
		}
		if c := started["t3-0"]; c.Isolated || len(c.Ulimits) > 0 || !slices.Contains(c.Env, "AWS_EXECUTION_ENV=AWS_ECS_EC2") {
			t.Errorf("container of EC2: %+v", c)
		}
	})
}
