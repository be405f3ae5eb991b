package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The cluster of the tour through all operations, and where its tasks run.
const (
	fleet   = "go-fleet"
	managed = "go-managed"
	group   = "go-group"
)

// looks is how often a waiter looks, and within how long it must see it.
const (
	looksLeast, looksMost = 50 * time.Millisecond, 200 * time.Millisecond
	seenWithin            = 60 * time.Second
)

// tour calls every operation of the SDK's client and looks at what each did.
type tour struct {
	*ecs.Client
	p     *platform
	image string
	calls *calls
	// arn begins the ARNs of the account.
	arn string
}

// tour goes the whole way: each part leaves to the next what it made.
func (p *platform) tour(t *testing.T) {
	c := newCalls()
	w := &tour{Client: ecs.NewFromConfig(p.config(p.env), c.watch), p: p, image: p.listen + "/conformance/busybox:latest", calls: c,
		arn: "arn:aws:ecs:" + p.env["AWS_REGION"] + ":000000000000:"}
	p.supply(t, fleet, managed)
	for _, part := range []struct {
		name string
		do   func(t *testing.T)
	}{{"clusters", w.clusters}, {"settings", w.settings}, {"definitions", w.definitions}, {"capacity", w.capacity}, {"instances", w.instances},
		{"agents", w.agents}, {"services", w.services}, {"task sets", w.sets}, {"daemons", w.daemons}, {"absent", w.absent}, {"errors", w.errors}} {
		t.Run(part.name, part.do)
	}
	if left := missingOf(c.operations, everyOperation()); len(left) > 0 {
		t.Errorf("not called: %v", left)
	}
	reached, unreachable := errorTypes()
	if left := missingOf(c.errors, reached); len(left) > 0 {
		t.Errorf("errors that were not reached: %v", left)
	}
	for name, why := range unreachable {
		if c.errors[name] {
			t.Errorf("%s is reached, though %s", name, why)
		}
	}
	t.Logf("the Go SDK got answers from %d operations, %d types of errors among them", len(c.operations), len(reached))
}

func (w *tour) cluster(t *testing.T, name string) types.Cluster {
	t.Helper()
	out := call(t, w.DescribeClusters, ecs.DescribeClustersInput{Clusters: []string{name}, Include: []types.ClusterField{types.ClusterFieldSettings}})
	if len(out.Clusters) != 1 {
		t.Fatalf("cluster %s: %+v", name, out)
	}
	return out.Clusters[0]
}

func (w *tour) clusters(t *testing.T) {
	made := "go-made"
	call(t, w.CreateCluster, ecs.CreateClusterInput{ClusterName: &made})
	if listed := call(t, w.ListClusters, ecs.ListClustersInput{MaxResults: new(int32(100))}).ClusterArns; !slices.Contains(listed, w.arn+"cluster/"+made) {
		t.Errorf("listed: %v", listed)
	}
	insights := func(value string) []types.ClusterSetting {
		return []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: &value}}
	}
	call(t, w.UpdateCluster, ecs.UpdateClusterInput{Cluster: &made, Settings: insights("enabled")})
	if s := w.cluster(t, made).Settings; *s[0].Value != "enabled" {
		t.Errorf("settings: %+v", s)
	}
	call(t, w.UpdateClusterSettings, ecs.UpdateClusterSettingsInput{Cluster: &made, Settings: insights("disabled")})
	if s := w.cluster(t, made).Settings; *s[0].Value != "disabled" {
		t.Errorf("settings: %+v", s)
	}
	call(t, w.CreateCapacityProvider, ecs.CreateCapacityProviderInput{Name: new(group),
		AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: new(group)}})
	call(t, w.UpdateCapacityProvider, ecs.UpdateCapacityProviderInput{Name: new(group), AutoScalingGroupProvider: &types.AutoScalingGroupProviderUpdate{
		ManagedScaling: &types.ManagedScaling{Status: types.ManagedScalingStatusEnabled, TargetCapacity: new(int32(80))}}})
	describe := ecs.DescribeCapacityProvidersInput{CapacityProviders: []string{group}}
	if p := call(t, w.DescribeCapacityProviders, describe).CapacityProviders[0]; *p.AutoScalingGroupProvider.ManagedScaling.TargetCapacity != 80 {
		t.Errorf("%+v", p)
	}
	put := ecs.PutClusterCapacityProvidersInput{Cluster: &made, CapacityProviders: []string{group},
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: new(group), Base: 1, Weight: 1}}}
	call(t, w.PutClusterCapacityProviders, put)
	if c := w.cluster(t, made); !slices.Equal(c.CapacityProviders, []string{group}) || c.DefaultCapacityProviderStrategy[0].Base != 1 {
		t.Errorf("%+v", c)
	}

	// A task that waits for an instance keeps its provider and its cluster.
	w.register(t, "go-waits", "sleep 600")
	waiting := call(t, w.RunTask, ecs.RunTaskInput{Cluster: &made, TaskDefinition: new("go-waits")}).Tasks[0]
	if *waiting.LastStatus != "PROVISIONING" || *waiting.CapacityProviderName != group {
		t.Errorf("%+v", waiting)
	}
	put.CapacityProviders, put.DefaultCapacityProviderStrategy = []string{}, []types.CapacityProviderStrategyItem{}
	refused[*types.ResourceInUseException](t, w.PutClusterCapacityProviders, put)
	refused[*types.ClusterContainsTasksException](t, w.DeleteCluster, ecs.DeleteClusterInput{Cluster: &made})
	call(t, w.StopTask, ecs.StopTaskInput{Cluster: &made, Task: waiting.TaskArn})
	call(t, w.PutClusterCapacityProviders, put)
	call(t, w.DeleteCapacityProvider, ecs.DeleteCapacityProviderInput{CapacityProvider: new(group)})
	for _, p := range call(t, w.DescribeCapacityProviders, describe).CapacityProviders {
		if p.Status == types.CapacityProviderStatusActive {
			t.Errorf("%+v", p)
		}
	}
	call(t, w.DeleteCluster, ecs.DeleteClusterInput{Cluster: &made})
	if c := w.cluster(t, made); *c.Status != "INACTIVE" {
		t.Errorf("%+v", c)
	}
}

func (w *tour) settings(t *testing.T) {
	const name = types.SettingName("dualStackIPv6") // the SDK has no name for it
	effective := func(want string) {
		t.Helper()
		if s := call(t, w.ListAccountSettings, ecs.ListAccountSettingsInput{Name: name, EffectiveSettings: true}).Settings; len(s) != 1 || *s[0].Value != want {
			t.Errorf("settings: %+v, want %s", s, want)
		}
	}
	call(t, w.PutAccountSettingDefault, ecs.PutAccountSettingDefaultInput{Name: name, Value: new("disabled")})
	effective("disabled")
	call(t, w.PutAccountSetting, ecs.PutAccountSettingInput{Name: name, Value: new("enabled")})
	effective("enabled")
	call(t, w.DeleteAccountSetting, ecs.DeleteAccountSettingInput{Name: name})
	effective("disabled")
	call(t, w.PutAccountSettingDefault, ecs.PutAccountSettingDefaultInput{Name: name, Value: new("enabled")})
	effective("enabled")
}

// register registers a task definition of one container of a shell command.
func (w *tour) register(t *testing.T, family, command string) string {
	t.Helper()
	return *call(t, w.RegisterTaskDefinition, ecs.RegisterTaskDefinitionInput{Family: &family, ContainerDefinitions: []types.ContainerDefinition{{
		Name: new("main"), Image: &w.image, Memory: new(int32(16)), StopTimeout: new(int32(2)), Command: []string{"sh", "-c", command}}},
	}).TaskDefinition.TaskDefinitionArn
}

func (w *tour) definitions(t *testing.T) {
	family := "go-defined"
	arn := w.register(t, family, "true")
	describe := ecs.DescribeTaskDefinitionInput{TaskDefinition: &family}
	if d := call(t, w.DescribeTaskDefinition, describe).TaskDefinition; *d.TaskDefinitionArn != arn {
		t.Errorf("%+v", d)
	}
	if listed := call(t, w.ListTaskDefinitions, ecs.ListTaskDefinitionsInput{FamilyPrefix: &family}).TaskDefinitionArns; !slices.Equal(listed, []string{arn}) {
		t.Errorf("listed: %v", listed)
	}
	if listed := call(t, w.ListTaskDefinitionFamilies, ecs.ListTaskDefinitionFamiliesInput{FamilyPrefix: &family}).Families; !slices.Equal(listed, []string{family}) {
		t.Errorf("listed: %v", listed)
	}
	call(t, w.TagResource, ecs.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{{Key: new("a"), Value: new("1")}, {Key: new("b"), Value: new("2")}}})
	call(t, w.UntagResource, ecs.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a"}})
	if tags := call(t, w.ListTagsForResource, ecs.ListTagsForResourceInput{ResourceArn: &arn}).Tags; len(tags) != 1 || *tags[0].Value != "2" {
		t.Errorf("tags: %+v", tags)
	}
	describe.TaskDefinition = &arn
	call(t, w.DeregisterTaskDefinition, ecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn})
	if d := call(t, w.DescribeTaskDefinition, describe).TaskDefinition; d.Status != types.TaskDefinitionStatusInactive {
		t.Errorf("%+v", d)
	}
	call(t, w.DeleteTaskDefinitions, ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{arn}})
	if d := call(t, w.DescribeTaskDefinition, describe).TaskDefinition; d.Status != types.TaskDefinitionStatusDeleteInProgress {
		t.Errorf("%+v", d)
	}
}

// absent are gateways and Express services, which bring load balancers with
// them: lists are empty and nothing is found.
func (w *tour) absent(t *testing.T) {
	role, none := new("arn:aws:iam::000000000000:role/r"), new("none")
	refused[*types.UnsupportedFeatureException](t, w.CreateGateway, ecs.CreateGatewayInput{Name: none, InfrastructureRoleArn: role,
		Configuration: &types.GatewayConfigurationMemberHostSharedAlb{}})
	refused[*types.GatewayNotFoundException](t, w.DescribeGateway, ecs.DescribeGatewayInput{Gateway: none})
	refused[*types.GatewayNotFoundException](t, w.UpdateGateway, ecs.UpdateGatewayInput{Gateway: none})
	refused[*types.GatewayNotFoundException](t, w.DeleteGateway, ecs.DeleteGatewayInput{Gateway: none})
	refused[*types.GatewayNotFoundException](t, w.DescribeGatewayResources, ecs.DescribeGatewayResourcesInput{Gateway: none})
	refused[*types.ResourceNotFoundException](t, w.DescribeGatewayRoute, ecs.DescribeGatewayRouteInput{GatewayRouteArn: none})
	refused[*types.GatewayNotFoundException](t, w.AssociateGatewayWithCluster, ecs.AssociateGatewayWithClusterInput{Gateway: none, Cluster: new(fleet)})
	refused[*types.GatewayNotFoundException](t, w.DisassociateGatewayFromCluster, ecs.DisassociateGatewayFromClusterInput{Gateway: none, Cluster: new(fleet)})
	listed := len(call(t, w.ListGateways, ecs.ListGatewaysInput{}).Gateways) + len(call(t, w.ListGatewayRoutes, ecs.ListGatewayRoutesInput{Gateway: none}).GatewayRoutes) +
		len(call(t, w.ListGatewayClusterAssociations, ecs.ListGatewayClusterAssociationsInput{}).GatewayClusterAssociations)
	if listed != 0 {
		t.Errorf("%d gateways and what belongs to them", listed)
	}
	refused[*types.UnsupportedFeatureException](t, w.CreateExpressGatewayService, ecs.CreateExpressGatewayServiceInput{ExecutionRoleArn: role,
		InfrastructureRoleArn: role, PrimaryContainer: &types.ExpressGatewayContainer{Image: &w.image}})
	service := new(w.arn + "service/default/none")
	refused[*types.ResourceNotFoundException](t, w.DescribeExpressGatewayService, ecs.DescribeExpressGatewayServiceInput{ServiceArn: service})
	refused[*types.ServiceNotFoundException](t, w.UpdateExpressGatewayService, ecs.UpdateExpressGatewayServiceInput{ServiceArn: service})
	refused[*types.ServiceNotFoundException](t, w.DeleteExpressGatewayService, ecs.DeleteExpressGatewayServiceInput{ServiceArn: service})
}

// until looks again and again until so holds.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(looksLeast)
	defer tick.Stop()
	for deadline := time.Now().Add(seenWithin); !so(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", seenWithin, what)
		}
	}
}
