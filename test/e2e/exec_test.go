package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/datachannel"
)

// executable runs a task that takes commands and returns its ARN.
func (p *platform) executable(definition string) string {
	p.t.Helper()
	out, err := p.ecs.RunTask(context.Background(), &ecs.RunTaskInput{TaskDefinition: aws.String(definition), EnableExecuteCommand: true})
	if err != nil || len(out.Tasks) != 1 {
		p.t.Fatalf("%+v, %v", out, err)
	}
	arn := aws.ToString(out.Tasks[0].TaskArn)
	p.untilTask(arn, "RUNNING")
	return arn
}

// command runs roadstead with arguments and input, and returns what it printed
// and its exit code.
func (p *platform) command(input string, arguments ...string) (stdout, stderr string, code int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, p.bin, arguments...)
	var out, errs bytes.Buffer
	c.Env, c.Stdin, c.Stdout, c.Stderr = p.environ(), strings.NewReader(input), &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		p.t.Fatalf("roadstead %q: %v, %v\n%s%s", arguments, err, ctx.Err(), out.String(), errs.String())
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

// idle is a definition whose container does nothing, under a user of its own.
func idle(in *ecs.RegisterTaskDefinitionInput) {
	c := &in.ContainerDefinitions[0]
	c.User, c.WorkingDirectory = aws.String("1000:1000"), aws.String("/tmp")
	c.Environment = []types.KeyValuePair{{Name: aws.String("COLOUR"), Value: aws.String("blue green")}}
}

func TestExec(t *testing.T) {
	p := start(t)
	task := p.executable(p.register("idle", p.image(), "mkdir -p /tmp; trap exit TERM; while :; do sleep 1; done", idle))
	agents := p.task(task).Containers[0].ManagedAgents
	if len(agents) != 1 || agents[0].Name != types.ManagedAgentNameExecuteCommandAgent || aws.ToString(agents[0].LastStatus) != "RUNNING" || agents[0].LastStartedAt == nil {
		t.Errorf("managed agents: %+v", agents)
	}
	for name, c := range map[string]struct {
		input     string
		arguments []string
		out, err  string
		code      int
	}{
		"streams and exit code":   {"", []string{"--", "sh", "-c", "echo out; echo err >&2; exit 7"}, "out\n", "err\n", 7},
		"input and its end":       {"one\ntwo\n", []string{"--", "sort", "-r"}, "two\none\n", "", 0},
		"no input":                {"lost", []string{"--interactive=false", "--", "cat"}, "", "", 0},
		"root":                    {"", []string{"--", "id", "-u"}, "0\n", "", 0},
		"a user":                  {"", []string{"-u", "1000:1000", "--", "id", "-u"}, "1000\n", "", 0},
		"directory, environment":  {"", []string{"--", "sh", "-c", `pwd; echo "$COLOUR"`}, "/tmp\nblue green\n", "", 0},
		"words":                   {"", []string{"--", "printf", "<%s>", "a b", "c'd", `e"f`, `g\h`, ""}, `<a b><c'd><e"f><g\h><>`, "", 0},
		"a terminal":              {"", []string{"-t", "--", "sh", "-c", "test -t 0 && test -t 1 && echo yes"}, "yes\r\n", "", 0},
		"a command that is not":   {"", []string{"--", "nothing"}, "", "executable file not found", 1},
		"a lot":                   {strings.Repeat("0123456789abcdef", 1<<17), []string{"--", "wc", "-c"}, "2097152\n", "", 0},
		"a lot the other way":     {"", []string{"--", "sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' x"}, strings.Repeat("x", 5_000_000), "", 0},
		"the container's name":    {"", []string{"-c", "main", "--", "true"}, "", "", 0},
		"another container's":     {"", []string{"-c", "other", "--", "true"}, "", "The specified container was not found", 1},
		"killed by a signal":      {"", []string{"--", "sh", "-c", "kill -9 $$"}, "", "", 137},
		"what it leaves is ended": {"", []string{"--", "sh", "-c", "sleep 7531 & echo left"}, "left\n", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := p.command(c.input, append([]string{"exec", task}, c.arguments...)...)
			if out != c.out && len(out)+len(c.out) > 1000 {
				t.Errorf("%d bytes, want %d", len(out), len(c.out))
			} else if out != c.out {
				t.Errorf("output %q, want %q", out, c.out)
			}
			if code != c.code || !strings.Contains(errs, c.err) || c.err == "" && errs != "" {
				t.Errorf("exit code %d, errors %q; want %d, %q", code, errs, c.code, c.err)
			}
		})
	}
	until(t, 30*time.Second, "the processes of ended sessions to end", func() bool { return runs("sleep 7531") == 0 })
	t.Run("refusals", func(t *testing.T) {
		other := p.run(p.register("closed", p.listen+"/busybox:latest", "sleep 1000", nil))
		p.untilTask(other, "RUNNING")
		if _, errs, code := p.command("", "exec", other, "--", "true"); code != 1 || !strings.Contains(errs, "execute command was not enabled") {
			t.Errorf("%d, %s", code, errs)
		}
	})
	t.Run("port", func(t *testing.T) { p.forwards(t) })
	t.Run("copy", func(t *testing.T) { p.copies(t, task) })
	t.Run("AWS CLI", func(t *testing.T) { p.cliSession(t, task) })
	t.Run("AWS CLI and plugin", func(t *testing.T) { p.realSession(t, task) })
	t.Run("terminal", func(t *testing.T) { p.ownTerminal(t, task) })
	t.Run("ends", func(t *testing.T) { p.endsSessions(t, task) })
}

// runs counts processes of this machine by their command line.
func runs(command string) (n int) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err == nil && strings.TrimSpace(strings.ReplaceAll(string(text), "\x00", " ")) == command {
			n++
		}
	}
	return n
}

// forwards reaches a port that the container does not publish.
func (p *platform) forwards(t *testing.T) {
	task := p.executable(p.register("web", p.listen+"/busybox:latest", "mkdir /www; echo hello > /www/index.html; exec httpd -f -p 8080 -h /www", nil))
	c := exec.Command(p.bin, "port-forward", task, "0:8080")
	c.Env = p.environ()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Signal(os.Interrupt); _ = c.Wait() }()
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.Fields(strings.TrimPrefix(string(line[:n]), "Forwarding "))[0]
	for range 3 {
		if body := get(t, "http://"+address+"/"); body != "hello\n" {
			t.Errorf("it answers %q", body)
		}
	}
	p.pluginForwards(t, task)
	both := make(chan string, 2)
	for range 2 { // at the same time
		go func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				both <- err.Error()
				return
			}
			defer conn.Close()
			fmt.Fprint(conn, "GET / HTTP/1.0\r\n\r\n")
			text, _ := io.ReadAll(conn)
			both <- string(text)
		}()
	}
	for range 2 {
		if answer := <-both; !strings.HasSuffix(answer, "hello\n") {
			t.Errorf("it answers %q", answer)
		}
	}
}

// copies carries a tree there and back again.
func (p *platform) copies(t *testing.T, task string) {
	dir := t.TempDir()
	from := filepath.Join(dir, "tree")
	if err := os.MkdirAll(filepath.Join(from, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("a line of a file\n", 200_000)
	for name, text := range map[string]string{"big": big, "sub/small": "small"} {
		path := filepath.Join(from, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o640), os.Chmod(path, 0o640)); err != nil { // whatever the umask
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/shadow", filepath.Join(from, "link")); err != nil {
		t.Fatal(err)
	}
	run := func(arguments ...string) {
		t.Helper()
		if out, errs, code := p.command("", arguments...); code != 0 {
			t.Fatalf("%q: exit code %d\n%s%s", arguments, code, out, errs)
		}
	}
	run("cp", from, task+":/tmp")         // into a folder that is there
	run("cp", from, task+":/tmp/renamed") // under another name
	run("cp", task+":/tmp/renamed", dir)  // into a folder that is there
	run("cp", task+":/tmp/tree/big", dir+"/one")
	for _, name := range []string{"renamed/big", "one"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != big {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(big), err)
		}
	}
	if target, err := os.Readlink(filepath.Join(dir, "renamed/link")); err != nil || target != "/etc/shadow" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	out, _, _ := p.command("", "exec", task, "--", "sh", "-c", "stat -c '%u:%g %a' /tmp/renamed/sub/small; cat /tmp/renamed/sub/small")
	if out != "0:0 640\nsmall" {
		t.Errorf("in the container: %q", out)
	}
	// A link inside the container leads into the container and not to this machine.
	p.command("", "exec", task, "--", "ln", "-s", "/", "/tmp/out")
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := p.command("", "cp", task+":/tmp/out"+secret, dir+"/stolen"); code == 0 {
		t.Errorf("a file of this machine was copied through a link: %s", errs)
	}
	if _, errs, code := p.command("", "cp", task+":/nowhere", dir+"/x"); code != 1 || !strings.Contains(errs, "no such file") {
		t.Errorf("%d, %s", code, errs)
	}
}

// cliSession runs a session with AWS's own CLI.
func (p *platform) cliSession(t *testing.T, task string) {
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, path, "ecs", "execute-command", "--cluster", "default", "--task", task, "--container", "main",
		"--interactive", "--command", "/bin/sh")
	c.Env = append(p.environ(), "PATH="+withPlugin(t))
	c.Stdin = strings.NewReader("echo $((6 * 7)) in $(id -u); stty size; exit\n")
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Starting session with SessionId: ecs-execute-command-") ||
		!strings.Contains(string(out), "42 in 0\r\n") || !strings.Contains(string(out), "24 80\r\n") || !strings.Contains(string(out), "Exiting session with sessionId: ecs-execute-command-") {
		t.Errorf("%v\n%s", err, out)
	}
}

// open opens a session as the plugin does, and returns a client that types.
func (p *platform) open(t *testing.T, task, command string) (session *datachannel.Client, typed io.WriteCloser, said *tail, ended <-chan datachannel.Ending) {
	t.Helper()
	out, err := p.ecs.ExecuteCommand(context.Background(), &ecs.ExecuteCommandInput{Task: &task, Command: &command, Interactive: true})
	if err != nil {
		t.Fatal(err)
	}
	session, err = datachannel.Dial(context.Background(), *out.Session.StreamUrl, *out.Session.TokenValue, datachannel.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	reader, writer := io.Pipe()
	said = &tail{}
	done := make(chan datachannel.Ending, 1)
	go func() {
		end, err := session.Run(context.Background(), datachannel.Streams{Stdin: reader, Stdout: said, Stderr: said})
		if err != nil {
			end.Why = err.Error()
		}
		done <- end
	}()
	t.Cleanup(func() { writer.Close() })
	// The shell's prompt says that the token was used: before that whoever comes second may be heard first.
	until(t, 20*time.Second, "the session to say something", func() bool { return said.String() != "" })
	if again, err := datachannel.Dial(context.Background(), *out.Session.StreamUrl, *out.Session.TokenValue, datachannel.ClientOptions{}); err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if _, err := again.Run(ctx, datachannel.Streams{}); err == nil || ctx.Err() != nil {
			t.Errorf("a token opened a session twice: %v", err)
		}
		cancel()
		again.Close()
	}
	return session, writer, said, done
}

// endsSessions ends sessions in every way there is; nothing of them is left.
func (p *platform) endsSessions(t *testing.T, task string) {
	over := func(ended <-chan datachannel.Ending) (end datachannel.Ending) {
		t.Helper()
		select {
		case end = <-ended:
		case <-time.After(time.Minute):
			t.Fatal("a session does not end")
		}
		return end
	}
	begin := func(seconds string) (*datachannel.Client, <-chan datachannel.Ending) {
		t.Helper()
		session, typed, _, ended := p.open(t, task, "/bin/sh")
		go fmt.Fprintf(typed, "trap '' HUP; sh -c 'trap \"\" HUP; sleep %s'\n", seconds)
		until(t, 20*time.Second, "the command in the session", func() bool { return runs("sleep "+seconds) == 1 })
		return session, ended
	}
	gone := func(seconds string) {
		t.Helper()
		until(t, 20*time.Second, "the end of what a session ran", func() bool { return runs("sleep "+seconds) == 0 })
	}
	session, _ := begin("4001")
	session.Close()
	gone("4001")

	_, ended := begin("4002") // the agent and the server die; what ran is found at the next start
	p.kill()
	if end := over(ended); end.Why == "" {
		t.Errorf("%+v", end)
	}
	p.up()
	gone("4002")
	p.untilTask(task, "RUNNING")

	_, ended = begin("4003") // both stop in order
	p.interrupt()
	if end := over(ended); !strings.Contains(end.Why, "control plane stops") {
		t.Errorf("%+v", end)
	}
	gone("4003")
	p.up()

	_, ended = begin("4004")
	if _, err := p.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: &task}); err != nil {
		t.Fatal(err)
	}
	over(ended)
	p.untilTask(task, "STOPPED")
	gone("4004")
	_, err := p.ecs.ExecuteCommand(context.Background(), &ecs.ExecuteCommandInput{Task: &task, Command: aws.String("sh"), Interactive: true})
	if err == nil || !strings.Contains(err.Error(), "not in the RUNNING state") {
		t.Errorf("a stopped task: %v", err)
	}
}

func TestExecIsRecorded(t *testing.T) {
	p := start(t)
	ctx := context.Background()
	group := aws.String("/exec")
	if _, err := p.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group}); err != nil {
		t.Fatal(err)
	}
	configure := func(group string) {
		t.Helper()
		_, err := p.ecs.UpdateCluster(ctx, &ecs.UpdateClusterInput{Cluster: aws.String("default"), Configuration: &types.ClusterConfiguration{
			ExecuteCommandConfiguration: &types.ExecuteCommandConfiguration{Logging: types.ExecuteCommandLoggingOverride,
				LogConfiguration: &types.ExecuteCommandLogConfiguration{CloudWatchLogGroupName: &group}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	configure(*group)
	task := p.executable(p.register("idle", p.image(), "echo written by the task; sleep 1000", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs,
			Options: map[string]string{"awslogs-group": *group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "idle"}}
	}))
	if out, errs, code := p.command("", "exec", task, "--", "sh", "-c", "echo first; echo second >&2; printf third"); code != 0 || out != "first\nthird" || errs != "second\n" {
		t.Errorf("%d, %q, %q", code, out, errs)
	}
	until(t, 10*time.Second, "the record", func() bool {
		got, err := p.logs.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, LogStreamNamePrefix: aws.String("ecs-execute-command-")})
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, e := range got.Events {
			lines = append(lines, aws.ToString(e.Message))
		}
		all := strings.Join(lines, ",")
		return strings.Contains(all, "first") && strings.Contains(all, "second") && strings.Contains(all, "third")
	})
	until(t, 10*time.Second, "roadstead logs", func() bool {
		out, _, code := p.command("", "logs", task)
		return code == 0 && strings.HasSuffix(out, "/main written by the task\n")
	})
	configure("/none")
	if _, errs, code := p.command("", "exec", task, "--", "true"); code != 1 || !strings.Contains(errs, "log group does not exist") {
		t.Errorf("an absent group: %d, %q", code, errs)
	}
}
