package conformance

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// aws runs the AWS CLI and returns what it printed.
func (p *platform) aws(t *testing.T, arguments ...string) string {
	t.Helper()
	said, err := p.run(t, time.Minute, exec.Command(tool(t, "aws"), arguments...))
	if err != nil {
		t.Fatalf("aws %s: %v\n%s", strings.Join(arguments, " "), err, said)
	}
	return strings.TrimSpace(said)
}

// cli tries what the AWS CLI does beyond boto3: its own commands, its forms of
// input and output, and its exit codes.
func (p *platform) cli(t *testing.T) {
	p.aws(t, "logs", "create-log-group", "--log-group-name", "/cli")
	definition, err := json.Marshal(map[string]any{"family": "by-cli", "containerDefinitions": []any{map[string]any{
		"name": "main", "image": p.listen + "/conformance/busybox:latest", "memory": 16, "stopTimeout": 2,
		"command": []string{"sh", "-c", "for i in 1 2 3; do echo line $i; done; sleep 600"},
		"logConfiguration": map[string]any{"logDriver": "awslogs", "options": map[string]string{
			"awslogs-group": "/cli", "awslogs-region": p.env["AWS_REGION"], "awslogs-stream-prefix": "cli"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	p.aws(t, "ecs", "register-task-definition", "--cli-input-json", string(definition))
	task := p.aws(t, "ecs", "run-task", "--task-definition", "by-cli", "--tags", "key=a,value=b", "--query", "tasks[0].taskArn", "--output", "text")
	p.aws(t, "ecs", "wait", "tasks-running", "--tasks", task)
	deadline := time.Now().Add(20 * time.Second)
	for said := ""; !strings.Contains(said, "line 3"); {
		if time.Now().After(deadline) {
			t.Fatalf("the task's log says %q", said)
		}
		said = p.aws(t, "logs", "filter-log-events", "--log-group-name", "/cli", "--query", "events[].message", "--output", "text")
	}
	for _, command := range []string{"ecs describe-tasks --output table --tasks " + task, "ecs describe-clusters --output text", "ecr describe-repositories --output text",
		"logs describe-log-groups --output table", "sts get-caller-identity --output text"} {
		if said := p.aws(t, strings.Fields(command)...); said == "" {
			t.Errorf("aws %s says nothing", command)
		}
	}
	if n := p.aws(t, "ecs", "list-task-definitions", "--page-size", "1", "--max-items", "1", "--query", "length(taskDefinitionArns)"); n != "1" {
		t.Errorf("one item of a list is %s", n)
	}
	if said := p.aws(t, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=ResourceName,AttributeValue=by-cli:1", "--max-items", "1", "--query",
		"Events[0].[EventName,Username,ReadOnly]", "--output", "text"); said != "RunTask\troot\tfalse" && !strings.HasPrefix(said, "RunTask\troot\tfalse\n") {
		t.Errorf("of the task definition the trail says %q", said)
	}
	p.aws(t, "ecs", "stop-task", "--task", task)
	said, err := p.run(t, time.Minute, exec.Command(tool(t, "aws"), "ecs", "describe-services", "--cluster", "nowhere", "--services", "x"))
	if err == nil || !strings.Contains(said, "An error occurred (ClusterNotFoundException) when calling the DescribeServices operation: Cluster not found.") {
		t.Errorf("an unknown cluster: %v %s", err, said)
	}
	if password := p.aws(t, "ecr", "get-login-password"); len(password) < 20 {
		t.Errorf("the password of the registry is %q", password)
	}
}
