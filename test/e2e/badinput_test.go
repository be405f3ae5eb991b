package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestTasksThatCannotRun wants the reason of each failure in the task, and
// nothing left behind.
func TestTasksThatCannotRun(t *testing.T) {
	p := start(t)
	image := p.image()
	cases := []struct {
		name, image, command, reason string
		change                       func(*ecs.RegisterTaskDefinitionInput)
	}{
		{"no-such-tag", p.listen + "/busybox:nothing", "true", "CannotPullContainerError: ", nil},
		{"no-such-repository", p.listen + "/nothing:latest", "true", "CannotPullContainerError: ", nil},
		{"unreachable", "127.0.0.1:1/busybox:latest", "true", "CannotPullContainerError: ", nil},
		{"no-such-command", image, "", "CannotStartContainerError: ", func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].Command = []string{"/no/such/command"}
		}},
		{"no-such-user", image, "true", "Cannot", func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].User = aws.String("nobody-knows-me")
		}},
		{"no-such-log-group", image, "true", "log", func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs,
				Options: map[string]string{"awslogs-group": "/nothing", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "x"}}
		}},
	}
	for _, c := range cases {
		arn := p.run(p.register(c.name, c.image, c.command, c.change))
		task := p.untilTask(arn, "STOPPED")
		if task.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.Contains(aws.ToString(task.StoppedReason), c.reason) {
			t.Errorf("%s: stopped with %s: %s", c.name, task.StopCode, aws.ToString(task.StoppedReason))
		}
	}
}

// TestExits wants exit codes, and the kernel's killing for memory, as they were.
func TestExits(t *testing.T) {
	p := start(t)
	image := p.image()
	cases := []struct {
		name, command, reason string
		code                  int32
	}{
		{"success", "exit 0", "", 0},
		{"failure", "exit 42", "", 42},
		{"memory", "tail /dev/zero", "OutOfMemoryError: Container killed due to memory usage", 137},
	}
	for _, c := range cases {
		task := p.untilTask(p.run(p.register(c.name, image, c.command, nil)), "STOPPED")
		container := task.Containers[0]
		if task.StopCode != types.TaskStopCodeEssentialContainerExited || aws.ToString(task.StoppedReason) != "Essential container in task exited" {
			t.Errorf("%s: stopped with %s: %s", c.name, task.StopCode, aws.ToString(task.StoppedReason))
		}
		if container.ExitCode == nil || *container.ExitCode != c.code || aws.ToString(container.Reason) != c.reason {
			t.Errorf("%s: exit %v, reason %q; want %d, %q", c.name, aws.ToInt32(container.ExitCode), aws.ToString(container.Reason), c.code, c.reason)
		}
	}
}

// TestPlacementIsRefusedWithReasons asks for more than there is.
func TestPlacementIsRefusedWithReasons(t *testing.T) {
	p := start(t)
	image := p.image()
	ctx := context.Background()
	huge := p.register("huge", image, "true", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].Memory = aws.Int32(100 << 20)
	})
	out, err := p.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String(huge)})
	if err != nil || len(out.Failures) != 1 || aws.ToString(out.Failures[0].Reason) != "RESOURCE:MEMORY" {
		t.Errorf("a task larger than the instance: %+v, %v", out, err)
	}
	fixed := p.register("fixed", image, "exec sleep 100", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(31080)}}
	})
	p.untilTask(p.run(fixed), "RUNNING")
	out, err = p.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String(fixed)})
	if err != nil || len(out.Failures) != 1 || aws.ToString(out.Failures[0].Reason) != "RESOURCE:PORTS" {
		t.Errorf("a host port that a task has: %+v, %v", out, err)
	}
}

// TestRequestsThatAreNotAWS sends what no client sends.
func TestRequestsThatAreNotAWS(t *testing.T) {
	p := start(t)
	url := p.env["AWS_ENDPOINT_URL"]
	send := func(method, path, target string, body io.Reader) (int, string) {
		request, err := http.NewRequest(method, url+path, body)
		if err != nil {
			t.Fatal(err)
		}
		if target != "" {
			request.Header.Set("X-Amz-Target", target)
			request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		}
		client := http.Client{Timeout: 10 * time.Second}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	const list = "AmazonEC2ContainerServiceV20141113.ListClusters"
	for _, c := range []struct {
		name, method, path, target string
		body                       []byte
		status                     int
		want                       string
	}{
		{"unsigned", "POST", "/", list, []byte("{}"), 400, "MissingAuthenticationToken"},
		{"oversized", "POST", "/", list, bytes.Repeat([]byte(" "), 11<<20), 413, "RequestEntityTooLarge"},
		{"nothing", "GET", "/", "", nil, 404, "UnknownOperationException"},
		{"registry without a password", "GET", "/v2/", "", nil, 401, "UNAUTHORIZED"},
		{"agent channel without a signature", "GET", "/acs/ws", "", nil, 403, "AccessDeniedException"},
	} {
		status, text := send(c.method, c.path, c.target, bytes.NewReader(c.body))
		if status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d %s; want %d with %q", c.name, status, text, c.status, c.want)
		}
	}
}
