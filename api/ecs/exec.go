package ecs

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/dispatch/exec"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// ExecSessions opens sessions into containers; exec.Broker does.
type ExecSessions interface {
	Open(prefix string, r exec.Request) (exec.Ticket, error)
}

// sessionPrefix begins the ids of sessions. Source: ECS developer guide,
// "Monitor Amazon ECS containers with ECS Exec".
const sessionPrefix = "ecs-execute-command-"

// maxCommand is the longest command, in bytes.
const maxCommand = 8 << 10

// ExecuteCommand opens a session in which a command is to run in a container
// of a task, and answers with the ticket to it.
// Source of the wordings: ECS API reference, ExecuteCommand; ECS developer
// guide, "Troubleshooting issues with ECS Exec".
func (d *frontDoor) ExecuteCommand(ctx context.Context, in *ecs.ExecuteCommandInput) (*ecs.ExecuteCommandOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case aws.ToString(in.Command) == "":
		return nil, invalid("Command cannot be empty.")
	case len(*in.Command) > maxCommand:
		return nil, invalid("Command can have at most %d characters.", maxCommand)
	case aws.ToString(in.Task) == "":
		return nil, invalid("Task cannot be empty.")
	case !in.Interactive:
		return nil, invalid("Interactive is the only mode supported currently.")
	}
	words, err := splitCommand(*in.Command)
	if err != nil {
		return nil, invalid("%s", err)
	}
	v := d.db.View()
	cluster, err := r.activeCluster(v, in.Cluster)
	if err != nil {
		return nil, err
	}
	t, ok, err := r.task(v, cluster.Name, *in.Task)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, invalid("The referenced task was not found.")
	}
	c, err := executable(t, aws.ToString(in.Container))
	if err != nil {
		return nil, err
	}
	if !execConnected(v, t) || d.opts.Exec == nil {
		return nil, targetNotConnected()
	}
	record, err := recordOf(v, cluster, t, c.Name)
	if err != nil {
		return nil, err
	}
	ticket, err := d.opts.Exec.Open(sessionPrefix, exec.Request{Instance: t.Spec.Instance, TaskARN: t.ARN(r.scope.Region), Container: c.Name,
		Command: words, Record: record})
	switch {
	case errors.Is(err, exec.ErrLimit):
		return nil, clientError("The maximum number of concurrent sessions has been reached. End a session and try again.")
	case err != nil:
		return nil, targetNotConnected()
	}
	return &ecs.ExecuteCommandOutput{
		ClusterArn: new(r.scope.ClusterARN(t.Cluster)), TaskArn: new(t.ARN(r.scope.Region)), ContainerName: new(c.Name),
		ContainerArn: new(r.scope.ContainerARN(t.Cluster, t.ID, c.ID)), Interactive: true,
		Session: &types.Session{SessionId: &ticket.SessionID, StreamUrl: &ticket.StreamURL, TokenValue: &ticket.Token},
	}, nil
}

func targetNotConnected() error {
	return &types.TargetNotConnectedException{Message: new("The execute command failed due to an internal error. Try again later.")}
}

// executable finds the container that a command is to run in.
func executable(t *model.Task, container string) (*model.ContainerObserved, error) {
	if t.Status.Last != model.TaskRunning || t.Desired == model.TaskStopped {
		return nil, invalid("The execute command failed because the task is not in the RUNNING state. Wait and try again or run a new task and try again.")
	}
	at := 0
	switch {
	case container == "" && len(t.Status.Containers) > 1:
		return nil, invalid("The task has more than one container. Specify a container name and try again.")
	case container != "":
		if at = t.Container(container); at < 0 {
			return nil, clientError("The specified container was not found in the task.")
		}
	}
	c := &t.Status.Containers[at]
	if !t.Spec.EnableExecuteCommand || c.Last != model.TaskRunning {
		return nil, invalid("The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.")
	}
	return c, nil
}

// takesCommands reports whether commands can run in a task's containers: it
// was asked for, and the agent of its instance is one of ours.
func takesCommands(v store.View, t *model.Task) bool {
	i, ok := store.Get[*model.ContainerInstance](v, t.Spec.Instance)
	if !ok || !t.Spec.EnableExecuteCommand {
		return false
	}
	_, able := i.Attribute(acs.ExecCapability)
	return able
}

// execConnected reports whether that agent can be told now.
func execConnected(v store.View, t *model.Task) bool {
	i, ok := store.Get[*model.ContainerInstance](v, t.Spec.Instance)
	return ok && i.AgentConnected && takesCommands(v, t)
}

// showManagedAgents describes what runs commands in a container. Nothing of it
// runs inside the container here; it is there as long as the container runs.
func showManagedAgents(t *model.Task, c *model.ContainerObserved, able bool) []types.ManagedAgent {
	if !t.Spec.EnableExecuteCommand {
		return nil
	}
	a := types.ManagedAgent{Name: types.ManagedAgentNameExecuteCommandAgent, LastStatus: new(string(c.Last))}
	switch {
	case !able && c.Last == model.TaskRunning:
		a.LastStatus, a.Reason = new(string(model.TaskStopped)), new("The agent of the container instance does not support execute command.")
	case c.Last != model.TaskPending:
		a.LastStartedAt = instant(t.Status.StartedAt)
	}
	return []types.ManagedAgent{a}
}
