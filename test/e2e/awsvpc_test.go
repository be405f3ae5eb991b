package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
)

// subnets are those of the default VPC that the account has from the beginning.
func subnets() (ids []string) {
	for _, noun := range address.Beginning("000000000000", "us-east-1") {
		if s, ok := noun.(*model.Subnet); ok {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// runInVPC runs a task in network mode awsvpc, in the default security group,
// and returns it when it runs, and its address.
func (p *platform) runInVPC(definition string, launch types.LaunchType, change ...func(*ecs.RunTaskInput)) (types.Task, string) {
	p.t.Helper()
	in := &ecs.RunTaskInput{TaskDefinition: aws.String(definition), LaunchType: launch,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: subnets()}}}
	for _, c := range change {
		c(in)
	}
	out, err := p.ecs.RunTask(context.Background(), in)
	if err != nil {
		p.t.Fatal(err)
	}
	if len(out.Tasks) != 1 {
		p.t.Fatalf("RunTask placed nothing: %+v", out.Failures)
	}
	task := p.untilTask(aws.ToString(out.Tasks[0].TaskArn), "RUNNING")
	for _, a := range task.Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "privateIPv4Address" {
				return task, aws.ToString(d.Value)
			}
		}
	}
	p.t.Fatalf("the task has no address: %+v", task.Attachments)
	return task, ""
}

// shellGet is a shell function that prints what an address, port and path answer;
// the image's wget cannot do without a library that the image does not have.
const shellGet = `get() { printf "GET $3 HTTP/1.0\r\n\r\n" | nc -w 3 $1 $2; }; `

// serving is a command that runs a script and serves what it printed at the task
// private address.
func serving(script string) string {
	return shellGet + "mkdir -p /tmp/w; (" + script + ") >/tmp/w/facts 2>&1; httpd -f -p 80 -h /tmp/w"
}

// fetch asks the task at an address until it answers: a server in a sandbox of 2022 now and then closes without a word.
func fetch(t *testing.T, addr string) string {
	t.Helper()
	var body string
	client := http.Client{Timeout: 5 * time.Second}
	until(t, time.Minute, "an answer of "+addr, func() bool {
		answer, err := client.Get("http://" + addr + "/facts")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		body = string(text)
		return err == nil && answer.StatusCode == http.StatusOK
	})
	return body
}

// wantFacts looks for texts in what a task says.
func wantFacts(t *testing.T, facts string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(facts, text) {
			t.Errorf("%q is not among the facts:\n%s", text, facts)
		}
	}
}

// TestTaskInterfaceInside looks at tasks of network mode awsvpc from inside and
// from the host: their interface, names and metadata, what they reach and who
// reaches them, also after a kill of everything but the containers.
func TestTaskInterfaceInside(t *testing.T) {
	p := start(t)
	image := p.image()
	inVPC := func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeAwsvpc }
	port := func(in *ecs.RegisterTaskDefinitionInput) {
		inVPC(in)
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
		side := in.ContainerDefinitions[0]
		side.Name, side.PortMappings = aws.String("side"), nil
		side.Command = []string{"sh", "-c", "mkdir -p /tmp/s; echo beside >/tmp/s/facts; httpd -f -p 127.0.0.1:81 -h /tmp/s"}
		in.ContainerDefinitions = append(in.ContainerDefinitions, side)
	}
	first, addr := p.runInVPC(p.register("first", image, serving("hostname; cat /etc/hosts; ip addr show eth0; sleep 1; get 127.0.0.1 81 /facts; get 169.254.170.2 80 ${ECS_CONTAINER_METADATA_URI_V4#http://169.254.170.2}; get 169.254.169.254 80 / || echo no instance metadata"), port), types.LaunchTypeEc2)
	name := "ip-" + strings.ReplaceAll(addr, ".", "-")
	facts := fetch(t, addr)
	wantFacts(t, facts, name+".ec2.internal\n", addr+"\t"+name+".ec2.internal "+name, addr+"/20", "beside\n", `"NetworkMode":"awsvpc"`, `"IPv4SubnetCIDRBlock":"172.31.`,
		`"AttachmentIndex":0`, "no instance metadata")
	if status := aws.ToString(first.Attachments[0].Status); status != "ATTACHED" {
		t.Errorf("attachment %s", status)
	}
	if n := first.Containers[0].NetworkInterfaces; len(n) != 1 || aws.ToString(n[0].PrivateIpv4Address) != addr {
		t.Errorf("network interfaces: %+v", n)
	}
	// The same port again, and from one task to the other.
	_, second := p.runInVPC(p.register("second", image, serving("get "+addr+" 80 /facts"), inVPC), types.LaunchTypeEc2)
	wantFacts(t, fetch(t, second), name)
	// A task of the bridge is in no group.
	outsider := p.enter("outsider", image, nil)
	if body, ok := outsider.get("http://" + addr + "/facts"); ok {
		t.Errorf("a task that is in no group is answered %s", body)
	}
	p.kill()
	p.up()
	wantFacts(t, fetch(t, addr), name)
	_, third := p.runInVPC(p.register("third", image, serving("get "+addr+" 80 /facts"), inVPC), types.LaunchTypeEc2)
	wantFacts(t, fetch(t, third), name)
	if _, err := p.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: first.TaskArn}); err != nil {
		t.Fatal(err)
	}
	p.untilTask(aws.ToString(first.TaskArn), "STOPPED")
	until(t, 20*time.Second, "the address to be nobody's", func() bool {
		_, err := (&http.Client{Timeout: 200 * time.Millisecond}).Get("http://" + addr + "/facts")
		return err != nil
	})
}

// TestFargateInside looks at a task of Fargate from inside: its users, limits
// and what it may not do. It gets at its files, whatever the mask is that the
// platform was started with.
func TestFargateInside(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	p := start(t)
	image := p.image()
	const role = "arn:aws:iam::000000000000:role/execution"
	p.aws("iam", "create-role", "--role-name", "execution", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	p.aws("iam", "put-role-policy", "--role-name", "execution", "--policy-name", "p", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:*"],"Resource":"*"}]}`)
	script := "cat /proc/self/uid_map /etc/hosts; grep CapEff /proc/self/status; grep -w Seccomp: /proc/self/status; echo nofile $(ulimit -n); echo $AWS_EXECUTION_ENV; " +
		"mount -t tmpfs none /mnt || echo no mounts; echo x >/proc/sys/kernel/panic || echo read-only; touch /sys/x || echo read-only sys; " +
		"echo x >>/etc/hosts || echo not mine; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; get 169.254.170.2 80 ${ECS_CONTAINER_METADATA_URI_V4#http://169.254.170.2}/task"
	_, addr := p.runInVPC(p.register("fargate", image, serving(script), func(in *ecs.RegisterTaskDefinitionInput) {
		in.NetworkMode, in.RequiresCompatibilities = types.NetworkModeAwsvpc, []types.Compatibility{types.CompatibilityFargate}
		in.Cpu, in.Memory, in.ExecutionRoleArn = aws.String("256"), aws.String("512"), aws.String(role)
	}), types.LaunchTypeFargate)
	facts := fetch(t, addr)
	wantFacts(t, facts, "CapEff:\t00000000a80425fb", "Seccomp:\t2", "AWS_ECS_FARGATE", "no mounts", "read-only\n", "read-only sys", "localhost", "not mine", `"LaunchType":"FARGATE"`)
	var inside, outside, size int
	if _, err := fmt.Sscan(facts, &inside, &outside, &size); err != nil || inside != 0 || outside < 1<<20 || size != 1<<16 {
		t.Errorf("users %d are %d outside, %d of them: %v", inside, outside, size, err)
	}
	if _, err := netip.ParseAddr(addr); err != nil {
		t.Error(err)
	}
}
