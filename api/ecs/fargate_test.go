package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// onFargate registers a definition that Fargate can run.
func (l *lab) onFargate(family string) string {
	return l.register(family, func(in *ecs.RegisterTaskDefinitionInput) {
		in.NetworkMode, in.Cpu, in.Memory = types.NetworkModeAwsvpc, aws.String("256"), aws.String("512")
		in.RequiresCompatibilities = []types.Compatibility{types.CompatibilityFargate}
	})
}

// unseen registers an instance of the zone that takes tasks of Fargate alone, for
// as many tasks of onFargate.
func (l *lab) unseen(zone string, tasks int32) string {
	return l.instance(model.FargateCluster, 256*tasks, 512*tasks,
		types.Attribute{Name: aws.String("ecs.availability-zone"), Value: aws.String(region + zone)},
		types.Attribute{Name: aws.String(model.CapabilityInterface)}, types.Attribute{Name: aws.String(model.CapabilityStorage)})
}

// fargate runs tasks of onFargate("f") in the zones' subnets.
func (l *lab) fargate(count int32, change func(*ecs.RunTaskInput), zones ...string) *ecs.RunTaskOutput {
	l.t.Helper()
	out, err := l.tryFargate(count, change, zones...)
	if err != nil {
		l.t.Fatal(err)
	}
	return out
}

func (l *lab) tryFargate(count int32, change func(*ecs.RunTaskInput), zones ...string) (*ecs.RunTaskOutput, error) {
	var subnets []string
	for _, z := range zones {
		subnets = append(subnets, l.subnets()[z])
	}
	input := &ecs.RunTaskInput{TaskDefinition: aws.String("f"), Count: &count, LaunchType: types.LaunchTypeFargate, NetworkConfiguration: in(subnets...)}
	if change != nil {
		change(input)
	}
	return l.RunTask(l.t.Context(), input)
}

func strategy(providers ...types.CapacityProviderStrategyItem) func(*ecs.RunTaskInput) {
	return func(in *ecs.RunTaskInput) { in.LaunchType, in.CapacityProviderStrategy = "", providers }
}

// TestFargate: tasks run on instances that no cluster shows, spread over the
// zones of their subnets, and say what tasks of Fargate say.
func TestFargate(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.onFargate("f")
	for _, zone := range []string{"a", "b", "c"} {
		l.unseen(zone, 4)
	}
	out := l.fargate(4, nil, "a", "b")
	zones := map[string]int{}
	for _, task := range out.Tasks {
		zones[*task.AvailabilityZone]++
		if task.ContainerInstanceArn != nil || task.LaunchType != types.LaunchTypeFargate || aws.ToString(task.PlatformVersion) != "1.4.0" ||
			aws.ToString(task.PlatformFamily) != "Linux" || task.EphemeralStorage.SizeInGiB != 20 || *task.Cpu != "256" || *task.Memory != "512" ||
			task.CapacityProviderName != nil || *task.ClusterArn != arn+"cluster/default" {
			t.Errorf("%+v", task)
		}
	}
	if len(out.Tasks) != 4 || zones[region+"a"] != 2 || zones[region+"b"] != 2 {
		t.Fatalf("%v, %+v", zones, out.Failures)
	}
	task := *out.Tasks[0].TaskArn
	home := l.task(task).Spec.Instance
	// The instance's agent reports by its own cluster; no other instance's does.
	_, err := l.SubmitTaskStateChange(t.Context(), &ecs.SubmitTaskStateChangeInput{Cluster: aws.String(model.FargateCluster), Task: &task, Status: aws.String("RUNNING")})
	if err != nil {
		t.Fatal(err)
	}
	c := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{Include: []types.ClusterField{types.ClusterFieldStatistics}})).Clusters[0]
	counts := map[string]string{}
	for _, s := range c.Statistics {
		counts[*s.Name] = *s.Value
	}
	if c.RegisteredContainerInstancesCount != 0 || c.RunningTasksCount != 1 || c.PendingTasksCount != 3 || counts["runningFargateTasksCount"] != "1" || counts["pendingFargateTasksCount"] != "3" {
		t.Errorf("%+v", c)
	}
	if list := must[*ecs.ListContainerInstancesOutput](t)(l.ListContainerInstances(t.Context(), &ecs.ListContainerInstancesInput{})); len(list.ContainerInstanceArns) != 0 {
		t.Errorf("instances %v", list.ContainerInstanceArns)
	}
	if list := must[*ecs.ListTasksOutput](t)(l.ListTasks(t.Context(), &ecs.ListTasksInput{LaunchType: types.LaunchTypeFargate})); len(list.TaskArns) != 4 {
		t.Errorf("tasks %v", list.TaskArns)
	}
	// Whoever runs the pool sees it under its own name, and can drain it.
	mine := must[*ecs.ListContainerInstancesOutput](t)(l.ListContainerInstances(t.Context(), &ecs.ListContainerInstancesInput{Cluster: aws.String(model.FargateCluster)}))
	if len(mine.ContainerInstanceArns) != 3 || home == "" {
		t.Errorf("%v", mine.ContainerInstanceArns)
	}
	_, err = l.RunTask(t.Context(), &ecs.RunTaskInput{Cluster: aws.String(model.FargateCluster), TaskDefinition: aws.String("f")})
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
	_, err = l.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String(model.FargateCluster)})
	refused(t, err, "InvalidParameterException", "...")

	// Zones that are full are full, although there is room elsewhere; a zone
	// without any instance is stood in for.
	if out = l.fargate(6, nil, "a", "b"); len(out.Tasks) != 4 || len(out.Failures) != 1 || *out.Failures[0].Reason !=
		"Capacity is unavailable at this time. Please try again later or in a different availability zone" {
		t.Errorf("%d tasks, %+v", len(out.Tasks), out.Failures)
	}
	// Tasks of EC2 find no instance there.
	l.register("ec2")
	_, err = l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("ec2")})
	refused(t, err, "InvalidParameterException", "No Container Instances were found in your cluster.")
}

// TestSharedInstance: an instance of a cluster that takes tasks of Fargate, too,
// lends its room once, and shows those that are its own.
func TestSharedInstance(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.cluster("other")
	l.onFargate("f")
	l.register("ec2", func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Memory = aws.Int32(512) })
	instance := l.instance("default", 4096, 1024, types.Attribute{Name: aws.String(model.CapabilityInterface)},
		types.Attribute{Name: aws.String(model.AttributeFargate), Value: aws.String("shared")})
	l.run("ec2")
	out := l.fargate(2, func(in *ecs.RunTaskInput) { in.Cluster = aws.String("other") }, "c")
	if len(out.Tasks) != 1 || len(out.Failures) != 1 || aws.ToString(out.Tasks[0].AvailabilityZone) != region+"c" {
		t.Fatalf("%+v", out)
	}
	if full := must[*ecs.RunTaskOutput](t)(l.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("ec2")})); len(full.Tasks) != 0 {
		t.Error("the room was lent twice")
	}
	shown := must[*ecs.DescribeContainerInstancesOutput](t)(l.DescribeContainerInstances(t.Context(), &ecs.DescribeContainerInstancesInput{ContainerInstances: []string{instance}})).ContainerInstances[0]
	if shown.PendingTasksCount != 1 || shown.RemainingResources[1].IntegerValue != 0 {
		t.Errorf("%+v", shown)
	}
	if list := must[*ecs.ListTasksOutput](t)(l.ListTasks(t.Context(), &ecs.ListTasksInput{ContainerInstance: &instance})); len(list.TaskArns) != 1 {
		t.Errorf("%v", list.TaskArns)
	}
	_, err := l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("other")})
	refused(t, err, "ClusterContainsTasksException", "...")
}

// TestFargateRefusals are what Fargate does not do.
func TestFargateRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.onFargate("f")
	l.register("bridge")
	l.unseen("a", 4)
	for _, c := range []struct {
		code, message string
		change        func(*ecs.RunTaskInput)
	}{
		{"InvalidParameterException", "Placement constraints are not supported with FARGATE launch type.", func(in *ecs.RunTaskInput) {
			in.PlacementConstraints = []types.PlacementConstraint{{Type: types.PlacementConstraintTypeDistinctInstance}}
		}},
		{"InvalidParameterException", "Placement strategies are not supported with FARGATE launch type.", func(in *ecs.RunTaskInput) {
			in.PlacementStrategy = []types.PlacementStrategy{{Type: types.PlacementStrategyTypeRandom}}
		}},
		{"InvalidParameterException", "Task definition does not support launch_type FARGATE.", func(in *ecs.RunTaskInput) {
			in.TaskDefinition, in.NetworkConfiguration = aws.String("bridge"), nil
		}},
		{"InvalidParameterException", "Network Configuration must be provided when networkMode 'awsvpc' is specified.", func(in *ecs.RunTaskInput) { in.NetworkConfiguration = nil }},
		{"PlatformUnknownException", "The specified platform version does not exist.", func(in *ecs.RunTaskInput) { in.PlatformVersion = aws.String("1.3.0") }},
		{"ClientException", "No Fargate configuration exists for given values: 256 CPU, 4096 memory...", func(in *ecs.RunTaskInput) {
			in.Overrides = &types.TaskOverride{Memory: aws.String("4096")}
		}},
		{"InvalidParameterException", "EphemeralStorage size should be at most 200", func(in *ecs.RunTaskInput) {
			in.Overrides = &types.TaskOverride{EphemeralStorage: &types.EphemeralStorage{SizeInGiB: 300}}
		}},
		{"InvalidParameterException", "The platform version must be null when specifying an EC2 launch type.", func(in *ecs.RunTaskInput) {
			in.LaunchType, in.PlatformVersion = types.LaunchTypeEc2, aws.String("LATEST")
		}},
	} {
		_, err := l.tryFargate(1, c.change, "a")
		refused(t, err, c.code, c.message)
	}
	_, err := l.StartTask(t.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("f"), ContainerInstances: []string{l.unseen("b", 1)}, NetworkConfiguration: in(l.subnets()["a"])})
	refused(t, err, "InvalidParameterException", "Task definition does not support launch_type EC2.")
	service := func(change func(*ecs.CreateServiceInput)) error {
		in := &ecs.CreateServiceInput{ServiceName: aws.String("s"), TaskDefinition: aws.String("f"), DesiredCount: aws.Int32(1), LaunchType: types.LaunchTypeFargate,
			NetworkConfiguration: in(l.subnets()["a"])}
		change(in)
		_, err := l.CreateService(t.Context(), in)
		return err
	}
	refused(t, service(func(in *ecs.CreateServiceInput) { in.SchedulingStrategy, in.DesiredCount = "DAEMON", nil }), "InvalidParameterException", "The daemon scheduling strategy is not supported...")
	refused(t, service(func(in *ecs.CreateServiceInput) {
		in.PlacementConstraints = []types.PlacementConstraint{{Type: types.PlacementConstraintTypeDistinctInstance}}
	}), "InvalidParameterException", "Placement constraints are not supported with FARGATE launch type.")
	refused(t, service(func(in *ecs.CreateServiceInput) { in.PlatformVersion = aws.String("2.0.0") }), "PlatformUnknownException", "The specified platform version does not exist.")
	out := l.fargate(1, func(in *ecs.RunTaskInput) {
		in.Overrides = &types.TaskOverride{Cpu: aws.String("512"), Memory: aws.String("1024"), EphemeralStorage: &types.EphemeralStorage{SizeInGiB: 30}}
	}, "a")
	if len(out.Tasks) != 1 || *out.Tasks[0].Cpu != "512" || out.Tasks[0].EphemeralStorage.SizeInGiB != 30 || out.Tasks[0].Overrides.EphemeralStorage == nil {
		t.Errorf("%+v", out)
	}
}

// TestFargateProviders: FARGATE and FARGATE_SPOT share tasks by base and
// weight, as the cluster's default, too.
func TestFargateProviders(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.onFargate("f")
	l.unseen("a", 20)
	_, err := l.tryFargate(1, strategy(item("FARGATE", 0, 1)), "a")
	refused(t, err, "InvalidParameterException", "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster...")
	if _, err := l.provide([]string{"FARGATE", "FARGATE_SPOT"}, item("FARGATE", 1, 1), item("FARGATE_SPOT", 0, 3)); err != nil {
		t.Fatal(err)
	}
	shares := map[string]int{}
	for _, task := range l.fargate(9, strategy(), "a").Tasks {
		shares[*task.CapacityProviderName]++
		if task.LaunchType != types.LaunchTypeFargate || *task.PlatformVersion != "1.4.0" {
			t.Errorf("%+v", task)
		}
	}
	if shares["FARGATE"] != 3 || shares["FARGATE_SPOT"] != 6 {
		t.Errorf("%v", shares)
	}
	s := must[*ecs.CreateServiceOutput](t)(l.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String("s"), TaskDefinition: aws.String("f"),
		DesiredCount: aws.Int32(1), NetworkConfiguration: in(l.subnets()["a"])})).Service
	if len(s.CapacityProviderStrategy) != 2 || s.LaunchType != "" || *s.PlatformVersion != "LATEST" || *s.PlatformFamily != "Linux" || *s.Deployments[0].PlatformVersion != "1.4.0" {
		t.Errorf("%+v", s)
	}
	s = must[*ecs.UpdateServiceOutput](t)(l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), ForceNewDeployment: true, CapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})).Service
	if s.LaunchType != types.LaunchTypeFargate || *s.PlatformVersion != "LATEST" || len(s.Deployments) != 2 && len(s.Deployments) != 1 {
		t.Errorf("%+v", s)
	}
}

// TestFargateProvidersShareTheirRoom: what a call places by FARGATE leaves less room
// for its tasks of FARGATE_SPOT.
func TestFargateProvidersShareTheirRoom(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.onFargate("f")
	l.unseen("a", 3)
	if _, err := l.provide([]string{"FARGATE", "FARGATE_SPOT"}); err != nil {
		t.Fatal(err)
	}
	out := l.fargate(4, strategy(item("FARGATE", 0, 1), item("FARGATE_SPOT", 0, 1)), "a")
	if len(out.Tasks) != 3 || len(out.Failures) != 1 {
		t.Fatalf("%d tasks have the room of 3, and %+v", len(out.Tasks), out.Failures)
	}
}

// TestSpotGivesWay: an on-demand task that finds no room waits for that of a
// task of FARGATE_SPOT, which is interrupted; meanwhile no other of those gets
// room, and in the end the waiting one has it.
func TestSpotGivesWay(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.onFargate("f")
	l.unseen("a", 2)
	if _, err := l.provide([]string{"FARGATE", "FARGATE_SPOT"}); err != nil {
		t.Fatal(err)
	}
	spot := l.fargate(2, strategy(item("FARGATE_SPOT", 0, 1)), "a")
	if len(spot.Tasks) != 2 {
		t.Fatalf("%+v", spot.Failures)
	}
	out := l.fargate(1, nil, "a")
	if len(out.Tasks) != 1 || *out.Tasks[0].LastStatus != "PROVISIONING" {
		t.Fatalf("%+v", out)
	}
	plan := func(p control.Planner, key string) int {
		n := 0
		for range 3 {
			c := p.Plan(l.db.View(), key, l.clock())
			if c.Change.Empty() {
				break
			}
			n += len(c.Change.Writes)
			if _, err := l.db.Commit(t.Context(), c.Change); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	reclaimer := control.NewReclaimer()
	if n := plan(reclaimer, account); n != 1 {
		t.Fatalf("%d tasks were interrupted", n)
	}
	var gone string
	for _, task := range spot.Tasks {
		if now := l.task(*task.TaskArn); now.Desired == model.TaskStopped {
			gone = *task.TaskArn
			if now.StopCode != "SpotInterruption" || now.StoppedReason != "Your Spot Task was interrupted." {
				t.Errorf("%s: %s", now.StopCode, now.StoppedReason)
			}
		}
	}
	if more := l.fargate(1, strategy(item("FARGATE_SPOT", 0, 1)), "a"); len(more.Tasks) != 0 || len(more.Failures) != 1 {
		t.Errorf("%+v", more)
	}
	provisioner := control.NewProvisioner(control.ProvisionOptions{})
	if n := plan(provisioner, account+"/default"); n != 0 {
		t.Errorf("%d tasks had room", n)
	}
	l.report(gone, "STOPPED", func(in *ecs.SubmitTaskStateChangeInput) { in.Cluster = aws.String(model.FargateCluster) })
	provisioner.All(l.db.View(), time.Time{}, func(string) {})
	if n := plan(provisioner, account+"/default"); n != 1 {
		t.Errorf("%d tasks had room", n)
	}
	if now := l.task(*out.Tasks[0].TaskArn); now.Spec.Instance == "" || now.Spec.Interface == nil || now.Status.Last != model.TaskPending {
		t.Errorf("%+v", now)
	}
	if n := plan(reclaimer, account); n != 0 || store.FargateWanted(l.db.View(), account) {
		t.Errorf("%d more tasks were interrupted", n)
	}
}
