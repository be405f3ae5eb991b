package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestNewcomerWithTheAWSCLI does what a newcomer does, with nothing but the
// AWS CLI, and skopeo where it is installed.
func TestNewcomerWithTheAWSCLI(t *testing.T) {
	p := start(t)
	image := p.image()
	if path, err := exec.LookPath("skopeo"); err == nil {
		p.aws("ecr", "create-repository", "--repository-name", "copies/busybox")
		copied := p.listen + "/copies/busybox:1"
		out, err := exec.Command(path, "copy", "--src-tls-verify=false", "--dest-tls-verify=false",
			"--src-creds", "AWS:"+p.password(), "--dest-creds", "AWS:"+p.aws("ecr", "get-login-password"),
			"docker://"+image, "docker://"+copied).CombinedOutput()
		if err != nil {
			t.Fatalf("skopeo copy: %v\n%s", err, out)
		}
		image = copied
	}
	p.aws("logs", "create-log-group", "--log-group-name", "/newcomer")
	definition := fmt.Sprintf(`[{"name":"web","image":%q,"memory":16,"essential":true,"stopTimeout":2,
		"command":["sh","-c","mkdir /www; echo hello from $HOSTNAME > /www/index.html; echo serving; exec httpd -f -v -p 80 -h /www"],
		"portMappings":[{"containerPort":80}],
		"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/newcomer","awslogs-region":"us-east-1","awslogs-stream-prefix":"web"}}}]`, image)
	p.aws("ecs", "register-task-definition", "--family", "web", "--container-definitions", definition)

	task := p.aws("ecs", "run-task", "--task-definition", "web", "--query", "tasks[0].taskArn", "--output", "text")
	p.aws("ecs", "wait", "tasks-running", "--tasks", task)
	port := p.aws("ecs", "describe-tasks", "--tasks", task, "--query", "tasks[0].containers[0].networkBindings[0].hostPort", "--output", "text")
	if body := get(t, "http://127.0.0.1:"+port+"/"); !strings.HasPrefix(body, "hello from ") {
		t.Errorf("the task answers %q", body)
	}
	p.aws("ecs", "create-service", "--service-name", "web", "--task-definition", "web", "--desired-count", "2")
	p.aws("ecs", "wait", "services-stable", "--services", "web")
	p.aws("ecs", "update-service", "--service", "web", "--desired-count", "3")
	p.aws("ecs", "wait", "services-stable", "--services", "web")
	if n := p.aws("ecs", "list-tasks", "--service-name", "web", "--desired-status", "RUNNING", "--query", "length(taskArns)"); n != "3" {
		t.Errorf("the service has %s tasks, want 3", n)
	}
	until(t, 10*time.Second, "the request in the task's log", func() bool {
		return strings.Contains(p.aws("logs", "filter-log-events", "--log-group-name", "/newcomer", "--query", "events[].message", "--output", "text"), "response:200")
	})
	p.aws("ecs", "stop-task", "--task", task, "--reason", "enough")
	stopped := p.untilTask(task, "STOPPED")
	if aws.ToString(stopped.StoppedReason) != "enough" || stopped.StopCode != types.TaskStopCodeUserInitiated {
		t.Errorf("the task stopped with %s: %s", stopped.StopCode, aws.ToString(stopped.StoppedReason))
	}
	p.aws("ecs", "delete-service", "--service", "web", "--force")
	p.aws("ecs", "wait", "services-inactive", "--services", "web")
}

func get(t testing.TB, url string) string {
	t.Helper()
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", url, answer.Status, err)
	}
	return string(text)
}

// TestCrashedTaskIsReplaced kills a service's container and wants another.
func TestCrashedTaskIsReplaced(t *testing.T) {
	p := start(t)
	definition := p.register("sleeper", p.image(), "exec sleep 1000", nil)
	p.service("sleeper", definition, 2)
	first := p.serviceTasks("sleeper")
	killContainer(t, first[0])
	began := time.Now()
	until(t, 10*time.Second, "the replacement", func() bool {
		for _, task := range p.serviceTasks("sleeper") {
			if *task.TaskArn != *first[0].TaskArn && *task.TaskArn != *first[1].TaskArn {
				return true
			}
		}
		return false
	})
	t.Logf("replaced after %v", time.Since(began))
	dead := p.untilTask(*first[0].TaskArn, "STOPPED")
	if dead.StopCode != types.TaskStopCodeEssentialContainerExited || aws.ToInt32(dead.Containers[0].ExitCode) != 137 {
		t.Errorf("the killed task says %s, exit %v", dead.StopCode, dead.Containers[0].ExitCode)
	}
}

// service makes a service and waits until it is stable.
func (p *platform) service(name, definition string, count int32) {
	p.t.Helper()
	if _, err := p.ecs.CreateService(context.Background(), &ecs.CreateServiceInput{ServiceName: aws.String(name),
		TaskDefinition: aws.String(definition), DesiredCount: aws.Int32(count)}); err != nil {
		p.t.Fatal(err)
	}
	until(p.t, 60*time.Second, "service "+name+" to be stable", func() bool { return len(p.serviceTasks(name)) == int(count) })
}

// serviceTasks returns a service's running tasks.
func (p *platform) serviceTasks(name string) (tasks []types.Task) {
	p.t.Helper()
	list, err := p.ecs.ListTasks(context.Background(), &ecs.ListTasksInput{ServiceName: aws.String(name)})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(list.TaskArns) == 0 {
		return nil
	}
	out, err := p.ecs.DescribeTasks(context.Background(), &ecs.DescribeTasksInput{Tasks: list.TaskArns})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, task := range out.Tasks {
		if aws.ToString(task.LastStatus) == "RUNNING" {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// logLines returns all messages of a log group.
func (p *platform) logLines(group string) (lines []string) {
	p.t.Helper()
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(p.logs, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(group)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(context.Background())
		if err != nil {
			p.t.Fatal(err)
		}
		for _, e := range out.Events {
			lines = append(lines, aws.ToString(e.Message))
		}
	}
	return lines
}
