package ecs_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// changed changes the service s and returns it.
func (l *lab) changed(in *ecs.UpdateServiceInput) *types.Service {
	l.t.Helper()
	in.Service = aws.String("s")
	return must[*ecs.UpdateServiceOutput](l.t)(l.UpdateService(l.t.Context(), in)).Service
}

func TestDeploymentConfigurationIsKept(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	c := l.serve("s", 0).DeploymentConfiguration
	if c.Strategy != "ROLLING" || *c.BakeTimeInMinutes != 0 || c.Alarms != nil || c.DeploymentCircuitBreaker.ThresholdConfiguration != nil ||
		c.DeploymentCircuitBreaker.ResetOnHealthyTask != nil {
		t.Fatalf("%+v", c)
	}
	set := l.changed(&ecs.UpdateServiceInput{DeploymentConfiguration: &types.DeploymentConfiguration{
		Strategy: "ROLLING", BakeTimeInMinutes: aws.Int32(5), MinimumHealthyPercent: aws.Int32(50),
		Alarms: &types.DeploymentAlarms{AlarmNames: []string{"b", "a"}, Enable: true},
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true, ResetOnHealthyTask: aws.Bool(false),
			ThresholdConfiguration: &types.ThresholdConfiguration{Type: "UNBOUNDED_PERCENT", Value: 30}}}})
	if len(set.Deployments) != 1 {
		t.Fatal("the configuration made a deployment")
	}
	for range 2 { // what a change does not name stays
		c = l.described("s").DeploymentConfiguration
		b := c.DeploymentCircuitBreaker
		if *c.BakeTimeInMinutes != 5 || *c.MinimumHealthyPercent != 50 || *c.MaximumPercent < 200 || !slices.Equal(c.Alarms.AlarmNames, []string{"b", "a"}) ||
			!c.Alarms.Enable || c.Alarms.Rollback || !b.Enable || !b.Rollback || *b.ResetOnHealthyTask || b.ThresholdConfiguration.Type != "UNBOUNDED_PERCENT" || b.ThresholdConfiguration.Value != 30 {
			t.Fatalf("%+v %+v %+v", c, b, c.Alarms)
		}
		l.changed(&ecs.UpdateServiceInput{DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: aws.Int32(300)}})
	}
	l.changed(&ecs.UpdateServiceInput{DeploymentConfiguration: &types.DeploymentConfiguration{
		Alarms: &types.DeploymentAlarms{AlarmNames: []string{}}, DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{}}})
	if c := l.described("s").DeploymentConfiguration; c.Alarms != nil || c.DeploymentCircuitBreaker.Enable || c.DeploymentCircuitBreaker.ThresholdConfiguration != nil ||
		c.DeploymentCircuitBreaker.ResetOnHealthyTask != nil || *c.BakeTimeInMinutes != 5 {
		t.Fatalf("%+v", c)
	}
}

func TestDeploymentConfigurationRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	l.serve("s", 0)
	threshold := func(kind types.ThresholdType, value int32) types.DeploymentConfiguration {
		return types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true,
			ThresholdConfiguration: &types.ThresholdConfiguration{Type: kind, Value: value}}}
	}
	alarms := func(enable bool, names ...string) types.DeploymentConfiguration {
		return types.DeploymentConfiguration{Alarms: &types.DeploymentAlarms{Enable: enable, AlarmNames: append([]string{}, names...)}}
	}
	many := make([]string, 11)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, c := range []struct {
		code, message string
		with          types.DeploymentConfiguration
	}{
		{"InvalidParameterException", "bakeTimeInMinutes must be between 0 and 1440.", types.DeploymentConfiguration{BakeTimeInMinutes: aws.Int32(1441)}},
		{"InvalidParameterException", "Invalid threshold type: SOME", threshold("SOME", 1)},
		{"InvalidParameterException", "The value of thresholdConfiguration must be at least 1.", threshold("COUNT", 0)},
		{"InvalidParameterException", "The value of thresholdConfiguration must be between 1 and 100 for the type BOUNDED_PERCENT.", threshold("BOUNDED_PERCENT", 101)},
		{"InvalidParameterException", "alarmNames cannot be empty when deployment alarms are enabled.", alarms(true)},
		{"InvalidParameterException", "alarmNames can have at most 10 items.", alarms(true, many...)},
		{"InvalidParameterException", "alarmNames must be different names of 1 to 255 characters.", alarms(true, "a", "a")},
		{"InvalidParameterException", "Invalid deployment strategy: BOLD", types.DeploymentConfiguration{Strategy: "BOLD"}},
		{"UnsupportedFeatureException", "deploymentConfiguration.strategy BLUE_GREEN is not supported by Roadstead yet.", types.DeploymentConfiguration{Strategy: "BLUE_GREEN"}},
		{"UnsupportedFeatureException", "deploymentConfiguration.lifecycleHooks is not supported by Roadstead yet.",
			types.DeploymentConfiguration{LifecycleHooks: []types.DeploymentLifecycleHook{{}}}},
	} {
		_, err := l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), DeploymentConfiguration: &c.with})
		refused(t, err, c.code, c.message)
	}
}

// TestZonesAreRebalancedWherePossible creates services of every kind without
// saying, and asks for what is not possible.
func TestZonesAreRebalancedWherePossible(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	spread := func(field string) []types.PlacementStrategy {
		return []types.PlacementStrategy{{Type: types.PlacementStrategyTypeSpread, Field: &field}}
	}
	for i, c := range []struct {
		possible bool
		change   func(*ecs.CreateServiceInput)
	}{
		{true, func(*ecs.CreateServiceInput) {}},
		{true, func(in *ecs.CreateServiceInput) { in.PlacementStrategy = spread("attribute:ecs.availability-zone") }},
		{false, func(in *ecs.CreateServiceInput) { in.PlacementStrategy = spread("host") }},
		{false, func(in *ecs.CreateServiceInput) { in.LaunchType = types.LaunchTypeExternal }},
		{false, func(in *ecs.CreateServiceInput) { in.SchedulingStrategy, in.DesiredCount = "DAEMON", nil }},
		{false, func(in *ecs.CreateServiceInput) {
			in.DeploymentConfiguration = &types.DeploymentConfiguration{MaximumPercent: aws.Int32(100), MinimumHealthyPercent: aws.Int32(0)}
		}},
		{false, func(in *ecs.CreateServiceInput) {
			in.PlacementConstraints = []types.PlacementConstraint{{Type: "memberOf", Expression: aws.String("attribute:ecs.availability-zone == a")}}
		}},
		{false, func(in *ecs.CreateServiceInput) {
			in.TaskDefinition, in.DeploymentController = nil, &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}
		}},
	} {
		want := types.AvailabilityZoneRebalancingDisabled
		if c.possible {
			want = types.AvailabilityZoneRebalancingEnabled
		}
		if s := l.serve(fmt.Sprint("default", i), 0, c.change); s.AvailabilityZoneRebalancing != want {
			t.Errorf("%d: %s", i, s.AvailabilityZoneRebalancing)
		}
		if s := l.serve(fmt.Sprint("off", i), 0, c.change, func(in *ecs.CreateServiceInput) { in.AvailabilityZoneRebalancing = "DISABLED" }); s.AvailabilityZoneRebalancing != "DISABLED" {
			t.Errorf("%d: %s", i, s.AvailabilityZoneRebalancing)
		}
		in := &ecs.CreateServiceInput{ServiceName: aws.String(fmt.Sprint("on", i)), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(0), AvailabilityZoneRebalancing: "ENABLED"}
		c.change(in)
		_, err := l.CreateService(t.Context(), in)
		if c.possible && err != nil {
			t.Error(err)
		} else if !c.possible {
			refused(t, err, "InvalidParameterException", "Availability Zone rebalancing is not supported for services ...")
		}
	}
	l.serve("s", 0)
	_, err := l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), PlacementStrategy: spread("instanceId")})
	refused(t, err, "InvalidParameterException", "Availability Zone rebalancing is not supported for services whose first placement strategy...")
	if s := l.changed(&ecs.UpdateServiceInput{PlacementStrategy: spread("instanceId"), AvailabilityZoneRebalancing: "DISABLED"}); s.AvailabilityZoneRebalancing != "DISABLED" || len(s.Deployments) != 1 {
		t.Errorf("%+v", s)
	}
	_, err = l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), AvailabilityZoneRebalancing: "MAYBE"})
	refused(t, err, "InvalidParameterException", "Invalid availabilityZoneRebalancing: MAYBE")
}

// by is the strategy that shares tasks out evenly.
func by(providers ...string) []types.CapacityProviderStrategyItem {
	items := []types.CapacityProviderStrategyItem{}
	for _, p := range providers {
		items = append(items, types.CapacityProviderStrategyItem{CapacityProvider: aws.String(p), Weight: 1})
	}
	return items
}

func TestServiceFollowsACapacityStrategy(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	l.provider("near")
	l.provider("far")
	must[*types.Cluster](t)(l.provide([]string{"near", "far"}))
	s := l.serve("s", 1, func(in *ecs.CreateServiceInput) { in.CapacityProviderStrategy = by("near") })
	if s.LaunchType != "" || len(s.CapacityProviderStrategy) != 1 || *s.CapacityProviderStrategy[0].CapacityProvider != "near" ||
		s.Deployments[0].LaunchType != "" || len(s.Deployments[0].CapacityProviderStrategy) != 1 {
		t.Fatalf("%+v", s)
	}
	if r := l.revision(*s.CurrentServiceRevisions[0].Arn); r.LaunchType != "" || *r.CapacityProviderStrategy[0].CapacityProvider != "near" {
		t.Fatalf("%+v", r)
	}
	if same := l.changed(&ecs.UpdateServiceInput{CapacityProviderStrategy: by("near")}); len(same.Deployments) != 1 {
		t.Fatal("the same strategy made a deployment")
	}
	for _, change := range [][]types.CapacityProviderStrategyItem{by("far"), by("near", "far"), by()} {
		_, err := l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), CapacityProviderStrategy: change})
		refused(t, err, "InvalidParameterException", "When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider strategy "+
			"on a service that is already using one, you must force a new deployment.")
	}
	if other := l.changed(&ecs.UpdateServiceInput{ForceNewDeployment: true, CapacityProviderStrategy: by("far")}); len(other.Deployments) != 2 || *other.CapacityProviderStrategy[0].CapacityProvider != "far" {
		t.Fatalf("%+v", other)
	}
	if none := l.changed(&ecs.UpdateServiceInput{ForceNewDeployment: true, CapacityProviderStrategy: by()}); none.LaunchType != "EC2" || none.CapacityProviderStrategy != nil || len(none.Deployments) != 3 {
		t.Fatalf("%+v", none)
	}
	if back := l.changed(&ecs.UpdateServiceInput{ForceNewDeployment: true, CapacityProviderStrategy: by("near", "far")}); back.LaunchType != "" || len(back.CapacityProviderStrategy) != 2 {
		t.Fatalf("%+v", back)
	}

	must[*types.Cluster](t)(l.provide([]string{"near", "far"}, by("far")...))
	if d := l.serve("default", 0); d.LaunchType != "" || *d.CapacityProviderStrategy[0].CapacityProvider != "far" {
		t.Fatalf("the cluster's default is not used: %+v", d)
	}
	if d := l.serve("typed", 0, func(in *ecs.CreateServiceInput) { in.LaunchType = "EC2" }); d.LaunchType != "EC2" || d.CapacityProviderStrategy != nil {
		t.Fatalf("%+v", d)
	}
	daemon := func(in *ecs.CreateServiceInput) { in.SchedulingStrategy, in.DesiredCount = "DAEMON", nil }
	if d := l.serve("daemon", 0, daemon); d.LaunchType != "EC2" {
		t.Fatalf("%+v", d)
	}
	for _, c := range []struct {
		code, message string
		change        func(*ecs.CreateServiceInput)
	}{
		{"InvalidParameterException", "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
			func(in *ecs.CreateServiceInput) { in.LaunchType, in.CapacityProviderStrategy = "EC2", by("near") }},
		{"InvalidParameterException", "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster...",
			func(in *ecs.CreateServiceInput) { in.CapacityProviderStrategy = by("none") }},
		{"InvalidParameterException", "The daemon scheduling strategy does not support capacity provider strategies...",
			func(in *ecs.CreateServiceInput) { daemon(in); in.CapacityProviderStrategy = by("near") }},
		{"InvalidParameterException", "The MANAGED_INSTANCES launch type is not supported for services...",
			func(in *ecs.CreateServiceInput) { in.LaunchType = types.LaunchTypeManagedInstances }},
	} {
		in := &ecs.CreateServiceInput{ServiceName: aws.String("x"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1)}
		c.change(in)
		_, err := l.CreateService(t.Context(), in)
		refused(t, err, c.code, c.message)
	}
	l.serve("outer", 0, func(in *ecs.CreateServiceInput) { in.LaunchType = types.LaunchTypeExternal })
	_, err := l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("outer"), CapacityProviderStrategy: by("near")})
	refused(t, err, "InvalidParameterException", "A service with the EXTERNAL launch type cannot be updated to use a capacity provider strategy.")
}

// TestExternallyControlledService refuses what belongs to its task sets.
func TestExternallyControlledService(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	external := &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}
	alone := must[*ecs.CreateServiceOutput](t)(l.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String("s"), DeploymentController: external})).Service
	if alone.DesiredCount != 0 || *alone.DeploymentConfiguration.MaximumPercent != 200 {
		t.Fatalf("%+v", alone)
	}
	for _, c := range []struct {
		message string
		change  func(*ecs.CreateServiceInput)
	}{
		{"taskDefinition cannot be specified for a service with the EXTERNAL deployment controller...", func(in *ecs.CreateServiceInput) { in.TaskDefinition = aws.String("web") }},
		{"launchType cannot be specified...", func(in *ecs.CreateServiceInput) { in.LaunchType = "EC2" }},
		{"capacityProviderStrategy cannot be specified...", func(in *ecs.CreateServiceInput) { in.CapacityProviderStrategy = by("p") }},
		{"The DAEMON scheduling strategy is not supported for services with the EXTERNAL deployment controller.", func(in *ecs.CreateServiceInput) { in.SchedulingStrategy = "DAEMON" }},
		{"Deployment circuit breaker feature is only supported with ECS deployment controller.", func(in *ecs.CreateServiceInput) {
			in.DeploymentConfiguration = &types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true}}
		}},
		{"Deployment alarms feature is only supported with ECS deployment controller.", func(in *ecs.CreateServiceInput) {
			in.DeploymentConfiguration = &types.DeploymentConfiguration{Alarms: &types.DeploymentAlarms{Enable: true, AlarmNames: []string{"a"}}}
		}},
		{"bakeTimeInMinutes is only supported with ECS deployment controller.", func(in *ecs.CreateServiceInput) {
			in.DeploymentConfiguration = &types.DeploymentConfiguration{BakeTimeInMinutes: aws.Int32(1)}
		}},
	} {
		in := &ecs.CreateServiceInput{ServiceName: aws.String("x"), DeploymentController: external}
		c.change(in)
		_, err := l.CreateService(t.Context(), in)
		refused(t, err, "InvalidParameterException", c.message)
	}
	for _, c := range []struct {
		message string
		in      ecs.UpdateServiceInput
	}{
		{"Unable to update task definition on services with an EXTERNAL deployment controller...", ecs.UpdateServiceInput{TaskDefinition: aws.String("web")}},
		{"Cannot force a new deployment on services with an EXTERNAL deployment controller...", ecs.UpdateServiceInput{ForceNewDeployment: true}},
		{"Unable to update capacity providers on services...", ecs.UpdateServiceInput{CapacityProviderStrategy: by("p")}},
		{"Unable to update deployment configuration on services...", ecs.UpdateServiceInput{DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: aws.Int32(150)}}},
	} {
		c.in.Service = aws.String("s")
		_, err := l.UpdateService(t.Context(), &c.in)
		refused(t, err, "InvalidParameterException", c.message)
	}
	if s := l.changed(&ecs.UpdateServiceInput{DesiredCount: aws.Int32(2), DeploymentController: external}); s.DesiredCount != 2 {
		t.Fatalf("%+v", s)
	}
	_, err := l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), DeploymentController: &types.DeploymentController{Type: "ECS"}})
	refused(t, err, "UnsupportedFeatureException", "Changing the deploymentController of a service is not supported by Roadstead yet.")
	_, err = l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), DeploymentController: &types.DeploymentController{Type: "NONE"}})
	refused(t, err, "InvalidParameterException", "Invalid deployment controller: NONE")
	if all := l.deploymentsOf("s"); len(all) != 0 {
		t.Fatalf("%+v", all)
	}
}

// TestNetworkOfAServiceFollowsItsDefinition refuses a network where the
// definition has none, and its lack where it has one.
func TestNetworkOfAServiceFollowsItsDefinition(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.register("web")
	l.register("own", func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeAwsvpc })
	l.serve("kept", 0)
	l.outside("s", 0)
	network := &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}
	for _, c := range []struct {
		definition    string
		network       *types.NetworkConfiguration
		code, message string
	}{
		{"own", nil, "InvalidParameterException", "Network Configuration must be provided when networkMode 'awsvpc' is specified."},
		{"own", network, "InvalidParameterException", "Error retrieving subnet information for [subnet-1]: The subnet ID 'subnet-1' does not exist (ErrorCode: InvalidSubnetID.NotFound)"},
		{"web", network, "InvalidParameterException", "Network Configuration is not valid for the given networkMode of this task definition."},
	} {
		_, err := l.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String("x"), TaskDefinition: &c.definition,
			DesiredCount: aws.Int32(1), NetworkConfiguration: c.network})
		refused(t, err, c.code, c.message)
		_, err = l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("kept"), TaskDefinition: &c.definition, NetworkConfiguration: c.network})
		refused(t, err, c.code, c.message)
		_, err = l.CreateTaskSet(t.Context(), &ecs.CreateTaskSetInput{Cluster: aws.String("default"), Service: aws.String("s"),
			TaskDefinition: &c.definition, NetworkConfiguration: c.network})
		refused(t, err, c.code, c.message)
	}
	_, err := l.UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: aws.String("s"), NetworkConfiguration: network})
	refused(t, err, "InvalidParameterException", "Unable to update network parameters on services with an EXTERNAL deployment controller...")
	l.serve("plain", 0, func(in *ecs.CreateServiceInput) { in.NetworkConfiguration = &types.NetworkConfiguration{} })
}
