package conformance

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func (w *tour) service(t *testing.T, name string) types.Service {
	t.Helper()
	return call(t, w.DescribeServices, ecs.DescribeServicesInput{Cluster: new(fleet), Services: []string{name}}).Services[0]
}

// stable waits for a service, gone until a deleted one is INACTIVE.
func (w *tour) stable(t *testing.T, name string) {
	t.Helper()
	if err := ecs.NewServicesStableWaiter(w.Client, func(o *ecs.ServicesStableWaiterOptions) { o.MinDelay, o.MaxDelay = looksLeast, looksMost }).Wait(
		t.Context(), &ecs.DescribeServicesInput{Cluster: new(fleet), Services: []string{name}}, seenWithin); err != nil {
		t.Fatal(err)
	}
}

func (w *tour) gone(t *testing.T, name string) {
	t.Helper()
	call(t, w.DeleteService, ecs.DeleteServiceInput{Cluster: new(fleet), Service: &name, Force: new(true)})
	if err := ecs.NewServicesInactiveWaiter(w.Client, func(o *ecs.ServicesInactiveWaiterOptions) { o.MinDelay, o.MaxDelay = looksLeast, looksMost }).Wait(
		t.Context(), &ecs.DescribeServicesInput{Cluster: new(fleet), Services: []string{name}}, seenWithin); err != nil {
		t.Fatal(err)
	}
}

func (w *tour) deployment(t *testing.T, arn *string) types.ServiceDeployment {
	t.Helper()
	return call(t, w.DescribeServiceDeployments, ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*arn}}).ServiceDeployments[0]
}

func (w *tour) tasksOf(t *testing.T, service string) []string {
	t.Helper()
	return call(t, w.ListTasks, ecs.ListTasksInput{Cluster: new(fleet), ServiceName: &service}).TaskArns
}

// services rolls one out, scales it past a protected task, stops a rollout
// that cannot succeed, and deletes it.
func (w *tour) services(t *testing.T) {
	web := "web"
	made := call(t, w.CreateService, ecs.CreateServiceInput{Cluster: new(fleet), ServiceName: &web, TaskDefinition: new("go"), DesiredCount: new(int32(1)),
		CapacityProviderStrategy: strategy()}).Service
	w.stable(t, web)
	if listed := call(t, w.ListServices, ecs.ListServicesInput{Cluster: new(fleet)}).ServiceArns; !slices.Equal(listed, []string{*made.ServiceArn}) {
		t.Errorf("listed: %v", listed)
	}
	call(t, w.UpdateService, ecs.UpdateServiceInput{Cluster: new(fleet), Service: &web, DesiredCount: new(int32(2))})
	w.stable(t, web)
	if s := w.service(t, web); s.RunningCount != 2 || *s.CapacityProviderStrategy[0].CapacityProvider != managed {
		t.Errorf("%+v", s)
	}
	first := made.CurrentServiceDeployment
	listed := call(t, w.ListServiceDeployments, ecs.ListServiceDeploymentsInput{Cluster: new(fleet), Service: &web}).ServiceDeployments
	if len(listed) != 1 || *listed[0].ServiceDeploymentArn != *first {
		t.Errorf("listed: %+v", listed)
	}
	until(t, "the deployment to succeed", func() bool { return w.deployment(t, first).Status == types.ServiceDeploymentStatusSuccessful })
	revision := w.deployment(t, first).TargetServiceRevision.Arn
	if r := call(t, w.DescribeServiceRevisions, ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*revision}}).ServiceRevisions[0]; *r.TaskDefinition != *made.TaskDefinition {
		t.Errorf("%+v", r)
	}
	refused[*types.InvalidParameterException](t, w.ContinueServiceDeployment, ecs.ContinueServiceDeploymentInput{ServiceDeploymentArn: first, HookId: new("none")})
	refused[*types.NamespaceNotFoundException](t, w.ListServicesByNamespace, ecs.ListServicesByNamespaceInput{Namespace: new("none")})

	tasks := w.tasksOf(t, web)
	protected := func(want bool) {
		t.Helper()
		call(t, w.UpdateTaskProtection, ecs.UpdateTaskProtectionInput{Cluster: new(fleet), Tasks: tasks[:1], ProtectionEnabled: want})
		if p := call(t, w.GetTaskProtection, ecs.GetTaskProtectionInput{Cluster: new(fleet), Tasks: tasks[:1]}).ProtectedTasks; len(p) != 1 || p[0].ProtectionEnabled != want {
			t.Errorf("%+v", p)
		}
	}
	protected(true)
	call(t, w.UpdateService, ecs.UpdateServiceInput{Cluster: new(fleet), Service: &web, DesiredCount: new(int32(1))})
	until(t, "the other task to go", func() bool { return slices.Equal(w.tasksOf(t, web), tasks[:1]) })
	protected(false)

	call(t, w.RegisterTaskDefinition, ecs.RegisterTaskDefinitionInput{Family: new("go-bad"), ContainerDefinitions: []types.ContainerDefinition{{
		Name: new("main"), Image: new(w.image + "-none"), Memory: new(int32(16))}}})
	bad := call(t, w.UpdateService, ecs.UpdateServiceInput{Cluster: new(fleet), Service: &web, TaskDefinition: new("go-bad")}).Service.CurrentServiceDeployment
	call(t, w.StopServiceDeployment, ecs.StopServiceDeploymentInput{ServiceDeploymentArn: bad, StopType: types.StopServiceDeploymentStopTypeRollback})
	until(t, "the rollback", func() bool { return w.deployment(t, bad).Status == types.ServiceDeploymentStatusRollbackSuccessful })
	if s := w.service(t, web); *s.TaskDefinition != *made.TaskDefinition {
		t.Errorf("%+v", s)
	}
	refused[*types.ConflictException](t, w.StopServiceDeployment, ecs.StopServiceDeploymentInput{ServiceDeploymentArn: bad, StopType: types.StopServiceDeploymentStopTypeRollback})
	refused[*types.ClusterContainsServicesException](t, w.DeleteCluster, ecs.DeleteClusterInput{Cluster: new(other(t, w))})
	w.gone(t, web)
	refused[*types.ServiceNotActiveException](t, w.UpdateService, ecs.UpdateServiceInput{Cluster: new(fleet), Service: &web, DesiredCount: new(int32(1))})
}

// other makes a cluster with a service and without instances or providers.
func other(t *testing.T, w *tour) string {
	t.Helper()
	name := "go-other"
	call(t, w.CreateCluster, ecs.CreateClusterInput{ClusterName: &name})
	call(t, w.CreateService, ecs.CreateServiceInput{Cluster: &name, ServiceName: new("idle"), TaskDefinition: new("go"), DesiredCount: new(int32(0))})
	return name
}

// sets grows, promotes and deletes a task set of a service that somebody else
// deploys.
func (w *tour) sets(t *testing.T) {
	service := new("outside")
	call(t, w.CreateService, ecs.CreateServiceInput{Cluster: new(fleet), ServiceName: service, DesiredCount: new(int32(2)),
		DeploymentController: &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}})
	id := call(t, w.CreateTaskSet, ecs.CreateTaskSetInput{Cluster: new(fleet), Service: service, TaskDefinition: new("go"), CapacityProviderStrategy: strategy(),
		Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: 50}}).TaskSet.Id
	describe := ecs.DescribeTaskSetsInput{Cluster: new(fleet), Service: service}
	grown := func(count int32) {
		t.Helper()
		until(t, "the task set to be steady", func() bool {
			s := call(t, w.DescribeTaskSets, describe).TaskSets[0]
			return s.StabilityStatus == types.StabilityStatusSteadyState && s.RunningCount == count
		})
	}
	grown(1)
	call(t, w.UpdateTaskSet, ecs.UpdateTaskSetInput{Cluster: new(fleet), Service: service, TaskSet: id, Scale: &types.Scale{Unit: types.ScaleUnitPercent, Value: 100}})
	grown(2)
	call(t, w.UpdateServicePrimaryTaskSet, ecs.UpdateServicePrimaryTaskSetInput{Cluster: new(fleet), Service: service, PrimaryTaskSet: id})
	if s := call(t, w.DescribeTaskSets, describe).TaskSets[0]; *s.Status != "PRIMARY" {
		t.Errorf("%+v", s)
	}
	remove := ecs.DeleteTaskSetInput{Cluster: new(fleet), Service: service, TaskSet: id, Force: new(true)}
	call(t, w.DeleteTaskSet, remove)
	until(t, "the task set to go", func() bool { return len(call(t, w.DescribeTaskSets, describe).TaskSets) == 0 })
	refused[*types.TaskSetNotFoundException](t, w.DeleteTaskSet, remove)
	w.gone(t, *service)
}
