package ssm_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/dispatch/exec"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// opened are the sessions that were asked for.
type opened struct {
	requests   []exec.Request
	terminated []string
}

// Open implements Sessions.
func (o *opened) Open(prefix string, r exec.Request) (exec.Ticket, error) {
	o.requests = append(o.requests, r)
	return exec.Ticket{SessionID: prefix + "1", StreamURL: "ws://here", Token: "token"}, nil
}

// Find implements Sessions.
func (o *opened) Find(id string) (exec.Request, bool) {
	switch id {
	case "mine":
		return exec.Request{TaskARN: "arn:aws:ecs:us-east-1:" + account + ":task/default/x"}, true
	case "theirs":
		return exec.Request{TaskARN: "arn:aws:ecs:us-east-1:999999999999:task/default/x"}, true
	}
	return exec.Request{}, false
}

// Terminate implements Sessions.
func (o *opened) Terminate(id string) bool {
	o.terminated = append(o.terminated, id)
	return true
}

func TestStartSessionForwardsAPort(t *testing.T) {
	l := serve(t)
	const id = "0123456789abcdef0123456789abcdef"
	instance := &model.ContainerInstance{Account: account, Cluster: "my_cluster", ID: "i", AgentConnected: true,
		Attributes: []model.Attribute{{Name: acs.ExecCapability}}}
	task := &model.Task{Account: account, Cluster: "my_cluster", ID: id, Desired: model.TaskRunning,
		Spec: model.TaskSpec{Instance: instance.Key().ID, EnableExecuteCommand: true},
		Status: model.TaskObserved{Last: model.TaskRunning, Containers: []model.ContainerObserved{
			{Name: "web", RuntimeID: "run_1", Last: model.TaskRunning}}}}
	commit(t, l, instance, task)
	start := func(change func(*ssm.StartSessionInput)) (*ssm.StartSessionOutput, error) {
		in := &ssm.StartSessionInput{Target: aws.String("ecs:my_cluster_" + id + "_run_1"), DocumentName: aws.String("AWS-StartPortForwardingSession"),
			Parameters: map[string][]string{"portNumber": {"8080"}, "localPortNumber": {"9090"}}}
		if change != nil {
			change(in)
		}
		return l.StartSession(t.Context(), in)
	}
	out, err := start(nil)
	if err != nil || *out.SessionId != "port-forwarding-1" || *out.StreamUrl != "ws://here" || *out.TokenValue != "token" {
		t.Fatalf("%+v, %v", out, err)
	}
	r := l.sessions.requests[0]
	if r.Port != 8080 || r.LocalPort != 9090 || r.Container != "web" || r.Instance != instance.Key().ID || r.TaskARN == "" {
		t.Errorf("%+v", r)
	}
	for code, change := range map[string]func(*ssm.StartSessionInput){
		"InvalidDocument":     func(in *ssm.StartSessionInput) { in.DocumentName = aws.String("AWS-RunShellScript") },
		"ValidationException": func(in *ssm.StartSessionInput) { in.Parameters["portNumber"] = []string{"0"} },
		"TargetNotConnected":  func(in *ssm.StartSessionInput) { in.Target = aws.String("ecs:my_cluster_" + id + "_run_2") },
	} {
		_, err := start(change)
		refusedWith(t, err, code)
	}
	_, err = start(func(in *ssm.StartSessionInput) { in.Target = aws.String("i-0123456789abcdef0") })
	refusedWith(t, err, "TargetNotConnected")
	closed := task.Clone()
	closed.Spec.EnableExecuteCommand = false
	commit(t, l, closed)
	_, err = start(nil)
	refusedWith(t, err, "TargetNotConnected")
}

func TestSessionsAreNotResumedAndEndOnce(t *testing.T) {
	l := serve(t)
	out, err := l.ResumeSession(t.Context(), &ssm.ResumeSessionInput{SessionId: aws.String("mine")})
	if err != nil || aws.ToString(out.SessionId) != "mine" || out.TokenValue != nil {
		t.Errorf("%+v, %v", out, err)
	}
	for _, id := range []string{"mine", "theirs", "none"} {
		out, err := l.TerminateSession(t.Context(), &ssm.TerminateSessionInput{SessionId: &id})
		if err != nil || aws.ToString(out.SessionId) != id {
			t.Errorf("%+v, %v", out, err)
		}
	}
	if len(l.sessions.terminated) != 1 || l.sessions.terminated[0] != "mine" {
		t.Errorf("%q", l.sessions.terminated)
	}
}

func commit(t *testing.T, l *endpoint, nouns ...model.Noun) {
	t.Helper()
	err := l.db.Decide(t.Context(), func(_ store.View, c *model.Change) error {
		for _, n := range nouns {
			c.Put(n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// refusedWith checks an error's code.
func refusedWith(t *testing.T, err error, code string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code {
		t.Errorf("error is %v, want %s", err, code)
	}
}
