package ecs

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits of task protection. Source: ECS API reference, UpdateTaskProtection
// and GetTaskProtection.
const (
	maxProtect        = 10  // tasks of one update
	maxProtectionRead = 100 // tasks of one question
	maxProtection     = 2880 * time.Minute
	defaultProtection = 120 * time.Minute
)

// Reasons of failures. Source: ECS developer guide, "API failure reasons".
const (
	reasonTaskNotValid = "TASK_NOT_VALID"
	reasonBlocked      = "DEPLOYMENT_BLOCKED"
)

// UpdateTaskProtection protects tasks of services from scale-in and from
// deployments for a while, or ends that.
func (d *frontDoor) UpdateTaskProtection(ctx context.Context, in *ecs.UpdateTaskProtectionInput) (*ecs.UpdateTaskProtectionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	length, err := protection(in)
	if err != nil {
		return nil, err
	}
	out := &ecs.UpdateTaskProtectionOutput{}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		tasks, failures, err := r.protectable(v, in.Cluster, in.Tasks)
		if err != nil {
			return err
		}
		out.ProtectedTasks, out.Failures = []types.ProtectedTask{}, failures
		for _, t := range tasks {
			if in.ProtectionEnabled && blocked(v, t, r.now) {
				out.Failures = append(out.Failures, types.Failure{Arn: new(t.ARN(r.scope.Region)), Reason: new(reasonBlocked),
					Detail: new("Task protection could not be updated because one or more protected tasks are preventing the service deployment from reaching a steady state.")})
				continue
			}
			until := time.Time{}
			if in.ProtectionEnabled {
				until = r.now.Add(length)
			}
			if !until.Equal(t.ProtectedUntil) {
				t = t.Clone()
				t.ProtectedUntil = until
				c.Put(t)
			}
			out.ProtectedTasks = append(out.ProtectedTasks, showProtection(r, t))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// protection checks the request and returns for how long it protects.
func protection(in *ecs.UpdateTaskProtectionInput) (time.Duration, error) {
	switch {
	case aws.ToString(in.Cluster) == "":
		return 0, invalid("Cluster cannot be empty.")
	case len(in.Tasks) == 0:
		return 0, invalid("Tasks cannot be empty.")
	case len(in.Tasks) > maxProtect:
		return 0, invalid("Tasks can have at most %d items.", maxProtect)
	case in.ExpiresInMinutes == nil:
		return defaultProtection, nil
	}
	length := time.Duration(*in.ExpiresInMinutes) * time.Minute
	if length < time.Minute || length > maxProtection {
		return 0, invalid("expiresInMinutes must be between 1 and %d.", maxProtection/time.Minute)
	}
	return length, nil
}

// GetTaskProtection says which tasks are protected, and until when.
func (d *frontDoor) GetTaskProtection(ctx context.Context, in *ecs.GetTaskProtectionInput) (*ecs.GetTaskProtectionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case aws.ToString(in.Cluster) == "":
		return nil, invalid("Cluster cannot be empty.")
	case len(in.Tasks) == 0:
		return nil, invalid("Tasks cannot be empty.")
	case len(in.Tasks) > maxProtectionRead:
		return nil, invalid("Tasks can have at most %d items.", maxProtectionRead)
	}
	tasks, failures, err := r.protectable(d.db.View(), in.Cluster, in.Tasks)
	if err != nil {
		return nil, err
	}
	out := &ecs.GetTaskProtectionOutput{ProtectedTasks: []types.ProtectedTask{}, Failures: failures}
	for _, t := range tasks {
		out.ProtectedTasks = append(out.ProtectedTasks, showProtection(r, t))
	}
	return out, nil
}

// protectable returns those of the named tasks that can be protected, each
// once, and failures for the others.
func (r request) protectable(v store.View, cluster *string, refs []string) ([]*model.Task, []types.Failure, error) {
	c, err := r.activeCluster(v, cluster)
	if err != nil {
		return nil, nil, err
	}
	var tasks []*model.Task
	failures := []types.Failure{}
	seen := map[string]bool{}
	for _, ref := range refs {
		t, ok, err := r.task(v, c.Name, ref)
		switch {
		case err != nil:
			return nil, nil, err
		case !ok:
			f := missing(r.taskARN(c.Name, ref))
			f.Detail = new("The specified task wasn't found.")
			failures = append(failures, f)
		case t.Spec.Service == "" || t.Stopped():
			failures = append(failures, types.Failure{Arn: new(t.ARN(r.scope.Region)), Reason: new(reasonTaskNotValid),
				Detail: new("The specified task isn't part of an Amazon ECS service or has stopped.")})
		case !seen[t.ID]:
			seen[t.ID] = true
			tasks = append(tasks, t)
		}
	}
	return tasks, failures, nil
}

// blocked reports whether protected tasks keep a rolling update of the task's
// service from going on: it has as many tasks as it may have, fewer of the new
// ones than it wants, and those that would go are protected. Another protected
// task would make that worse.
func blocked(v store.View, t *model.Task, now time.Time) bool {
	s, ok := store.Get[*model.Service](v, t.Spec.Service)
	if !ok || s.Status != model.ServiceActive || t.Spec.Deployment == s.Primary {
		return false
	}
	d, ok := store.Get[*model.Deployment](v, s.Key().ID+"/"+s.Primary)
	if !ok || d.Status.Rollout != model.RolloutInProgress {
		return false
	}
	alive, current, free, protected := 0, 0, 0, 0
	for o := range store.TasksByService(v, t.Spec.Service) {
		switch {
		case o.Desired != model.TaskRunning || o.Stopped():
			continue
		case o.Spec.Deployment == s.Primary:
			current++
		case o.Protected(now):
			protected++
		default:
			free++
		}
		alive++
	}
	full := alive >= s.Spec.DesiredCount*s.Spec.Rollout.MaximumPercent/100
	return full && current < s.Spec.DesiredCount && protected > 0 && free == 0
}

func showProtection(r request, t *model.Task) types.ProtectedTask {
	shown := types.ProtectedTask{TaskArn: new(t.ARN(r.scope.Region))}
	if t.Protected(r.now) {
		shown.ProtectionEnabled, shown.ExpirationDate = true, instant(t.ProtectedUntil)
	}
	return shown
}
