package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// successful and stopped wait for the end of a daemon's deployment.
func (w *tour) successful(t *testing.T, deployment *string) {
	t.Helper()
	if err := ecs.NewDaemonDeploymentSuccessfulWaiter(w.Client, func(o *ecs.DaemonDeploymentSuccessfulWaiterOptions) {
		o.MinDelay, o.MaxDelay = looksLeast, looksMost
	}).Wait(t.Context(), &ecs.DescribeDaemonDeploymentsInput{DaemonDeploymentArns: []string{*deployment}}, seenWithin); err != nil {
		t.Fatal(err)
	}
}

func (w *tour) stopped(t *testing.T, deployment *string) {
	t.Helper()
	if err := ecs.NewDaemonDeploymentStoppedWaiter(w.Client, func(o *ecs.DaemonDeploymentStoppedWaiterOptions) {
		o.MinDelay, o.MaxDelay = looksLeast, looksMost
	}).Wait(t.Context(), &ecs.DescribeDaemonDeploymentsInput{DaemonDeploymentArns: []string{*deployment}}, seenWithin); err != nil {
		t.Fatal(err)
	}
}

// daemonOf registers a daemon's task definition. Its container does not care
// for SIGTERM, so that a daemon's deletion can be seen.
func (w *tour) daemonOf(t *testing.T, env string) *string {
	t.Helper()
	return call(t, w.RegisterDaemonTaskDefinition, ecs.RegisterDaemonTaskDefinitionInput{Family: new("go-daemon"), ContainerDefinitions: []types.DaemonContainerDefinition{{
		Name: new("main"), Image: &w.image, Memory: new(int32(16)), StopTimeout: new(int32(4)), Command: []string{"sh", "-c", "sleep 600"},
		Environment: []types.KeyValuePair{{Name: new("N"), Value: &env}}}}}).DaemonTaskDefinitionArn
}

// serving are the definitions of the daemon's tasks that run.
func (w *tour) serving(t *testing.T) (definitions []string) {
	t.Helper()
	listed := call(t, w.ListTasks, ecs.ListTasksInput{Cluster: new(fleet)}).TaskArns
	if len(listed) == 0 {
		return nil
	}
	for _, task := range call(t, w.DescribeTasks, ecs.DescribeTasksInput{Cluster: new(fleet), Tasks: listed}).Tasks {
		if *task.Group == "daemon:log" && *task.LastStatus == "RUNNING" {
			definitions = append(definitions, *task.TaskDefinitionArn)
		}
	}
	return definitions
}

// daemons puts one on the instance, replaces and deletes it, and waits with
// each of the SDK's waiters for daemons.
func (w *tour) daemons(t *testing.T) {
	options := func(least, most *time.Duration) { *least, *most = looksLeast, looksMost }
	first, second := w.daemonOf(t, "1"), w.daemonOf(t, "2")
	describe := &ecs.DescribeDaemonTaskDefinitionInput{DaemonTaskDefinition: first}
	if err := ecs.NewDaemonTaskDefinitionActiveWaiter(w.Client, func(o *ecs.DaemonTaskDefinitionActiveWaiterOptions) { options(&o.MinDelay, &o.MaxDelay) }).Wait(
		t.Context(), describe, seenWithin); err != nil {
		t.Fatal(err)
	}
	listed := call(t, w.ListDaemonTaskDefinitions, ecs.ListDaemonTaskDefinitionsInput{Family: new("go-daemon")}).DaemonTaskDefinitions
	if len(listed) != 2 || *listed[0].Arn != *first || *listed[1].Arn != *second {
		t.Errorf("listed: %+v", listed)
	}
	cluster, providers := new(w.arn+"cluster/"+fleet), []string{w.arn + "capacity-provider/" + managed}
	made := call(t, w.CreateDaemon, ecs.CreateDaemonInput{DaemonName: new("log"), ClusterArn: cluster, DaemonTaskDefinitionArn: first, CapacityProviderArns: providers})
	arn := ecs.DescribeDaemonInput{DaemonArn: made.DaemonArn}
	if err := ecs.NewDaemonActiveWaiter(w.Client, func(o *ecs.DaemonActiveWaiterOptions) { options(&o.MinDelay, &o.MaxDelay) }).Wait(t.Context(), &arn, seenWithin); err != nil {
		t.Fatal(err)
	}
	w.successful(t, made.DeploymentArn)
	if on := w.serving(t); !slices.Equal(on, []string{*first}) {
		t.Errorf("these serve: %v", on)
	}
	if listed := call(t, w.ListDaemons, ecs.ListDaemonsInput{ClusterArn: cluster}).DaemonSummariesList; len(listed) != 1 || *listed[0].DaemonArn != *made.DaemonArn {
		t.Errorf("listed: %+v", listed)
	}
	revision := call(t, w.DescribeDaemon, arn).Daemon.CurrentRevisions[0].Arn
	if r := call(t, w.DescribeDaemonRevisions, ecs.DescribeDaemonRevisionsInput{DaemonRevisionArns: []string{*revision}}).DaemonRevisions; *r[0].DaemonTaskDefinitionArn != *first {
		t.Errorf("%+v", r)
	}

	update := ecs.UpdateDaemonInput{DaemonArn: made.DaemonArn, DaemonTaskDefinitionArn: second, CapacityProviderArns: providers}
	bakes := update
	bakes.DeploymentConfiguration = &types.DaemonDeploymentConfiguration{BakeTimeInMinutes: 60}
	overtaken, newest := call(t, w.UpdateDaemon, bakes).DeploymentArn, call(t, w.UpdateDaemon, update).DeploymentArn
	w.stopped(t, overtaken)
	w.successful(t, newest)
	if on := w.serving(t); !slices.Equal(on, []string{*second}) {
		t.Errorf("these serve: %v", on)
	}
	d := call(t, w.DescribeDaemonDeployments, ecs.DescribeDaemonDeploymentsInput{DaemonDeploymentArns: []string{*newest}}).DaemonDeployments[0]
	if *d.TargetDaemonRevision.TotalRunningInstanceCount != 1 {
		t.Errorf("%+v", d)
	}
	if listed := call(t, w.ListDaemonDeployments, ecs.ListDaemonDeploymentsInput{DaemonArn: made.DaemonArn}).DaemonDeployments; len(listed) != 3 {
		t.Errorf("listed: %+v", listed)
	}

	call(t, w.DeleteDaemon, ecs.DeleteDaemonInput{DaemonArn: made.DaemonArn})
	refused[*types.DaemonNotActiveException](t, w.UpdateDaemon, update)
	until(t, "the daemon to go", func() bool {
		return len(call(t, w.ListDaemons, ecs.ListDaemonsInput{ClusterArn: cluster}).DaemonSummariesList) == 0
	})
	refused[*types.DaemonNotFoundException](t, w.DescribeDaemon, arn)
	if on := w.serving(t); len(on) != 0 {
		t.Errorf("these serve: %v", on)
	}
	call(t, w.DeleteDaemonTaskDefinition, ecs.DeleteDaemonTaskDefinitionInput{DaemonTaskDefinition: first})
	if err := ecs.NewDaemonTaskDefinitionDeletedWaiter(w.Client, func(o *ecs.DaemonTaskDefinitionDeletedWaiterOptions) { options(&o.MinDelay, &o.MaxDelay) }).Wait(
		t.Context(), describe, seenWithin); err != nil {
		t.Fatal(err)
	}
}
