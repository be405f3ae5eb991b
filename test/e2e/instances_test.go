package e2e

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestInstances runs three container instances on this machine: each is in a
// zone of its own and lends a third, a service is spread over them, what is on
// one that is drained moves, all survive a restart, and nothing is left in the
// end.
func TestInstances(t *testing.T) {
	p := startProgram(t, binary(t), filepath.Join(t.TempDir(), "data"), "--instances", "3")
	ctx := context.Background()
	list, err := p.ecs.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{})
	if err != nil || len(list.ContainerInstanceArns) != 3 {
		t.Fatalf("%v, %v", list, err)
	}
	some, err := p.ecs.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{ContainerInstances: list.ContainerInstanceArns})
	if err != nil {
		t.Fatal(err)
	}
	var zones []string
	for _, i := range some.ContainerInstances {
		for _, a := range i.Attributes {
			if aws.ToString(a.Name) == "ecs.availability-zone" {
				zones = append(zones, aws.ToString(a.Value))
			}
		}
		if i.RegisteredResources[1].IntegerValue != some.ContainerInstances[0].RegisteredResources[1].IntegerValue || !i.AgentConnected {
			t.Errorf("%+v", i)
		}
	}
	if slices.Sort(zones); !slices.Equal(zones, []string{"us-east-1a", "us-east-1b", "us-east-1c"}) {
		t.Errorf("zones %v", zones)
	}
	definition := p.register("spread", p.image(), "trap 'exit 0' TERM; sleep 600 & wait", nil)
	if _, err := p.ecs.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: aws.String("spread"), TaskDefinition: aws.String(definition), DesiredCount: aws.Int32(6),
		DeploymentConfiguration: &types.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(0)}}); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "two tasks on each instance", func() bool { return slices.Equal(p.perInstance("spread"), []int{2, 2, 2}) })
	if _, err := p.ecs.UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{
		ContainerInstances: list.ContainerInstanceArns[:1], Status: types.ContainerInstanceStatusDraining}); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "three tasks on each of the others", func() bool { return slices.Equal(p.perInstance("spread"), []int{3, 3}) })

	before := p.runningTasks("spread")
	p.kill()
	p.up()
	until(t, time.Minute, "the same tasks", func() bool { return slices.Equal(p.runningTasks("spread"), before) })
}

// runningTasks returns the ARNs of the service's running tasks, sorted.
func (p *platform) runningTasks(service string) []string {
	arns := []string{}
	for _, task := range p.tasksOf(service) {
		if aws.ToString(task.LastStatus) == "RUNNING" && aws.ToString(task.DesiredStatus) == "RUNNING" {
			arns = append(arns, aws.ToString(task.TaskArn))
		}
	}
	slices.Sort(arns)
	return arns
}

// perInstance counts the service's running tasks by instance, sorted.
func (p *platform) perInstance(service string) []int {
	counts := map[string]int{}
	for _, task := range p.tasksOf(service) {
		if aws.ToString(task.LastStatus) == "RUNNING" {
			counts[aws.ToString(task.ContainerInstanceArn)]++
		}
	}
	all := []int{}
	for _, n := range counts {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

func (p *platform) tasksOf(service string) []types.Task {
	p.t.Helper()
	list, err := p.ecs.ListTasks(context.Background(), &ecs.ListTasksInput{ServiceName: aws.String(service)})
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
	return out.Tasks
}
