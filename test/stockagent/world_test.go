package stockagent

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
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
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/roadstead/roadstead/registry/sampleimage"
)

// patience is how long a step of real processes may take on a busy machine.
const patience = 60 * time.Second

// world is a control plane on this machine with Amazon's agent on another.
type world struct {
	t       testing.TB
	bin     string
	data    string
	listen  string
	flags   []string // of the server
	verb    string   // up or server
	process *exec.Cmd
	output  *tail
	env     map[string]string // as roadstead env prints it
	agent   *agent

	ecs     *ecs.Client
	ecr     *ecr.Client
	iam     *iam.Client
	logs    *cloudwatchlogs.Client
	ssm     *ssm.Client
	secrets *secretsmanager.Client

	image string // of busybox, in our registry
}

// newWorld starts a server and a machine with Docker, and Amazon's agent on it.
// Verb is the command that serves.
func newWorld(t testing.TB, verb string, flags ...string) *world {
	t.Helper()
	program := stockProgram(t)
	bin := os.Getenv("ROADSTEAD_BIN")
	if bin == "" {
		t.Skip("ROADSTEAD_BIN does not name the built program: run `make test`")
	}
	m := newMachine(t)
	l, err := net.Listen("tcp", m.near+":0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	w := &world{t: t, bin: bin, data: filepath.Join(t.TempDir(), "data"), listen: l.Addr().String(), verb: verb, flags: flags}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server said:\n%s", w.output)
		}
		w.interrupt()
		if out, err := exec.Command(bin, "down", "--data-dir", w.data).CombinedOutput(); err != nil {
			t.Errorf("roadstead down: %v\n%s", err, out)
		}
	})
	w.serve()
	w.connect()
	insecure, environment := w.listen, []string(nil)
	more := w.identity()
	if bundle := w.bundle(); bundle != "" {
		insecure, environment = "", []string{"SSL_CERT_FILE=" + bundle}
		more["SSL_CERT_FILE"] = bundle
	}
	m.startDocker(insecure, environment...)
	w.agent = newAgent(m, program, w.env["AWS_ENDPOINT_URL"], more)
	w.agent.start()
	w.image = w.push("busybox", "", nil)
	return w
}

// part is a test that shares a world with others.
type part struct {
	name string
	do   func(*testing.T)
}

// parts runs tests one after the other.
func (w *world) parts(t *testing.T, all []part) {
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			outer := w.t
			w.t = t
			defer func() { w.t = outer }()
			p.do(t)
		})
	}
}

// bundle is the path of what the server is verified by; "" without TLS.
func (w *world) bundle() string {
	path := filepath.Join(w.data, "ca-bundle.pem")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// serve starts the server and waits for its line.
func (w *world) serve() {
	w.t.Helper()
	if w.output == nil {
		w.output = &tail{}
	}
	w.process = exec.Command(w.bin, append([]string{w.verb, "--data-dir", w.data, "--listen", w.listen}, w.flags...)...)
	stdout, err := w.process.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	w.process.Stderr = w.output
	if err := w.process.Start(); err != nil {
		w.t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "roadstead is ready: ") {
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(patience):
		w.t.Fatalf("the server is not ready:\n%s", w.output)
	}
}

// killServer ends the server as an accident would.
func (w *world) killServer() {
	w.t.Helper()
	if err := w.process.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	_ = w.process.Wait() // it was killed: that is its error
	w.process = nil
}

// interrupt stops the server as Ctrl-C does.
func (w *world) interrupt() {
	if w.process == nil {
		return
	}
	if err := w.process.Process.Signal(os.Interrupt); err != nil {
		w.t.Errorf("interrupt: %v", err)
	}
	late := time.AfterFunc(patience, func() { _ = w.process.Process.Signal(syscall.SIGABRT) })
	defer late.Stop()
	if err := w.process.Wait(); err != nil {
		w.t.Errorf("the server ended with %v", err)
	}
	w.process = nil
}

// connect makes clients of what `roadstead env` prints.
func (w *world) connect() {
	w.t.Helper()
	w.env = map[string]string{}
	for line := range strings.Lines(run(w.t, exec.Command(w.bin, "env", "--data-dir", w.data))) {
		if assignment, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(assignment, "=")
			w.env[name] = value
		}
	}
	c := aws.Config{Region: w.env["AWS_REGION"], BaseEndpoint: aws.String(w.env["AWS_ENDPOINT_URL"]), HTTPClient: w.client(),
		Credentials: credentials.NewStaticCredentialsProvider(w.env["AWS_ACCESS_KEY_ID"], w.env["AWS_SECRET_ACCESS_KEY"], "")}
	w.ecs, w.ecr, w.iam = ecs.NewFromConfig(c), ecr.NewFromConfig(c), iam.NewFromConfig(c)
	w.logs, w.ssm, w.secrets = cloudwatchlogs.NewFromConfig(c), ssm.NewFromConfig(c), secretsmanager.NewFromConfig(c)
}

// client is what the test speaks to the server with.
func (w *world) client() *http.Client {
	return &http.Client{Transport: w.transport(), Timeout: 30 * time.Second}
}

// identity is the environment of one container instance's own credentials.
func (w *world) identity() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(run(w.t, exec.Command(w.bin, "token", "--env", "--data-dir", w.data))) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		out[name] = value
	}
	return out
}

// push pushes busybox, or a program that is the image's entry point, as a
// repository of our registry, and returns its reference.
func (w *world) push(repository, program string, environment []string) string {
	w.t.Helper()
	ctx := w.t.Context()
	busybox, err := sampleimage.FindBusybox()
	if err != nil {
		w.t.Fatalf("%v: install busybox-static", err)
	}
	files, err := sampleimage.Busybox(ctx, busybox)
	if err != nil {
		w.t.Fatal(err)
	}
	spec := sampleimage.Spec{Layers: [][]sampleimage.File{files}, Env: append([]string{"PATH=/bin:/usr/bin:/sbin"}, environment...), Cmd: []string{"/bin/sh"}}
	if program != "" {
		file, err := sampleimage.Executable(program, "/bin/"+filepath.Base(program))
		if err != nil {
			w.t.Fatal(err)
		}
		spec.Layers = append(spec.Layers, []sampleimage.File{file})
	}
	image, err := sampleimage.Build(spec)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: &repository}); err != nil {
		w.t.Fatal(err)
	}
	reference := w.listen + "/" + repository + ":latest"
	if err := w.upload(ctx, image, reference); err != nil {
		w.t.Fatal(err)
	}
	return reference
}

// password returns the registry's password for the user AWS.
func (w *world) password(ctx context.Context) (string, error) {
	out, err := w.ecr.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return "", err
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.AuthorizationData[0].AuthorizationToken))
	_, password, _ := strings.Cut(string(text), ":")
	return password, err
}

// register registers a task definition of one container that runs a shell
// command on Amazon's agent, and returns family:revision. Change may alter it.
func (w *world) register(family, command string, change func(*ecs.RegisterTaskDefinitionInput)) string {
	w.t.Helper()
	in := &ecs.RegisterTaskDefinitionInput{Family: &family, ContainerDefinitions: []types.ContainerDefinition{w.container("main", command)},
		PlacementConstraints: []types.TaskDefinitionPlacementConstraint{{Type: types.TaskDefinitionPlacementConstraintTypeMemberOf, Expression: aws.String("attribute:agent == stock")}}}
	if change != nil {
		change(in)
	}
	out, err := w.ecs.RegisterTaskDefinition(w.t.Context(), in)
	if err != nil {
		w.t.Fatalf("RegisterTaskDefinition %s: %v", family, err)
	}
	return fmt.Sprintf("%s:%d", family, out.TaskDefinition.Revision)
}

// container is a container of busybox that runs a shell command.
func (w *world) container(name, command string) types.ContainerDefinition {
	return types.ContainerDefinition{Name: &name, Image: &w.image, Memory: aws.Int32(32), Essential: aws.Bool(true),
		Command: []string{"sh", "-c", command}, StopTimeout: aws.Int32(2)}
}

// run runs one task and returns its ARN.
func (w *world) run(definition string, change func(*ecs.RunTaskInput)) string {
	w.t.Helper()
	in := &ecs.RunTaskInput{TaskDefinition: &definition}
	if change != nil {
		change(in)
	}
	out, err := w.ecs.RunTask(w.t.Context(), in)
	if err != nil {
		w.t.Fatalf("RunTask %s: %v", definition, err)
	}
	if len(out.Tasks) != 1 {
		w.t.Fatalf("RunTask %s placed nothing: %+v", definition, failures(out.Failures))
	}
	return aws.ToString(out.Tasks[0].TaskArn)
}

func failures(all []types.Failure) (out []string) {
	for _, f := range all {
		out = append(out, aws.ToString(f.Reason)+" "+aws.ToString(f.Detail))
	}
	return out
}

// task describes one task.
func (w *world) task(arn string) (types.Task, error) {
	out, err := w.ecs.DescribeTasks(w.t.Context(), &ecs.DescribeTasksInput{Tasks: []string{arn}})
	if err != nil {
		return types.Task{}, err
	}
	if len(out.Tasks) != 1 {
		return types.Task{}, fmt.Errorf("task %s: %v", arn, failures(out.Failures))
	}
	return out.Tasks[0], nil
}

// reaches waits until a task has a status and returns it.
func (w *world) reaches(arn, status string) types.Task {
	w.t.Helper()
	var task types.Task
	until(w.t, patience, "task "+arn+" to be "+status, func() bool {
		found, err := w.task(arn)
		if err != nil {
			return false // the server may be away for a moment
		}
		task = found
		if status == "RUNNING" && aws.ToString(task.LastStatus) == "STOPPED" {
			w.t.Fatalf("task stopped: %s: %s: %s", task.StopCode, aws.ToString(task.StoppedReason), exits(task))
		}
		return aws.ToString(task.LastStatus) == status
	})
	return task
}

// exits says how the containers of a task ended: "main=3".
func exits(t types.Task) string {
	var out []string
	for _, c := range t.Containers {
		code := "-"
		if c.ExitCode != nil {
			code = fmt.Sprint(*c.ExitCode)
		}
		said := aws.ToString(c.Name) + "=" + code
		if c.Reason != nil {
			said += " (" + *c.Reason + ")"
		}
		out = append(out, said)
	}
	return strings.Join(out, ", ")
}

// output returns what a container of a task wrote, by Docker's own log.
func (w *world) said(task, container string) string {
	w.t.Helper()
	t, err := w.task(task)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range t.Containers {
		if aws.ToString(c.Name) == container && c.RuntimeId != nil {
			out, err := w.agent.docker("logs", *c.RuntimeId)
			if err != nil {
				w.t.Fatalf("docker logs: %v: %s", err, out)
			}
			return out
		}
	}
	w.t.Fatalf("task %s has no container %s", task, container)
	return ""
}

// until looks again and again until so holds; it fails the test after limit.
func until(t testing.TB, limit time.Duration, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !so(); <-time.After(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (b *tail) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	b.text = b.text[max(0, len(b.text)-32<<10):]
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
