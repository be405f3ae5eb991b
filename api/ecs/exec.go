package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// ExecuteCommand is refused as for a task that was started without it:
// enableExecuteCommand cannot be asked for yet.
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
	case aws.ToString(in.Task) == "":
		return nil, invalid("Task cannot be empty.")
	case !in.Interactive:
		return nil, invalid("Interactive is the only mode supported currently.")
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
	if t.Status.Last != model.TaskRunning {
		return nil, invalid("The execute command failed because the task is not in the RUNNING state. Wait and try again or run a new task and try again.")
	}
	if err := executable(t, aws.ToString(in.Container)); err != nil {
		return nil, err
	}
	if !t.Spec.EnableExecuteCommand {
		return nil, invalid("The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.")
	}
	return nil, &types.TargetNotConnectedException{Message: new("The execute command failed due to an internal error. Try again later.")}
}

// executable finds the container that a command is to run in.
func executable(t *model.Task, container string) error {
	switch {
	case container == "" && len(t.Status.Containers) > 1:
		return invalid("The task has more than one container. Specify a container name and try again.")
	case container != "" && t.Container(container) < 0:
		return clientError("The specified container was not found in the task.")
	}
	return nil
}
