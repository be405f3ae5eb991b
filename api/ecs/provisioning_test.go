package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/provision"
)

// TestTaskWithoutInstance: a task that waits for its capacity provider is
// shown without an instance and counted as pending, and stops at once.
func TestTaskWithoutInstance(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	task := &model.Task{Account: account, Cluster: "default", ID: "0123456789abcdef0123456789abcdef", Desired: model.TaskRunning,
		Spec:   model.TaskSpec{TaskDefinition: model.TaskDefinitionID(account, "web", 1), Group: "family:web", CapacityProvider: "p", CreatedAt: l.clock()},
		Status: model.TaskObserved{Version: 1, Containers: []model.ContainerObserved{{Name: "web", Last: model.TaskPending}}}}
	provision.Wait(task, nil, nil, nil)
	var c model.Change
	c.Put(task)
	if _, err := l.db.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	shown := must[*ecs.DescribeTasksOutput](t)(l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{task.ID}})).Tasks[0]
	if *shown.LastStatus != "PROVISIONING" || shown.ContainerInstanceArn != nil || shown.AvailabilityZone != nil {
		t.Errorf("%+v", shown)
	}
	cluster := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{})).Clusters[0]
	if cluster.PendingTasksCount != 1 {
		t.Errorf("%d tasks are pending", cluster.PendingTasksCount)
	}
	if list := must[*ecs.ListTasksOutput](t)(l.ListTasks(t.Context(), &ecs.ListTasksInput{})); len(list.TaskArns) != 1 {
		t.Errorf("%v are listed", list.TaskArns)
	}
	stopped := must[*ecs.StopTaskOutput](t)(l.StopTask(t.Context(), &ecs.StopTaskInput{Task: aws.String(task.ID)})).Task
	if *stopped.LastStatus != "STOPPED" || *stopped.DesiredStatus != "STOPPED" || stopped.StoppedAt == nil || *stopped.Containers[0].LastStatus != "STOPPED" {
		t.Errorf("%+v", stopped)
	}
	if again := must[*ecs.StopTaskOutput](t)(l.StopTask(t.Context(), &ecs.StopTaskInput{Task: aws.String(task.ID)})).Task; *again.LastStatus != "STOPPED" {
		t.Errorf("%+v", again)
	}
}
