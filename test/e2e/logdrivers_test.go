package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/agent/logdriver/forwardtest"
	"github.com/roadstead/roadstead/registry/sampleimage"
)

// TestLogDrivers lets real containers log in every way that there is.
func TestLogDrivers(t *testing.T) {
	p := start(t)
	image, router, role := p.image(), p.program("router"), p.loggingRole()
	t.Run("multiline", func(t *testing.T) { p.within(t).logsSeveralLines(image) })
	t.Run("refused", func(t *testing.T) { p.within(t).logsNowhere(image) })
	t.Run("refusedOnFargate", func(t *testing.T) { p.within(t).logsNowhereOnFargate(image, role) })
	t.Run("collectors", func(t *testing.T) { p.within(t).logsToCollectors(image) })
	t.Run("fargate", func(t *testing.T) { p.within(t).routesOnFargate(image, router, role) })
	t.Run("router", func(t *testing.T) {
		q := p.within(t)
		q.routesThroughAKill(image, router, role)
		p.process, p.output = q.process, q.output // of the next life
	})
}

// program builds a program of testdata, pushes it as an image and returns its
// reference.
func (p *platform) program(name string) string {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), name)
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./testdata/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		p.t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	image, err := sampleimage.Build(sampleimage.Spec{Layers: [][]sampleimage.File{{{Path: "/" + name, Mode: 0o755, Content: content}}}, Entrypoint: []string{"/" + name}})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.ecr.CreateRepository(p.t.Context(), &ecr.CreateRepositoryInput{RepositoryName: aws.String(name)}); err != nil {
		p.t.Fatal(err)
	}
	reference := p.listen + "/" + name + ":latest"
	if _, err := sampleimage.Push(p.t.Context(), image, reference, sampleimage.Credentials{Username: "AWS", Password: p.password()}); err != nil {
		p.t.Fatal(err)
	}
	return reference
}

// loggingRole makes an execution role that may pull, read parameters, and write
// logs, but not to the group /denied.
func (p *platform) loggingRole() string {
	p.t.Helper()
	p.aws("iam", "create-role", "--role-name", "logging", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	p.aws("iam", "put-role-policy", "--role-name", "logging", "--policy-name", "p", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:GetParameters","kms:Decrypt","ecr:*","logs:*"],"Resource":"*"},{"Effect":"Deny","Action":"logs:*","Resource":["arn:aws:logs:*:*:log-group:/denied","arn:aws:logs:*:*:log-group:/denied:*"]}]}`)
	return "arn:aws:iam::000000000000:role/logging"
}

// group makes a log group.
func (p *platform) group(name string) {
	p.t.Helper()
	if _, err := p.logs.CreateLogGroup(context.Background(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name}); err != nil {
		p.t.Fatal(err)
	}
}

func awslogs(group string, more ...string) *types.LogConfiguration {
	out := &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "c"}}
	for i := 0; i+1 < len(more); i += 2 {
		out.Options[more[i]] = more[i+1]
	}
	return out
}

func (p *platform) logsSeveralLines(image string) {
	p.t.Helper()
	p.group("/multiline")
	p.run(p.register("multiline", image, `printf '2026-11-21 first\n  at a\n\n  at b\n2026-11-22 second\n'`, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].LogConfiguration = awslogs("/multiline", "awslogs-datetime-format", "%Y-%m-%d", "mode", "non-blocking", "max-buffer-size", "4m")
	}))
	want := []string{"2026-11-21 first\n  at a\n\n  at b", "2026-11-22 second"}
	until(p.t, settlePatience, "two events", func() bool { return slices.Equal(p.logLines("/multiline"), want) })
}

// logsNowhere asks for logs that cannot be had: by nobody, and by the task's
// execution role.
func (p *platform) logsNowhere(image string) {
	p.t.Helper()
	p.group("/denied")
	for group, want := range map[string]string{
		"/absent": "CannotStartContainerError: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
		"/denied": "CannotStartContainerError: failed to initialize logging driver: failed to create Cloudwatch log stream: AccessDeniedException: ",
	} {
		task := p.untilTask(p.run(p.register("nowhere", image, "true", func(in *ecs.RegisterTaskDefinitionInput) {
			in.ExecutionRoleArn = aws.String("arn:aws:iam::000000000000:role/logging")
			in.ContainerDefinitions[0].LogConfiguration = awslogs(group)
		})), "STOPPED")
		if got := aws.ToString(task.Containers[0].Reason); !strings.HasPrefix(got, want) {
			p.t.(*testing.T).Errorf("%s: %q, %q", group, got, aws.ToString(task.StoppedReason))
		}
	}
}

// logsNowhereOnFargate asks for a log that cannot be had, on Fargate.
func (p *platform) logsNowhereOnFargate(image, role string) {
	p.t.Helper()
	arn := p.runOnFargate(p.register("nowhere", image, "true", func(in *ecs.RegisterTaskDefinitionInput) {
		onFargateWith(in, role)
		in.ContainerDefinitions[0].LogConfiguration = awslogs("/absent")
	}))
	const want = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.: exit status 1"
	task := p.untilTask(arn, "STOPPED")
	if got := aws.ToString(task.Containers[0].Reason); got != want || task.StopCode != types.TaskStopCodeTaskFailedToStart {
		p.t.(*testing.T).Errorf("%s: %q, %q", task.StopCode, got, aws.ToString(task.StoppedReason))
	}
}

func onFargateWith(in *ecs.RegisterTaskDefinitionInput, role string) {
	in.NetworkMode, in.Cpu, in.Memory, in.ExecutionRoleArn = types.NetworkModeAwsvpc, aws.String("256"), aws.String("512"), &role
	in.RequiresCompatibilities = []types.Compatibility{types.CompatibilityFargate}
}

// runOnFargate runs one task and returns its ARN.
func (p *platform) runOnFargate(definition string) string {
	p.t.Helper()
	out, err := p.ecs.RunTask(context.Background(), &ecs.RunTaskInput{TaskDefinition: &definition, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: defaultSubnets()}}})
	if err != nil || len(out.Tasks) != 1 {
		p.t.Fatalf("%+v, %v", out, err)
	}
	return *out.Tasks[0].TaskArn
}

// heard is what a collector of the test's own is sent.
type heard struct {
	mu    sync.Mutex
	lines []string
}

func (h *heard) add(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, line)
}

func (h *heard) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.lines)
}

// collector listens on this machine and hands every connection to take.
func (p *platform) collector(take func(net.Conn, *heard)) (where string, h *heard) {
	p.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	h = &heard{}
	p.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				take(c, h)
			}()
		}
	}()
	return l.Addr().String(), h
}

// logsToCollectors logs to a collector of Fluentd's protocol and to a syslog
// server, both of this machine.
func (p *platform) logsToCollectors(image string) {
	p.t.Helper()
	forward, records := p.collector(func(c net.Conn, h *heard) {
		for r := bufio.NewReader(c); ; {
			m, err := forwardtest.Read(r)
			if err != nil {
				return
			}
			for _, e := range m.Entries {
				h.add(fmt.Sprint(m.Tag, " ", e.Record["source"], " ", e.Record["log"], " ", e.Record["COLOUR"]))
			}
		}
	})
	server, messages := p.collector(func(c net.Conn, h *heard) {
		for s := bufio.NewScanner(c); s.Scan(); {
			h.add(s.Text())
		}
	})
	const script = `echo one; echo two >&2; printf three`
	p.run(p.register("collected", image, script, func(in *ecs.RegisterTaskDefinitionInput) {
		c := &in.ContainerDefinitions[0]
		c.Environment = []types.KeyValuePair{{Name: aws.String("COLOUR"), Value: aws.String("blue")}}
		c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverFluentd, Options: map[string]string{"fluentd-address": forward, "tag": "harbour", "env": "COLOUR"}}
		c.DependsOn = []types.ContainerDependency{{ContainerName: aws.String("other"), Condition: types.ContainerConditionComplete}}
		other := *c
		other.DependsOn = nil
		other.Name, other.Essential = aws.String("other"), aws.Bool(false)
		other.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverSyslog, Options: map[string]string{
			"syslog-address": "tcp://" + server, "syslog-facility": "local1", "syslog-format": "rfc5424", "tag": "harbour"}}
		in.ContainerDefinitions = append(in.ContainerDefinitions, other)
	}))
	sorted := func(lines []string) []string { slices.Sort(lines); return lines } // the streams are not ordered
	until(p.t, settlePatience, "the records", func() bool {
		return slices.Equal(sorted(records.all()), []string{"harbour stderr two blue", "harbour stdout one blue", "harbour stdout three blue"})
	})
	until(p.t, settlePatience, "the messages", func() bool {
		m := messages.all()
		has := func(before, after string) bool {
			return slices.ContainsFunc(m, func(l string) bool { return strings.HasPrefix(l, before) && strings.HasSuffix(l, " harbour - "+after) })
		}
		return len(m) == 3 && has("<142>1 ", "one") && has("<139>1 ", "two") && has("<142>1 ", "three")
	})
}

// routed is what a router of testdata printed of a record.
type routed struct {
	Tag    string
	At     int64
	Record map[string]string
}

// routedLines returns what the router of a group printed that it was sent, and
// all else.
func (p *platform) routedLines(group string) (out []routed, others []string) {
	p.t.Helper()
	for _, line := range p.logLines(group) {
		var r routed
		if json.Unmarshal([]byte(line), &r) == nil && r.Tag != "" {
			out = append(out, r)
		} else {
			others = append(others, line)
		}
	}
	return out, others
}

// withRouter makes the one container of a definition log to a router.
func withRouter(in *ecs.RegisterTaskDefinitionInput, router, group string, kind types.FirelensConfigurationType) *types.ContainerDefinition {
	in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwsfirelens}
	in.ContainerDefinitions = append(in.ContainerDefinitions, types.ContainerDefinition{Name: aws.String("router"), Image: aws.String(router), Memory: aws.Int32(64), Essential: aws.Bool(true),
		FirelensConfiguration: &types.FirelensConfiguration{Type: kind}, LogConfiguration: awslogs(group)})
	return &in.ContainerDefinitions[1]
}

// routesOnFargate has a task of Fargate log through Fluentd. What it says
// before it ends is not lost.
func (p *platform) routesOnFargate(image, router, role string) {
	p.t.Helper()
	p.group("/fargate")
	definition := p.register("routed", image, `echo said; echo wrong >&2; echo "at $FLUENT_HOST:$FLUENT_PORT"; printf last`, func(in *ecs.RegisterTaskDefinitionInput) {
		onFargateWith(in, role)
		withRouter(in, router, "/fargate", types.FirelensConfigurationTypeFluentd)
	})
	task := p.untilTask(p.runOnFargate(definition), "STOPPED")
	p.t.Cleanup(func() {
		if p.t.Failed() {
			p.t.Logf("the router says %q; %s", p.logLines("/fargate"), ends(task))
		}
	})
	until(p.t, settlePatience, "the records", func() bool {
		records, _ := p.routedLines("/fargate")
		var said []string
		for _, r := range records {
			if r.Tag != "main-firelens-"+idOf(task) {
				p.t.Errorf("tag %s", r.Tag)
			}
			said = append(said, r.Record["source"]+" "+r.Record["log"])
		}
		slices.Sort(said)
		return slices.Equal(said, []string{"stderr wrong", "stdout at 127.0.0.1:24224", "stdout last", "stdout said"})
	})
	if _, others := p.routedLines("/fargate"); !slices.Contains(others, "Header_0= FLUENT_UID=0 uid=0") {
		p.t.Errorf("the router says %q", others)
	}
}

// routesThroughAKill has a task log through Fluent Bit as another user than
// root; the platform is killed meanwhile, and nothing is lost.
func (p *platform) routesThroughAKill(image, router, role string) {
	p.t.Helper()
	p.group("/routed")
	p.aws("ssm", "put-parameter", "--name", "/harbour/header", "--type", "SecureString", "--value", "from-ssm")
	definition := p.register("router", image, counter, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ExecutionRoleArn = &role
		withRouter(in, router, "/routed", types.FirelensConfigurationTypeFluentbit).User = aws.String("1000")
		in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwsfirelens,
			Options:       map[string]string{"Name": "http", "log-driver-buffer-limit": "100000"},
			SecretOptions: []types.Secret{{Name: aws.String("Header"), ValueFrom: aws.String("/harbour/header")}}}
	})
	task := p.untilTask(p.run(definition), "RUNNING")
	counts := func() (n int) { records, _ := p.routedLines("/routed"); return len(records) }
	until(p.t, settlePatience, "records", func() bool { return counts() > 10 })
	p.kill()
	p.up()
	before := counts()
	until(p.t, settlePatience, "records after the kill", func() bool { return counts() > before+10 })
	p.aws("ecs", "stop-task", "--task", aws.ToString(task.TaskArn))
	p.untilTask(aws.ToString(task.TaskArn), "STOPPED")
	until(p.t, settlePatience, "the router's last words", func() bool {
		_, others := p.routedLines("/routed")
		return slices.Contains(others, "router: stopped")
	})
	records, others := p.routedLines("/routed")
	next, again := 0, 0
	for _, r := range records {
		_, text, _ := strings.Cut(r.Record["log"], " ")
		n := -1
		_, _ = fmt.Sscan(text, &n)
		switch {
		case n == next:
			next++
		case n >= 0 && n < next:
			again++ // was being shipped when the platform was killed
		default:
			p.t.Fatalf("%q follows %d", r.Record["log"], next-1)
		}
	}
	if again > 10 {
		p.t.Errorf("%d records came twice", again)
	}
	for _, want := range []string{"Header_0=from-ssm FLUENT_UID= uid=1000", "configuration: Header ${Header_0}", "configuration: Record ecs_cluster default", "configuration: Match main-firelens*", "configuration: Mem_Buf_Limit 32MB"} {
		if !slices.Contains(others, want) {
			p.t.Errorf("%q is not among %q", want, others)
		}
	}
}
