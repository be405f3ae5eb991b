package ecs_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	ecsapi "github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/dispatch/exec"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// opened is what ExecuteCommand asked for.
type opened struct {
	requests []exec.Request
	err      error
}

// Open implements ExecSessions.
func (o *opened) Open(prefix string, r exec.Request) (exec.Ticket, error) {
	o.requests = append(o.requests, r)
	return exec.Ticket{SessionID: prefix + "1", StreamURL: "ws://here/v1/data-channel/1", Token: "token"}, o.err
}

func TestExecuteCommand(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 2048, 2048)
	l.register("web")
	task := l.run("web")
	execute := func(change ...func(*ecs.ExecuteCommandInput)) error {
		in := &ecs.ExecuteCommandInput{Command: aws.String("/bin/sh -c 'echo hello'"), Interactive: true, Task: &task}
		for _, c := range change {
			c(in)
		}
		_, err := l.ExecuteCommand(t.Context(), in)
		return err
	}
	refused(t, execute(), "InvalidParameterException", "The execute command failed because the task is not in the RUNNING state...")
	l.report(task, "RUNNING")
	refused(t, execute(), "InvalidParameterException", "The execute command failed because execute command was not enabled when the task was run...")
	refused(t, execute(func(in *ecs.ExecuteCommandInput) { in.Interactive = false }), "InvalidParameterException", "Interactive is the only mode supported currently.")
	refused(t, execute(func(in *ecs.ExecuteCommandInput) { in.Command = aws.String("sh -c 'x") }), "InvalidParameterException", "Command has a quote...")
	refused(t, execute(func(in *ecs.ExecuteCommandInput) { in.Cluster = aws.String("none") }), "ClusterNotFoundException", "Cluster not found.")
	refused(t, execute(func(in *ecs.ExecuteCommandInput) { in.Task = aws.String("00000000000000000000000000000000") }),
		"InvalidParameterException", "The referenced task was not found.")
	refused(t, execute(func(in *ecs.ExecuteCommandInput) { in.Container = aws.String("none") }), "ClientException", "The specified container was not found...")

	enabled := l.task(task).Clone()
	enabled.Spec.EnableExecuteCommand = true
	l.commit(enabled)
	refused(t, execute(), "TargetNotConnectedException", "The execute command failed due to an internal error. Try again later.")
	if agent := l.managedAgent(t, task); aws.ToString(agent.LastStatus) != "STOPPED" || agent.Reason == nil {
		t.Errorf("an agent that cannot: %+v", agent)
	}
	l.ableInstance(t, enabled.Spec.Instance)
	if agent := l.managedAgent(t, task); agent.Name != "ExecuteCommandAgent" || aws.ToString(agent.LastStatus) != "RUNNING" || agent.LastStartedAt == nil {
		t.Errorf("an agent that can: %+v", agent)
	}
	out, err := l.ExecuteCommand(t.Context(), &ecs.ExecuteCommandInput{Command: aws.String("/bin/sh -c 'echo hello'"), Interactive: true, Task: &task})
	if err != nil {
		t.Fatal(err)
	}
	s := out.Session
	if *s.SessionId != "ecs-execute-command-1" || *s.StreamUrl != "ws://here/v1/data-channel/1" || *s.TokenValue != "token" || *out.ContainerName == "" || !out.Interactive {
		t.Errorf("%+v", out)
	}
	if r := l.sessions.requests[0]; !reflect.DeepEqual(r.Command, []string{"/bin/sh", "-c", "echo hello"}) || r.Instance != enabled.Spec.Instance || r.Container != *out.ContainerName {
		t.Errorf("%+v", r)
	}
	l.sessions.err = exec.ErrLimit
	refused(t, execute(), "ClientException", "The maximum number of concurrent sessions...")
	l.sessions.err = errors.New("the server ends")
	refused(t, execute(), "TargetNotConnectedException", "The execute command failed due to an internal error. Try again later.")
}

// ableInstance makes an instance one of our agent's, connected.
func (l *lab) ableInstance(t *testing.T, id string) {
	t.Helper()
	i, ok := store.Get[*model.ContainerInstance](l.db.View(), id)
	if !ok {
		t.Fatal("no instance")
	}
	able := i.Clone()
	able.AgentConnected = true
	able.Attributes = append(able.Attributes, model.Attribute{Name: acs.ExecCapability})
	l.commit(able)
}

func (l *lab) managedAgent(t *testing.T, task string) types.ManagedAgent {
	t.Helper()
	out, err := l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{task}})
	if err != nil || len(out.Tasks) != 1 || len(out.Tasks[0].Containers[0].ManagedAgents) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	return out.Tasks[0].Containers[0].ManagedAgents[0]
}

func TestWhereSessionsAreRecorded(t *testing.T) {
	record := func(e types.ExecuteCommandConfiguration) (*exec.Record, error) {
		c := &model.Cluster{Account: "1", Configuration: &types.ClusterConfiguration{ExecuteCommandConfiguration: &e}}
		l := newLab(t)
		return ecsapi.RecordOf(l.db.View(), c, &model.Task{}, "web")
	}
	logs := func(l types.ExecuteCommandLogConfiguration) types.ExecuteCommandConfiguration {
		return types.ExecuteCommandConfiguration{Logging: "OVERRIDE", LogConfiguration: &l}
	}
	if r, err := record(types.ExecuteCommandConfiguration{Logging: "NONE"}); r != nil || err != nil {
		t.Errorf("NONE: %+v, %v", r, err)
	}
	if r, err := record(logs(types.ExecuteCommandLogConfiguration{CloudWatchLogGroupName: aws.String("g")})); err != nil || *r != (exec.Record{Account: "1", Group: "g"}) {
		t.Errorf("OVERRIDE: %+v, %v", r, err)
	}
	for _, e := range []types.ExecuteCommandConfiguration{
		{KmsKeyId: aws.String("k")},
		logs(types.ExecuteCommandLogConfiguration{S3BucketName: aws.String("b")}),
		logs(types.ExecuteCommandLogConfiguration{CloudWatchLogGroupName: aws.String("g"), CloudWatchEncryptionEnabled: true}),
	} {
		_, err := record(e)
		refused(t, err, "ClientException", "...")
	}
}

func TestSplitCommand(t *testing.T) {
	for command, want := range map[string][]string{
		"/bin/sh":               {"/bin/sh"},
		"  ls   -l\t/ ":         {"ls", "-l", "/"},
		`sh -c "echo 'a b'"`:    {"sh", "-c", "echo 'a b'"},
		`sh -c 'echo "$HOME"'`:  {"sh", "-c", `echo "$HOME"`},
		`a\ b "c\"d" "\e" '\f'`: {"a b", `c"d`, `\e`, `\f`},
		`x ''`:                  {"x", ""},
	} {
		if got, err := ecsapi.SplitCommand(command); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, %v", command, got, err)
		}
	}
	for _, command := range []string{"", "  ", "'a", `"a`, `a\`, `''`} {
		if got, err := ecsapi.SplitCommand(command); err == nil {
			t.Errorf("%q: %q", command, got)
		}
	}
}
