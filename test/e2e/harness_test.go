package e2e

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/registry/sampleimage"
)

// platform is a Roadstead that a test started.
type platform struct {
	t       testing.TB
	bin     string   // the program
	extra   []string // environment of the next launch
	flags   []string // of roadstead up, beyond those that every launch has
	dir     string
	listen  string
	process *exec.Cmd
	output  *tail
	env     map[string]string
	ecs     *ecs.Client
	ecr     *ecr.Client
	logs    *cloudwatchlogs.Client
}

// binary returns the program under test. The Makefile names it; running
// containers takes root.
func binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("ROADSTEAD_BIN")
	if path == "" {
		t.Skip("ROADSTEAD_BIN does not name the built program: run `make test`")
	}
	if os.Geteuid() != 0 {
		t.Skip("real containers take root")
	}
	return path
}

// start starts `roadstead up` in a data directory of the test's own and waits
// until it is ready. At the end of the test everything is removed, and what is
// left behind fails the test.
func start(t testing.TB) *platform {
	t.Helper()
	return startIn(t, filepath.Join(t.TempDir(), "data"))
}

// startIn is start with a data directory of the caller's.
func startIn(t testing.TB, dir string, flags ...string) *platform {
	t.Helper()
	return startProgram(t, binary(t), dir, flags...)
}

// startProgram is startIn with a program of the caller's.
func startProgram(t testing.TB, bin, dir string, flags ...string) *platform {
	t.Helper()
	before := machine(t)
	p := &platform{t: t, bin: bin, dir: dir, listen: freeAddress(t), flags: flags}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("output of roadstead up:\n%s", p.output)
		}
		p.interrupt()
		if out, err := exec.Command(bin, "down", "--data-dir", dir).CombinedOutput(); err != nil {
			t.Errorf("roadstead down: %v\n%s", err, out)
		}
		before.compare(t, machine(t), marks(dir)...)
	})
	p.up()
	p.readEnvironment()
	return p
}

// freeAddress returns an address that nobody listens on, and that no connection
// gets by chance while a platform is away: it is below those that Linux gives.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 1000 {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(20000))); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// up starts the process and waits for its line.
func (p *platform) up() {
	p.t.Helper()
	select {
	case <-p.launch():
	case <-time.After(60 * time.Second):
		p.t.Fatalf("roadstead up is not ready after 60 s:\n%s", p.output)
	}
}

// launch starts the process. The channel is closed when it is ready.
func (p *platform) launch() <-chan struct{} {
	p.t.Helper()
	p.output = &tail{}
	p.process = exec.Command(p.bin, append([]string{"up", "--data-dir", p.dir, "--listen", p.listen}, p.flags...)...)
	p.process.Env = append(os.Environ(), p.extra...)
	stdout, err := p.process.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.process.Stderr = p.output
	if err := p.process.Start(); err != nil {
		p.t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			fmt.Fprintln(p.output, lines.Text())
			if strings.HasPrefix(lines.Text(), "roadstead is ready: ") {
				close(ready)
			}
		}
	}()
	return ready
}

// kill ends the process as an accident would.
func (p *platform) kill() {
	p.t.Helper()
	if err := p.process.Process.Signal(syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	_ = p.process.Wait() // it was killed: that is its error
	p.process = nil
}

// interrupt stops the process as Ctrl-C does.
func (p *platform) interrupt() {
	if p.process == nil {
		return
	}
	if err := p.process.Process.Signal(os.Interrupt); err != nil {
		p.t.Errorf("interrupt: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.process.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			p.t.Errorf("roadstead up ended with %v\n%s", err, p.output)
		}
	case <-time.After(30 * time.Second):
		// It ends with the stacks of all that it still does.
		_ = p.process.Process.Signal(syscall.SIGABRT)
		<-ended
		p.t.Errorf("roadstead up does not stop\n%s", p.output)
	}
	p.process = nil
}

// readEnvironment takes over what `roadstead env` prints.
func (p *platform) readEnvironment() {
	p.t.Helper()
	out, err := exec.Command(p.bin, "env", "--data-dir", p.dir).Output()
	if err != nil {
		p.t.Fatalf("roadstead env: %v", err)
	}
	p.env = map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		if assignment, ok := strings.CutPrefix(line, "export "); ok {
			name, value, _ := strings.Cut(assignment, "=")
			p.env[name] = value
		}
	}
	config := aws.Config{Region: p.env["AWS_REGION"], BaseEndpoint: aws.String(p.env["AWS_ENDPOINT_URL"]),
		Credentials: credentials.NewStaticCredentialsProvider(p.env["AWS_ACCESS_KEY_ID"], p.env["AWS_SECRET_ACCESS_KEY"], "")}
	p.ecs, p.ecr, p.logs = ecs.NewFromConfig(config), ecr.NewFromConfig(config), cloudwatchlogs.NewFromConfig(config)
}

// environ is the environment for real clients.
func (p *platform) environ() []string {
	env := withoutAWS()
	for name, value := range p.env {
		env = append(env, name+"="+value)
	}
	return append(env, "AWS_PAGER=", "AWS_MAX_ATTEMPTS=2", "PYTHONWARNINGS=ignore")
}

// aws runs the AWS CLI and returns what it printed; the CLI's own waiters are
// slow, so tests that wait use them only where they are the point.
func (p *platform) aws(arguments ...string) string {
	p.t.Helper()
	out, err := p.tryAWS(arguments...)
	if err != nil {
		p.t.Fatalf("aws %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return strings.TrimSpace(out)
}

func (p *platform) tryAWS(arguments ...string) (string, error) {
	p.t.Helper()
	path, err := exec.LookPath("aws")
	if err != nil {
		p.t.Skip("the AWS CLI is not installed")
	}
	c := exec.Command(path, arguments...)
	c.Env = p.environ()
	out, err := c.CombinedOutput()
	return string(out), err
}

// password returns the registry's password for the user AWS.
func (p *platform) password() string {
	p.t.Helper()
	out, err := p.ecr.GetAuthorizationToken(context.Background(), &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.AuthorizationData[0].AuthorizationToken))
	if err != nil {
		p.t.Fatal(err)
	}
	_, password, _ := strings.Cut(string(text), ":")
	return password
}

// image pushes busybox as repository busybox and returns its reference.
func (p *platform) image() string {
	p.t.Helper()
	ctx := context.Background()
	program, err := sampleimage.FindBusybox()
	if err != nil {
		p.t.Fatalf("%v: install busybox-static", err)
	}
	files, err := sampleimage.Busybox(ctx, program)
	if err != nil {
		p.t.Fatal(err)
	}
	image, err := sampleimage.Build(sampleimage.Spec{Layers: [][]sampleimage.File{files},
		Env: []string{"PATH=/bin:/usr/bin:/sbin"}, Cmd: []string{"/bin/sh"}})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("busybox")}); err != nil {
		p.t.Fatal(err)
	}
	reference := p.listen + "/busybox:latest"
	if _, err := sampleimage.Push(ctx, image, reference, sampleimage.Credentials{Username: "AWS", Password: p.password()}); err != nil {
		p.t.Fatal(err)
	}
	return reference
}

// register registers a task definition of one container that runs a shell
// command, and returns family:revision. Change may alter it.
func (p *platform) register(family, image, command string, change func(*ecs.RegisterTaskDefinitionInput)) string {
	p.t.Helper()
	in := &ecs.RegisterTaskDefinitionInput{Family: aws.String(family), ContainerDefinitions: []types.ContainerDefinition{{
		Name: aws.String("main"), Image: aws.String(image), Memory: aws.Int32(16), Essential: aws.Bool(true),
		Command: []string{"sh", "-c", command}, StopTimeout: aws.Int32(2)}}}
	if change != nil {
		change(in)
	}
	out, err := p.ecs.RegisterTaskDefinition(context.Background(), in)
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprintf("%s:%d", family, out.TaskDefinition.Revision)
}

// run runs one task and returns its ARN.
func (p *platform) run(definition string) string {
	p.t.Helper()
	out, err := p.ecs.RunTask(context.Background(), &ecs.RunTaskInput{TaskDefinition: aws.String(definition)})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(out.Tasks) != 1 {
		p.t.Fatalf("RunTask placed nothing: %+v", out.Failures)
	}
	return aws.ToString(out.Tasks[0].TaskArn)
}

// task describes one task.
func (p *platform) task(arn string) types.Task {
	p.t.Helper()
	out, err := p.ecs.DescribeTasks(context.Background(), &ecs.DescribeTasksInput{Tasks: []string{arn}})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(out.Tasks) != 1 {
		p.t.Fatalf("task %s is not there: %+v", arn, out.Failures)
	}
	return out.Tasks[0]
}

// untilTask waits until the task has a status and returns it.
func (p *platform) untilTask(arn, status string) types.Task {
	p.t.Helper()
	var task types.Task
	until(p.t, 30*time.Second, "task "+arn+" to be "+status, func() bool {
		task = p.task(arn)
		if status == "RUNNING" && aws.ToString(task.LastStatus) == "STOPPED" {
			p.t.Fatalf("task stopped: %s: %s", task.StopCode, aws.ToString(task.StoppedReason))
		}
		return aws.ToString(task.LastStatus) == status
	})
	return task
}

// until looks again and again until so holds; it fails the test after limit.
func until(t testing.TB, limit time.Duration, what string, so func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !so() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", limit, what)
		}
		pause(20 * time.Millisecond)
	}
}

// pause lets a real process go on between two looks at it.
func pause(d time.Duration) { <-time.After(d) }

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 64 << 10

func (b *tail) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	if over := len(b.text) - tailBytes; over > 0 {
		b.text = b.text[over:]
	}
	return len(p), nil
}

func (b *tail) String() string {
	if b == nil {
		return ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}

var _ io.Writer = (*tail)(nil)
