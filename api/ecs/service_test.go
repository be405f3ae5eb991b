package ecs_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// serve makes a service of the definition web in the default cluster.
func (l *lab) serve(name string, desired int32, change ...func(*ecs.CreateServiceInput)) *types.Service {
	l.t.Helper()
	in := &ecs.CreateServiceInput{ServiceName: &name, TaskDefinition: aws.String("web"), DesiredCount: &desired}
	for _, c := range change {
		c(in)
	}
	return must[*ecs.CreateServiceOutput](l.t)(l.CreateService(l.t.Context(), in)).Service
}

func (l *lab) described(name string) types.Service {
	l.t.Helper()
	out := must[*ecs.DescribeServicesOutput](l.t)(l.DescribeServices(l.t.Context(), &ecs.DescribeServicesInput{Services: []string{name}}))
	if len(out.Services) != 1 {
		l.t.Fatalf("%+v", out.Failures)
	}
	return out.Services[0]
}

// settle plays control loop and agents until a service is steady.
func (l *lab) settle(name string) {
	l.t.Helper()
	for range 10 {
		l.schedule(name)
		l.agents()
		l.advance(5 * time.Second)
	}
}

func TestServiceLife(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 2048, 2048)
	first := l.register("web")
	s := l.serve("s", 2, func(in *ecs.CreateServiceInput) {
		in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
		in.DeploymentConfiguration = &types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true}}
		in.PlacementStrategy = []types.PlacementStrategy{{Type: types.PlacementStrategyTypeBinpack, Field: aws.String("memory")}}
	})
	if *s.ServiceArn != arn+"service/default/s" || *s.Status != "ACTIVE" || s.DesiredCount != 2 || s.RunningCount != 0 || *s.TaskDefinition != first ||
		s.LaunchType != "EC2" || s.CapacityProviderStrategy != nil || s.NetworkConfiguration != nil || s.SchedulingStrategy != "REPLICA" ||
		s.PropagateTags != "NONE" || s.DeploymentController != nil || s.HealthCheckGracePeriodSeconds != nil || len(s.Tags) != 1 ||
		*s.DeploymentConfiguration.MaximumPercent != 200 || *s.DeploymentConfiguration.MinimumHealthyPercent != 100 ||
		!s.DeploymentConfiguration.DeploymentCircuitBreaker.Rollback || *s.PlacementStrategy[0].Field != "memory" || s.PlatformVersion != nil {
		t.Fatalf("%+v", s)
	}
	d := s.Deployments[0]
	if len(s.Deployments) != 1 || !regexp.MustCompile(`^ecs-svc/[0-9]{19}$`).MatchString(*d.Id) || *d.Status != "PRIMARY" || d.DesiredCount != 2 ||
		d.RolloutState != "IN_PROGRESS" || *d.RolloutStateReason != "ECS deployment "+*d.Id+" in progress." || d.LaunchType != "EC2" {
		t.Fatalf("%+v", d)
	}
	l.schedule("s")
	// The first task tells the digest of its image before the second is started.
	if s := l.described("s"); s.PendingCount != 1 || s.RunningCount != 0 || s.Deployments[0].PendingCount != 1 || s.Tags != nil {
		t.Fatalf("%+v", s)
	}
	l.settle("s")
	steady := l.described("s")
	if steady.RunningCount != 2 || steady.PendingCount != 0 || steady.Deployments[0].RolloutState != "COMPLETED" || len(steady.Events) < 2 ||
		*steady.Events[0].Message != "(service s) has reached a steady state." || steady.Events[0].CreatedAt.Before(*steady.Events[len(steady.Events)-1].CreatedAt) {
		t.Fatalf("%+v %+v", steady, steady.Events)
	}
	scaled := must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), DesiredCount: aws.Int32(3)})).Service
	if scaled.DesiredCount != 3 || len(scaled.Deployments) != 1 || *scaled.Deployments[0].Id != *d.Id || scaled.Deployments[0].DesiredCount != 3 {
		t.Fatalf("scaling made a deployment: %+v", scaled.Deployments)
	}
	l.settle("s")

	second := l.register("web")
	rolling := must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: s.ServiceArn, TaskDefinition: aws.String("web")})).Service
	if len(rolling.Deployments) != 2 || *rolling.Deployments[0].TaskDefinition != second || *rolling.Deployments[1].Status != "ACTIVE" ||
		*rolling.Deployments[1].TaskDefinition != first || rolling.Deployments[1].RunningCount != 3 || rolling.Deployments[0].DesiredCount != 3 {
		t.Fatalf("%+v", rolling.Deployments)
	}
	l.settle("s")
	if s := l.described("s"); len(s.Deployments) != 1 || *s.TaskDefinition != second || s.RunningCount != 3 {
		t.Fatalf("%+v", s)
	}
	same := must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), TaskDefinition: &second})).Service
	if len(same.Deployments) != 1 {
		t.Fatal("the same definition made a deployment")
	}
	forced := must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), ForceNewDeployment: true})).Service
	if len(forced.Deployments) != 2 {
		t.Fatal("no new deployment was made")
	}
	l.settle("s")
	tasks := must[*ecs.ListTasksOutput](t)(l.ListTasks(t.Context(), &ecs.ListTasksInput{ServiceName: aws.String("s")})).TaskArns
	task := must[*ecs.DescribeTasksOutput](t)(l.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: tasks})).Tasks[0]
	if len(tasks) != 3 || *task.Group != "service:s" || *task.StartedBy != *forced.Deployments[0].Id {
		t.Fatalf("%v %+v", tasks, task)
	}

	_, err := l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: aws.String("s")})
	refused(t, err, "InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
	deleted := must[*ecs.DeleteServiceOutput](t)(l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: aws.String("s"), Force: aws.Bool(true)})).Service
	if *deleted.Status != "DRAINING" || deleted.DesiredCount != 0 {
		t.Fatalf("%+v", deleted)
	}
	_, err = l.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String("s"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1)})
	refused(t, err, "InvalidParameterException", "Unable to Start a service that is still Draining.")
	_, err = l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), DesiredCount: aws.Int32(1)})
	refused(t, err, "ServiceNotActiveException", "Service was not ACTIVE.")
	l.settle("s")
	if s := l.described("s"); *s.Status != "INACTIVE" || s.RunningCount != 0 {
		t.Fatalf("%+v", s)
	}
	if n := must[*ecs.ListServicesOutput](t)(l.ListServices(t.Context(), &ecs.ListServicesInput{})).ServiceArns; len(n) != 0 {
		t.Fatalf("an INACTIVE service is listed: %v", n)
	}
	_, err = l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: aws.String("s")})
	refused(t, err, "ServiceNotFoundException", "Service not found.")
	fresh := l.serve("s", 1)
	if len(fresh.Deployments) != 1 || len(fresh.Events) != 0 || len(fresh.Tags) != 0 {
		t.Fatalf("something is left of the old service: %+v", fresh)
	}
}

func TestServiceRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	old := l.register("web")
	l.register("web")
	must[*ecs.DeregisterTaskDefinitionOutput](t)(l.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &old}))
	l.serve("taken", 1)
	percent := func(low, high int32) *types.DeploymentConfiguration {
		return &types.DeploymentConfiguration{MinimumHealthyPercent: &low, MaximumPercent: &high}
	}
	for _, c := range []struct {
		code, message string
		change        func(in *ecs.CreateServiceInput)
	}{
		{"InvalidParameterException", "Creation of service was not idempotent.", func(in *ecs.CreateServiceInput) { in.ServiceName = aws.String("taken") }},
		{"InvalidParameterException", "Service names can have...", func(in *ecs.CreateServiceInput) { in.ServiceName = aws.String("a.b") }},
		{"ClusterNotFoundException", "Cluster not found.", func(in *ecs.CreateServiceInput) { in.Cluster = aws.String("none") }},
		{"ClientException", "TaskDefinition is inactive", func(in *ecs.CreateServiceInput) { in.TaskDefinition = &old }},
		{"ClientException", "TaskDefinition not found.", func(in *ecs.CreateServiceInput) { in.TaskDefinition = aws.String("none") }},
		{"InvalidParameterException", "DesiredCount can not be null.", func(in *ecs.CreateServiceInput) { in.DesiredCount = nil }},
		{"InvalidParameterException", "desiredCount must be between 0 and 5000.", func(in *ecs.CreateServiceInput) { in.DesiredCount = aws.Int32(-1) }},
		{"InvalidParameterException", "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again.", func(in *ecs.CreateServiceInput) { in.SchedulingStrategy = "DAEMON" }},
		{"InvalidParameterException", "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.", func(in *ecs.CreateServiceInput) { in.DeploymentConfiguration = percent(100, 100) }},
		{"InvalidParameterException", "minimumHealthyPercent must not...", func(in *ecs.CreateServiceInput) { in.DeploymentConfiguration = percent(150, 120) }},
		{"UnsupportedFeatureException", "loadBalancers is not supported by Roadstead yet.", func(in *ecs.CreateServiceInput) { in.LoadBalancers = []types.LoadBalancer{{}} }},
		{"UnsupportedFeatureException", "deploymentController CODE_DEPLOY is not supported by Roadstead yet.", func(in *ecs.CreateServiceInput) {
			in.DeploymentController = &types.DeploymentController{Type: "CODE_DEPLOY"}
		}},
		{"InvalidParameterException", "Network Configuration is not valid for the given networkMode of this task definition.", func(in *ecs.CreateServiceInput) {
			in.NetworkConfiguration = &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"s"}}}
		}},
		{"InvalidParameterException", "Invalid placement strategy...", func(in *ecs.CreateServiceInput) {
			in.PlacementStrategy = []types.PlacementStrategy{{Type: "binpack", Field: aws.String("host")}}
		}},
	} {
		in := &ecs.CreateServiceInput{ServiceName: aws.String("s"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1)}
		c.change(in)
		_, err := l.CreateService(t.Context(), in)
		refused(t, err, c.code, c.message)
	}
	_, err := l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("none"), DesiredCount: aws.Int32(1)})
	refused(t, err, "ServiceNotFoundException", "Service not found.")
	_, err = l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("taken"), TaskDefinition: &old})
	refused(t, err, "ClientException", "TaskDefinition is inactive")
	_, err = l.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: make([]string, 11)})
	refused(t, err, "InvalidParameterException", "Services can have at most 10 items.")
	_, err = l.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{"a"}, Cluster: aws.String("none")})
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
	out := must[*ecs.DescribeServicesOutput](t)(l.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{"none", arn + "service/other/taken"}}))
	if len(out.Failures) != 2 || *out.Failures[0].Arn != arn+"service/default/none" || *out.Failures[1].Arn != arn+"service/other/taken" {
		t.Fatalf("%+v", out.Failures)
	}
	if n := store.Len[*model.Service](l.db.View()); n != 1 {
		t.Fatalf("%d services", n)
	}
}

func TestCreateServiceIsIdempotentByToken(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	create := func(desired int32, token string) (*ecs.CreateServiceOutput, error) {
		return l.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String("s"), TaskDefinition: aws.String("web"),
			DesiredCount: &desired, ClientToken: &token})
	}
	first := must[*ecs.CreateServiceOutput](t)(create(1, "t")).Service
	again := must[*ecs.CreateServiceOutput](t)(create(1, "t")).Service
	if *first.Deployments[0].Id != *again.Deployments[0].Id {
		t.Fatal("the second call made another deployment")
	}
	for _, c := range []struct {
		desired int32
		token   string
	}{{2, "t"}, {1, "other"}} {
		_, err := create(c.desired, c.token)
		refused(t, err, "InvalidParameterException", "Creation of service was not idempotent.")
	}
}

func TestDaemonService(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 1024, 1024)
	l.instance("default", 1024, 1024, types.Attribute{Name: aws.String("rack"), Value: aws.String("1")})
	l.register("web")
	create := &ecs.CreateServiceInput{ServiceName: aws.String("d"), TaskDefinition: aws.String("web"), SchedulingStrategy: "DAEMON"}
	s := must[*ecs.CreateServiceOutput](t)(l.CreateService(t.Context(), create)).Service
	if s.DesiredCount != 2 || *s.DeploymentConfiguration.MinimumHealthyPercent != 0 || *s.DeploymentConfiguration.MaximumPercent != 100 {
		t.Fatalf("%+v", s)
	}
	l.settle("d")
	if s := l.described("d"); s.RunningCount != 2 || s.DesiredCount != 2 {
		t.Fatalf("%+v", s)
	}
	must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("d"),
		PlacementConstraints: []types.PlacementConstraint{{Type: "memberOf", Expression: aws.String("attribute:rack == 1")}}}))
	l.settle("d")
	if s := l.described("d"); s.RunningCount != 1 || s.DesiredCount != 1 {
		t.Fatalf("%+v", s)
	}
}

func TestListsOfServices(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	var want []string
	for i := range 12 {
		name := fmt.Sprintf("s%02d", i)
		want = append(want, arn+"service/default/"+name)
		l.serve(name, 0, func(in *ecs.CreateServiceInput) {
			if i == 5 {
				in.LaunchType = types.LaunchTypeExternal
			}
		})
	}
	first := must[*ecs.ListServicesOutput](t)(l.ListServices(t.Context(), &ecs.ListServicesInput{}))
	if len(first.ServiceArns) != 10 || first.NextToken == nil {
		t.Fatalf("the first page has %d", len(first.ServiceArns))
	}
	rest := must[*ecs.ListServicesOutput](t)(l.ListServices(t.Context(), &ecs.ListServicesInput{NextToken: first.NextToken}))
	if got := slices.Concat(first.ServiceArns, rest.ServiceArns); !slices.Equal(got, want) || rest.NextToken != nil {
		t.Fatalf("%v", got)
	}
	external := must[*ecs.ListServicesOutput](t)(l.ListServices(t.Context(), &ecs.ListServicesInput{LaunchType: "EXTERNAL"}))
	daemons := must[*ecs.ListServicesOutput](t)(l.ListServices(t.Context(), &ecs.ListServicesInput{SchedulingStrategy: "DAEMON"}))
	if !slices.Equal(external.ServiceArns, want[5:6]) || len(daemons.ServiceArns) != 0 {
		t.Fatalf("%v %v", external.ServiceArns, daemons.ServiceArns)
	}
}

// TestParallelUpdates has many callers change one service at once: each change
// is made, and each forced one has its deployment.
func TestParallelUpdates(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	l.serve("s", 0)
	var wg sync.WaitGroup
	errs := make([]error, 24)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = l.UpdateService(context.Background(), &ecs.UpdateServiceInput{Service: aws.String("s"),
				DesiredCount: aws.Int32(int32(i)), ForceNewDeployment: i%2 == 0})
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("update %d: %v", i, err)
		}
	}
	if n := store.Len[*model.Deployment](l.db.View()); n != 13 {
		t.Errorf("%d deployments", n)
	}
	s, _ := store.Get[*model.Service](l.db.View(), model.ServiceID(account, "default", "s"))
	if _, ok := store.Get[*model.Deployment](l.db.View(), s.Key().ID+"/"+s.Primary); !ok {
		t.Error("the primary deployment does not exist")
	}
}

// TestWaiters runs the SDK's own waiters against a control loop and agents
// that work beside them.
func TestWaiters(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.instance("default", 2048, 2048)
	l.register("web")
	l.serve("s", 2)
	task := l.run("web")
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			l.scheduleOnce(model.ServiceID(account, "default", "s"))
			l.agents()
			l.advance(time.Second)
		}
	})
	defer wg.Wait()
	defer cancel()
	quick := func(o *ecs.ServicesStableWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond
	}
	of := &ecs.DescribeServicesInput{Services: []string{"s"}}
	if err := ecs.NewServicesStableWaiter(l, quick).Wait(t.Context(), of, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	running := ecs.NewTasksRunningWaiter(l, func(o *ecs.TasksRunningWaiterOptions) { o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond })
	if err := running.Wait(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{task}}, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	must[*ecs.StopTaskOutput](t)(l.StopTask(t.Context(), &ecs.StopTaskInput{Task: &task, Reason: aws.String("enough")}))
	stopped := ecs.NewTasksStoppedWaiter(l, func(o *ecs.TasksStoppedWaiterOptions) { o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond })
	if err := stopped.Wait(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{task}}, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := l.task(task).StoppedReason; got != "enough" {
		t.Errorf("stopped because %q", got)
	}
	must[*ecs.DeleteServiceOutput](t)(l.DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: aws.String("s"), Force: aws.Bool(true)}))
	inactive := ecs.NewServicesInactiveWaiter(l, func(o *ecs.ServicesInactiveWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond
	})
	if err := inactive.Wait(t.Context(), of, 20*time.Second); err != nil {
		t.Fatal(err)
	}
}
