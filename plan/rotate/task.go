package rotate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/plan/provision"
)

// start makes the task of the rotation's step.
func (p *planning) start() {
	task, err := p.task()
	if err != nil {
		p.fail(err.Error())
		return
	}
	r := p.secret.Rotation
	r.Task, r.Since, r.RetryAt = task.Key().ID, p.Now, time.Time{}
	p.out.Change.Put(p.secret)
	p.out.Change.Put(task)
	p.out.Change.Expect(p.Definition)
	p.out.Change.Expect(p.Cluster)
	p.out.WakeAt(p.Now.Add(p.Timing.Step))
}

// task returns the task of the step. It waits for an instance.
func (p *planning) task() (*model.Task, error) {
	switch {
	case p.Definition == nil:
		return nil, fmt.Errorf("there is no ACTIVE task definition %s", p.secret.RotationTask)
	case p.Cluster == nil || p.Cluster.Status != model.ClusterActive:
		return nil, fmt.Errorf("there is no ACTIVE cluster %s", ClusterOf(p.secret))
	}
	if why := Unfit(p.Definition.Definition); why != "" {
		return nil, fmt.Errorf("the task definition cannot be used: %s", why)
	}
	over := p.overrides()
	resources, err := place.Demand(p.Definition.Definition, over)
	if err != nil {
		return nil, err
	}
	t := &model.Task{
		Account: p.secret.Account, Cluster: p.Cluster.Name, ID: p.ids.Hex(), Desired: model.TaskRunning,
		Spec: model.TaskSpec{TaskDefinition: p.Definition.Key().ID, Group: "family:" + p.Definition.Family, StartedBy: "secretsmanager",
			LaunchType: string(types.LaunchTypeEc2), Resources: resources, Overrides: over, CreatedAt: p.Now,
			Runtime: p.Cluster.Runtime()},
		Status: model.TaskObserved{Version: 1},
	}
	for _, c := range p.Definition.Definition.ContainerDefinitions {
		t.Status.Containers = append(t.Status.Containers, model.ContainerObserved{Name: *c.Name, Last: model.TaskPending, ID: p.ids.UUID()})
	}
	provision.Wait(t, []model.PlacementStrategy{{Type: place.Random}}, nil, nil)
	return t, nil
}

// overrides tell every container what to do.
func (p *planning) overrides() *types.TaskOverride {
	r := p.secret.Rotation
	arn := model.Scope{Region: p.Region, Account: p.secret.Account}.SecretARN(p.secret.Name, p.secret.Suffix)
	over := &types.TaskOverride{}
	for _, c := range p.Definition.Definition.ContainerDefinitions {
		over.ContainerOverrides = append(over.ContainerOverrides, types.ContainerOverride{Name: c.Name, Environment: []types.KeyValuePair{
			{Name: aws.String("SECRET_ARN"), Value: aws.String(arn)},
			{Name: aws.String("CLIENT_REQUEST_TOKEN"), Value: aws.String(r.Token)},
			{Name: aws.String("STEP"), Value: aws.String(r.Step)}}})
	}
	return over
}

// ClusterOf returns the name of the cluster that a secret's rotation runs in.
func ClusterOf(s *model.Secret) string {
	for _, t := range s.Tags {
		if t.Key == TagCluster && t.Value != "" {
			return t.Value
		}
	}
	return DefaultCluster
}

// Unfit says why a task of the definition cannot be run without being told
// more, "" if it can.
func Unfit(d *types.TaskDefinition) string {
	if d.NetworkMode == types.NetworkModeAwsvpc {
		return "its networkMode is awsvpc, which needs a network configuration"
	}
	if need := d.RequiresCompatibilities; len(need) > 0 && !slices.Contains(need, types.CompatibilityEc2) {
		return "its requiresCompatibilities does not have EC2"
	}
	return ""
}

// Exit codes of containers that were ended because another had ended: by
// SIGTERM and by SIGKILL.
const (
	exitTerminated = 143
	exitKilled     = 137
)

// failureOf says why a stopped task has not done its step, "" if it has: its
// essential containers have to end with 0, but for those that were ended
// because one of them had. A definition that is gone takes all for essential.
func failureOf(t *model.Task, d *model.TaskDefinition) string {
	switch t.StopCode {
	case "", model.StopEssentialContainerExited, model.StopTaskFailedToStart: // the last also of a task that was done before anybody saw it run
	default:
		return fmt.Sprintf("its task %s was stopped: %s", t.ID, t.StoppedReason)
	}
	done := false
	for i := range t.Status.Containers {
		c := &t.Status.Containers[i]
		switch {
		case !essential(d, c.Name):
		case c.ExitCode == nil:
			return fmt.Sprintf("container %s of its task %s has not run: %s", c.Name, t.ID, cmp.Or(c.Reason, t.StoppedReason))
		case *c.ExitCode == 0:
			done = true
		case *c.ExitCode != exitTerminated && *c.ExitCode != exitKilled:
			return fmt.Sprintf("container %s of its task %s ended with exit code %d", c.Name, t.ID, *c.ExitCode)
		}
	}
	if !done {
		return fmt.Sprintf("no essential container of its task %s ended with exit code 0", t.ID)
	}
	return ""
}

func essential(d *model.TaskDefinition, name string) bool {
	if d == nil {
		return true
	}
	for _, c := range d.Definition.ContainerDefinitions {
		if *c.Name == name {
			return c.Essential == nil || *c.Essential
		}
	}
	return true
}
