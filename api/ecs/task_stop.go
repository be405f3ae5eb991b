package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// maxReason bounds StopTask's reason. Source: ECS API reference.
const maxReason = 1024

// StopTask turns a task's desired status to STOPPED. A task that stops, or
// has stopped, is left as it is.
func (d *frontDoor) StopTask(ctx context.Context, in *ecs.StopTaskInput) (*ecs.StopTaskOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	reason := aws.ToString(in.Reason)
	switch {
	case aws.ToString(in.Task) == "":
		return nil, invalid("Task cannot be empty.")
	case len(reason) > maxReason:
		return nil, invalid("reason can be at most %d characters long.", maxReason)
	case reason == "":
		reason = "Task stopped by user"
	}
	var stopped *model.Task
	err = d.commit(r, func(v store.View, c *model.Change) error {
		cluster, err := r.cluster(v, in.Cluster)
		if err != nil {
			return err
		}
		t, ok, err := r.task(v, cluster.Name, *in.Task)
		if err != nil {
			return err
		}
		if !ok {
			return invalid("The referenced task was not found.")
		}
		stopped = t.Stop(model.StopUserInitiated, reason, r.now)
		if stopped != t {
			c.Put(stopped)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	shown := showTask(r, d.db.View(), stopped, true)
	return &ecs.StopTaskOutput{Task: &shown}, nil
}
