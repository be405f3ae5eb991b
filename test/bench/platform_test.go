package bench

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/registry/sampleimage"
)

// platform is a Roadstead that was started as a user starts it.
type platform struct {
	t       testing.TB
	dir     string
	listen  string
	process *exec.Cmd
	group   account // of the process and its children, "" when nobody counts
	env     map[string]string
	signer  aws.CredentialsProvider
	ecs     *ecs.Client
	ecr     *ecr.Client
}

// start runs `roadstead up` or `roadstead server` until the end of the test
// and leaves nothing behind.
func start(t testing.TB, verb string) *platform {
	t.Helper()
	p := &platform{t: t, dir: filepath.Join(t.TempDir(), "data"), listen: freeAddress(t)}
	if verb == "up" {
		group, err := openAccount(fmt.Sprintf("bench-%d", os.Getpid()))
		if err != nil {
			t.Fatalf("control group: %v", err)
		}
		p.group = group
	}
	t.Cleanup(p.stop)
	p.run(verb)
	p.readEnvironment()
	return p
}

func freeAddress(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

const readyWithin = 60 * time.Second

func (p *platform) run(verb string) {
	p.t.Helper()
	p.process = p.group.command(program(), verb, "--data-dir", p.dir, "--listen", p.listen)
	stdout, err := p.process.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.process.Stderr = os.Stderr
	if err := p.process.Start(); err != nil {
		p.t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "roadstead is ready: ") {
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(readyWithin):
		p.t.Fatalf("roadstead %s is not ready after %v", verb, readyWithin)
	}
}

// stop ends the platform and removes what it made.
func (p *platform) stop() {
	if p.process != nil && p.process.Process != nil {
		if err := p.process.Process.Signal(os.Interrupt); err != nil {
			p.t.Errorf("interrupt: %v", err)
		}
		kill := time.AfterFunc(30*time.Second, func() { _ = p.process.Process.Kill() })
		if err := p.process.Wait(); err != nil {
			p.t.Errorf("roadstead ended with %v", err)
		}
		kill.Stop()
	}
	if p.group == "" {
		return
	}
	if out, err := exec.Command(program(), "down", "--data-dir", p.dir).CombinedOutput(); err != nil {
		p.t.Errorf("roadstead down: %v\n%s", err, out)
	}
	until(p.t, 10*time.Second, "the control group to be empty", func() bool {
		p.group.close()
		_, err := os.Stat(string(p.group))
		return err != nil
	})
}

func (p *platform) pid() int { return p.process.Process.Pid }

func (p *platform) readEnvironment() {
	p.t.Helper()
	out, err := exec.Command(program(), "env", "--data-dir", p.dir).Output()
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
	p.signer = credentials.NewStaticCredentialsProvider(p.env["AWS_ACCESS_KEY_ID"], p.env["AWS_SECRET_ACCESS_KEY"], "")
	config := aws.Config{Region: p.env["AWS_REGION"], BaseEndpoint: aws.String(p.env["AWS_ENDPOINT_URL"]), Credentials: p.signer,
		HTTPClient: &patientClient{}, RetryMaxAttempts: 1} // a retry would wait, and be measured
	p.ecs, p.ecr = ecs.NewFromConfig(config), ecr.NewFromConfig(config)
}

// push pushes the sample image and returns its reference.
func (p *platform) push(image sample) string {
	p.t.Helper()
	ctx := context.Background()
	token, err := p.ecr.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(token.AuthorizationData[0].AuthorizationToken))
	if err != nil {
		p.t.Fatal(err)
	}
	_, password, _ := strings.Cut(string(text), ":")
	if _, err := p.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("busybox")}); err != nil {
		p.t.Fatal(err)
	}
	reference := p.listen + "/busybox:latest"
	if _, err := sampleimage.Push(ctx, image.image, reference, sampleimage.Credentials{Username: "AWS", Password: password}); err != nil {
		p.t.Fatal(err)
	}
	return reference
}

// register registers a definition of one container that sleeps.
func (p *platform) register(family, image string, mode types.NetworkMode) string {
	p.t.Helper()
	out, err := p.ecs.RegisterTaskDefinition(context.Background(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(family), NetworkMode: mode, ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("main"), Image: aws.String(image), Memory: aws.Int32(16), Essential: aws.Bool(true),
			Command: sleeper, StopTimeout: aws.Int32(2)}}})
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprintf("%s:%d", family, out.TaskDefinition.Revision)
}

// runTasks runs count tasks, at most ten.
func (p *platform) runTasks(cluster, definition string, count int32) (arns []string) {
	p.t.Helper()
	out, err := p.ecs.RunTask(context.Background(), &ecs.RunTaskInput{Cluster: aws.String(cluster),
		TaskDefinition: aws.String(definition), Count: aws.Int32(count)})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(out.Tasks) != int(count) {
		p.t.Fatalf("RunTask placed %d of %d tasks: %+v", len(out.Tasks), count, out.Failures)
	}
	for _, task := range out.Tasks {
		arns = append(arns, *task.TaskArn)
	}
	return arns
}

// tasks describes tasks of the default cluster, at most a hundred.
func (p *platform) tasks(arns []string) []types.Task {
	p.t.Helper()
	out, err := p.ecs.DescribeTasks(context.Background(), &ecs.DescribeTasksInput{Tasks: arns})
	if err != nil {
		p.t.Fatal(err)
	}
	return out.Tasks
}

// untilAll waits until all tasks have the status.
func (p *platform) untilAll(arns []string, status string, every time.Duration) (tasks []types.Task) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; pause(every) {
		tasks = p.tasks(arns)
		there := 0
		for _, task := range tasks {
			switch {
			case aws.ToString(task.LastStatus) == status:
				there++
			case aws.ToString(task.LastStatus) == "STOPPED":
				p.t.Fatalf("task stopped: %s: %s", task.StopCode, aws.ToString(task.StoppedReason))
			}
		}
		if there == len(arns) {
			return tasks
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%d of %d tasks are %s after a minute", there, len(arns), status)
		}
	}
}

// stopAll stops tasks and waits until they are STOPPED.
func (p *platform) stopAll(arns []string) {
	p.t.Helper()
	for _, arn := range arns {
		if _, err := p.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: aws.String(arn)}); err != nil {
			p.t.Fatal(err)
		}
	}
	p.untilAll(arns, "STOPPED", 20*time.Millisecond)
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

// pause lets real processes go on.
func pause(d time.Duration) { <-time.After(d) }
