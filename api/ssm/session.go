package ssm

import (
	"context"
	"errors"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/dispatch/exec"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/constraint"
)

// Sessions are the sessions in containers; exec.Broker has them.
type Sessions interface {
	Open(prefix string, r exec.Request) (exec.Ticket, error)
	Find(id string) (exec.Request, bool)
	Terminate(id string) bool
}

// portForwarding is the one document that sessions are started by. Commands
// have an operation of their own, ECS ExecuteCommand, which cluster
// configurations say how to record.
const portForwarding = "AWS-StartPortForwardingSession"

// sessionPrefix begins the ids of sessions.
const sessionPrefix = "port-forwarding-"

// containerTarget is a container as AWS's CLI names it: cluster, task and
// runtime id. Source: AWS CLI, ecs execute-command.
var containerTarget = regexp.MustCompile(`^ecs:([a-zA-Z0-9_-]{1,255})_([0-9a-f]{32})_(.{1,255})$`)

// StartSession opens a session that forwards connections to a port of a
// container, whose task must have been run with execute command enabled.
func (d *frontDoor) StartSession(ctx context.Context, in *ssm.StartSessionInput) (*ssm.StartSessionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	target := aws.ToString(in.Target)
	if err := required("target", in.Target, targetText); err != nil {
		return nil, err
	}
	if name := aws.ToString(in.DocumentName); name != portForwarding {
		return nil, &types.InvalidDocument{Message: new("Document with name " + name + " does not exist. Sessions can be started with " + portForwarding + "; use ecs execute-command to run a command.")}
	}
	remote, err := portOf(in.Parameters, "portNumber", "80")
	if err != nil {
		return nil, err
	}
	local, err := portOf(in.Parameters, "localPortNumber", "0")
	if err != nil {
		return nil, err
	}
	for name := range in.Parameters {
		if name != "portNumber" && name != "localPortNumber" {
			return nil, invalid("Parameter %q is not defined in the document %s.", name, portForwarding)
		}
	}
	request, ok := d.forwardable(r, target)
	if !ok || d.opts.Sessions == nil {
		return nil, notConnected(target)
	}
	request.Port, request.LocalPort = remote, local
	ticket, err := d.opts.Sessions.Open(sessionPrefix, request)
	switch {
	case errors.Is(err, exec.ErrLimit):
		return nil, &types.TargetNotConnected{Message: new(target + " has too many sessions.")}
	case err != nil:
		return nil, notConnected(target)
	}
	return &ssm.StartSessionOutput{SessionId: &ticket.SessionID, StreamUrl: &ticket.StreamURL, TokenValue: &ticket.Token}, nil
}

func notConnected(target string) error {
	return &types.TargetNotConnected{Message: new(target + " is not connected.")}
}

// portOf reads a parameter that is one port.
func portOf(parameters map[string][]string, name, otherwise string) (int, error) {
	text := otherwise
	if given := parameters[name]; len(given) == 1 {
		text = given[0]
	} else if len(given) > 1 {
		return 0, invalid("Parameter %q can have one value.", name)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 && name == "portNumber" {
		return 0, invalid("Parameter %q is not a port: %s", name, text)
	}
	return int(port), nil
}

// forwardable finds the container that a target names, if sessions can be
// opened in it now.
func (d *frontDoor) forwardable(r request, target string) (exec.Request, bool) {
	named := containerTarget.FindStringSubmatch(target)
	if named == nil {
		return exec.Request{}, false
	}
	v := d.db.View()
	t, ok := store.Get[*model.Task](v, model.TaskID(r.scope.Account, named[1], named[2]))
	if !ok || t.Status.Last != model.TaskRunning || t.Desired == model.TaskStopped || !t.Spec.EnableExecuteCommand {
		return exec.Request{}, false
	}
	i, ok := store.Get[*model.ContainerInstance](v, t.Spec.Instance)
	if !ok || !i.AgentConnected {
		return exec.Request{}, false
	}
	if _, able := i.Attribute(acs.ExecCapability); !able {
		return exec.Request{}, false
	}
	for _, c := range t.Status.Containers {
		if c.RuntimeID == named[3] && c.Last == model.TaskRunning {
			return exec.Request{Instance: t.Spec.Instance, TaskARN: t.ARN(r.scope.Region), Container: c.Name}, true
		}
	}
	return exec.Request{}, false
}

// ResumeSession never lets a client in again: a session ends with its
// connection. Without a token AWS's clients say that the session timed out, and
// end. Source: session-manager-plugin, ResumeSessionHandler.
func (d *frontDoor) ResumeSession(ctx context.Context, in *ssm.ResumeSessionInput) (*ssm.ResumeSessionOutput, error) {
	if _, err := d.begin(ctx); err != nil {
		return nil, err
	}
	if err := required("sessionId", in.SessionId, sessionText); err != nil {
		return nil, err
	}
	return &ssm.ResumeSessionOutput{SessionId: in.SessionId}, nil
}

// TerminateSession ends a session. One that has ended is not an error.
func (d *frontDoor) TerminateSession(ctx context.Context, in *ssm.TerminateSessionInput) (*ssm.TerminateSessionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := required("sessionId", in.SessionId, sessionText); err != nil {
		return nil, err
	}
	if d.opts.Sessions != nil {
		id := aws.ToString(in.SessionId)
		session, ok := d.opts.Sessions.Find(id)
		if task, known := model.ParseARN(session.TaskARN); ok && known && task.Account == r.scope.Account {
			d.opts.Sessions.Terminate(id)
		}
	}
	return &ssm.TerminateSessionOutput{SessionId: in.SessionId}, nil
}

// What the service's model says of the members of sessions.
var (
	targetText  = constraint.Text{Min: 1, Max: 400}
	sessionText = constraint.Text{Min: 1, Max: 96}
)

// required refuses a request whose member is missing or against the model.
func required(member string, value *string, rule constraint.Text) error {
	var v constraint.Violations
	v.Required(member, value, rule)
	return v.Err()
}

// starting is what StartSession needs: the task and the document.
// Source: Service Authorization Reference, AWS Systems Manager, StartSession.
func (n names) starting(in *ssm.StartSessionInput) []wire.Need {
	resource := "*"
	if named := containerTarget.FindStringSubmatch(aws.ToString(in.Target)); named != nil {
		resource = n.scope.TaskARN(named[1], named[2])
	}
	return []wire.Need{{Resources: []string{resource, "arn:aws:ssm:" + n.scope.Region + "::document/" + aws.ToString(in.DocumentName)}}}
}

// session is what is needed of one session.
func (n names) session(id *string) []wire.Need {
	return []wire.Need{{Resources: []string{"arn:aws:ssm:" + n.scope.Region + ":" + n.scope.Account + ":session/" + aws.ToString(id)}}}
}
