package ecs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

const groupARN = "arn:aws:autoscaling:" + region + ":" + account + ":autoScalingGroup:0123-ab:autoScalingGroupName/mine"

// provider makes a capacity provider of an Auto Scaling group.
func (l *lab) provider(name string, change ...func(g *types.AutoScalingGroupProvider)) {
	l.t.Helper()
	g := &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String(groupARN)}
	for _, c := range change {
		c(g)
	}
	if _, err := l.CreateCapacityProvider(l.t.Context(), &ecs.CreateCapacityProviderInput{Name: &name, AutoScalingGroupProvider: g}); err != nil {
		l.t.Fatal(err)
	}
}

// item is one of a strategy: its provider, base and weight.
func item(provider string, base, weight int32) types.CapacityProviderStrategyItem {
	return types.CapacityProviderStrategyItem{CapacityProvider: &provider, Base: base, Weight: weight}
}

// provide gives the default cluster capacity providers and a default strategy.
func (l *lab) provide(providers []string, strategy ...types.CapacityProviderStrategyItem) (*types.Cluster, error) {
	if strategy == nil {
		strategy = []types.CapacityProviderStrategyItem{}
	}
	out, err := l.PutClusterCapacityProviders(l.t.Context(), &ecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("default"), CapacityProviders: providers, DefaultCapacityProviderStrategy: strategy})
	if err != nil {
		return nil, err
	}
	return out.Cluster, nil
}

// describeProviders describes providers with their tags.
func (l *lab) describeProviders(in ecs.DescribeCapacityProvidersInput) *ecs.DescribeCapacityProvidersOutput {
	l.t.Helper()
	in.Include = []types.CapacityProviderField{types.CapacityProviderFieldTags}
	return must[*ecs.DescribeCapacityProvidersOutput](l.t)(l.DescribeCapacityProviders(l.t.Context(), &in))
}

func TestCapacityProviderLife(t *testing.T) {
	l := newLab(t)
	made := must[*ecs.CreateCapacityProviderOutput](t)(l.CreateCapacityProvider(t.Context(), &ecs.CreateCapacityProviderInput{
		Name: aws.String("mine"), Tags: []types.Tag{tag("a", "1")},
		AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String(groupARN)}})).CapacityProvider
	g := made.AutoScalingGroupProvider
	if made.Status != "ACTIVE" || made.Type != "EC2_AUTOSCALING" || *made.CapacityProviderArn != arn+"capacity-provider/mine" || len(made.Tags) != 1 || made.UpdateStatus != "" {
		t.Fatalf("%+v", made)
	}
	if s := g.ManagedScaling; g.ManagedDraining != "ENABLED" || g.ManagedTerminationProtection != "DISABLED" || s.Status != "DISABLED" ||
		*s.TargetCapacity != 100 || *s.MinimumScalingStepSize != 1 || *s.MaximumScalingStepSize != 10000 || *s.InstanceWarmupPeriod != 300 {
		t.Fatalf("defaults: %+v %+v", g, g.ManagedScaling)
	}
	_, err := l.CreateCapacityProvider(t.Context(), &ecs.CreateCapacityProviderInput{Name: aws.String("mine"), AutoScalingGroupProvider: g})
	refused(t, err, "ClientException", "The specified capacity provider already exists. To change the configuration...")
	updated := must[*ecs.UpdateCapacityProviderOutput](t)(l.UpdateCapacityProvider(t.Context(), &ecs.UpdateCapacityProviderInput{Name: aws.String("mine"),
		AutoScalingGroupProvider: &types.AutoScalingGroupProviderUpdate{ManagedTerminationProtection: "ENABLED",
			ManagedScaling: &types.ManagedScaling{Status: "ENABLED", TargetCapacity: aws.Int32(80)}}})).CapacityProvider
	if s := updated.AutoScalingGroupProvider.ManagedScaling; updated.UpdateStatus != "UPDATE_COMPLETE" || *s.TargetCapacity != 80 || *s.MaximumScalingStepSize != 10000 {
		t.Fatalf("%+v %+v", updated, s)
	}
	gone := must[*ecs.DeleteCapacityProviderOutput](t)(l.DeleteCapacityProvider(t.Context(), &ecs.DeleteCapacityProviderInput{CapacityProvider: made.CapacityProviderArn})).CapacityProvider
	if gone.Status != "INACTIVE" || gone.UpdateStatus != "DELETE_COMPLETE" {
		t.Fatalf("%+v", gone)
	}
	if named := l.describeProviders(ecs.DescribeCapacityProvidersInput{CapacityProviders: []string{"mine"}}); named.CapacityProviders[0].Status != "INACTIVE" {
		t.Fatalf("%+v", named)
	}
	if all := l.describeProviders(ecs.DescribeCapacityProvidersInput{}); len(all.CapacityProviders) != 2 {
		t.Fatalf("a deleted provider is listed: %+v", all)
	}
	_, err = l.DeleteCapacityProvider(t.Context(), &ecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("mine")})
	refused(t, err, "ClientException", "The specified capacity provider does not exist. Specify a valid name or ARN and try again.")
	l.provider("mine")
}

func TestCapacityProviderRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	create := func(change func(in *ecs.CreateCapacityProviderInput)) error {
		in := &ecs.CreateCapacityProviderInput{Name: aws.String("mine"), AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String(groupARN)}}
		change(in)
		_, err := l.CreateCapacityProvider(t.Context(), in)
		return err
	}
	for _, name := range []string{"", "aws-x", "ECS", "Fargate_1", "a b", strings.Repeat("x", 256)} {
		refused(t, create(func(in *ecs.CreateCapacityProviderInput) { in.Name = &name }), "InvalidParameterException", "The specified capacity provider name is invalid...")
	}
	for _, ref := range []string{"", "arn:aws:autoscaling:x", strings.Replace(groupARN, account, "999999999999", 1), strings.Replace(groupARN, "autoScalingGroupName/", "", 1)} {
		refused(t, create(func(in *ecs.CreateCapacityProviderInput) { in.AutoScalingGroupProvider.AutoScalingGroupArn = &ref }),
			"ClientException", "The specified Auto Scaling group ARN is invalid...")
	}
	scaling := func(s types.ManagedScaling) func(in *ecs.CreateCapacityProviderInput) {
		return func(in *ecs.CreateCapacityProviderInput) { in.AutoScalingGroupProvider.ManagedScaling = &s }
	}
	for member, s := range map[string]types.ManagedScaling{
		"targetCapacity must be between 1 and 100.":                             {TargetCapacity: aws.Int32(0)},
		"minimumScalingStepSize must be between 1 and 10000.":                   {MinimumScalingStepSize: aws.Int32(10001)},
		"maximumScalingStepSize must be between 1 and 10000.":                   {MaximumScalingStepSize: aws.Int32(0)},
		"minimumScalingStepSize cannot be greater than maximumScalingStepSize.": {MinimumScalingStepSize: aws.Int32(3), MaximumScalingStepSize: aws.Int32(2)},
		"instanceWarmupPeriod must be between 0 and 10000.":                     {InstanceWarmupPeriod: aws.Int32(-1)},
	} {
		refused(t, create(scaling(s)), "InvalidParameterException", "The managed scaling setting is invalid: "+member)
	}
	refused(t, create(scaling(types.ManagedScaling{Status: "PERHAPS"})), "InvalidParameterException", "Invalid managed scaling status: PERHAPS")
	refused(t, create(func(in *ecs.CreateCapacityProviderInput) {
		in.AutoScalingGroupProvider.ManagedTerminationProtection = "ENABLED"
	}),
		"ClientException", "The managed termination protection setting for the capacity provider is invalid...")
	refused(t, create(func(in *ecs.CreateCapacityProviderInput) { in.AutoScalingGroupProvider.ManagedDraining = "x" }), "InvalidParameterException", "Invalid managedDraining: x")
	refused(t, create(func(in *ecs.CreateCapacityProviderInput) { in.AutoScalingGroupProvider = nil }), "InvalidParameterException", "Exactly one of...")
	refused(t, create(func(in *ecs.CreateCapacityProviderInput) { in.Cluster = aws.String("default") }), "InvalidParameterException", "A cluster can only be specified...")
	refused(t, create(func(in *ecs.CreateCapacityProviderInput) { in.Tags = []types.Tag{tag("aws:x", "")} }), "InvalidParameterException", "aws: prefixed...")
	update := func(name string) error {
		_, err := l.UpdateCapacityProvider(t.Context(), &ecs.UpdateCapacityProviderInput{Name: &name, AutoScalingGroupProvider: &types.AutoScalingGroupProviderUpdate{}})
		return err
	}
	refused(t, update("none"), "ClientException", "The specified capacity provider does not exist...")
	refused(t, update("FARGATE"), "InvalidParameterException", "The capacity provider FARGATE is reserved...")
	_, err := l.DescribeCapacityProviders(t.Context(), &ecs.DescribeCapacityProvidersInput{MaxResults: aws.Int32(11)})
	refused(t, err, "InvalidParameterException", "maxResults must be between 1 and 10.")
}

func TestThereIsALimitOfCapacityProviders(t *testing.T) {
	l := newLab(t)
	var nouns []model.Noun
	for i := range 500 {
		nouns = append(nouns, &model.CapacityProvider{Account: account, Name: fmt.Sprint("p", i), Status: "ACTIVE", AutoScaling: &types.AutoScalingGroupProvider{}})
	}
	l.commit(nouns...)
	_, err := l.CreateCapacityProvider(t.Context(), &ecs.CreateCapacityProviderInput{Name: aws.String("more"),
		AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("mine")}})
	refused(t, err, "LimitExceededException", "The limit for the number of capacity providers has been reached.")
}

// managed are settings of managed instances that are just enough.
func managed() *types.CreateManagedInstancesProviderConfiguration {
	return &types.CreateManagedInstancesProviderConfiguration{
		InfrastructureRoleArn: aws.String("arn:aws:iam::" + account + ":role/infrastructure"),
		InstanceLaunchTemplate: &types.InstanceLaunchTemplate{
			Ec2InstanceProfileArn: aws.String("arn:aws:iam::" + account + ":instance-profile/instance"),
			NetworkConfiguration:  &types.ManagedInstancesNetworkConfiguration{Subnets: []string{"subnet-1"}},
		}}
}

func TestManagedInstancesBelongToACluster(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	l.cluster("other")
	made := must[*ecs.CreateCapacityProviderOutput](t)(l.CreateCapacityProvider(t.Context(), &ecs.CreateCapacityProviderInput{
		Name: aws.String("mi"), Cluster: aws.String("default"), ManagedInstancesProvider: managed()})).CapacityProvider
	if made.Type != "MANAGED_INSTANCES" || *made.Cluster != "default" || made.ManagedInstancesProvider.InstanceLaunchTemplate.CapacityOptionType != "ON_DEMAND" {
		t.Fatalf("%+v", made)
	}
	c := must[*ecs.DescribeClustersOutput](t)(l.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{})).Clusters[0]
	if !slices.Equal(c.CapacityProviders, []string{"mi"}) {
		t.Fatalf("%+v", c)
	}
	_, err := l.PutClusterCapacityProviders(t.Context(), &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("other"),
		CapacityProviders: []string{"mi"}, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})
	refused(t, err, "InvalidParameterException", "The specified capacity provider was not found. Specify a valid capacity provider and try again.")
	of := func(cluster string) []types.CapacityProvider {
		return l.describeProviders(ecs.DescribeCapacityProvidersInput{Cluster: &cluster}).CapacityProviders
	}
	if len(of("default")) != 1 || len(of("other")) != 0 {
		t.Fatalf("%v %v", of("default"), of("other"))
	}
	template := &types.InstanceLaunchTemplateUpdate{StorageConfiguration: &types.ManagedInstancesStorageConfiguration{StorageSizeGiB: aws.Int32(50)}}
	updated := must[*ecs.UpdateCapacityProviderOutput](t)(l.UpdateCapacityProvider(t.Context(), &ecs.UpdateCapacityProviderInput{Name: aws.String("mi"), Cluster: aws.String("default"),
		ManagedInstancesProvider: &types.UpdateManagedInstancesProviderConfiguration{InfrastructureRoleArn: managed().InfrastructureRoleArn, InstanceLaunchTemplate: template}})).CapacityProvider
	if n := updated.ManagedInstancesProvider.InstanceLaunchTemplate; *n.StorageConfiguration.StorageSizeGiB != 50 || len(n.NetworkConfiguration.Subnets) != 1 {
		t.Fatalf("%+v", n)
	}
	_, err = l.UpdateCapacityProvider(t.Context(), &ecs.UpdateCapacityProviderInput{Name: aws.String("mi"), AutoScalingGroupProvider: &types.AutoScalingGroupProviderUpdate{}})
	refused(t, err, "InvalidParameterException", "The type of the capacity provider mi cannot be changed.")
	_, err = l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("default")})
	refused(t, err, "ClusterContainsCapacityProviderException", "The Cluster cannot be deleted while Capacity Providers are active.")
	_, err = l.DeleteCapacityProvider(t.Context(), &ecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("mi"), Cluster: aws.String("other")})
	refused(t, err, "InvalidParameterException", "The capacity provider mi does not belong to the cluster other.")
	must[*ecs.DeleteCapacityProviderOutput](t)(l.DeleteCapacityProvider(t.Context(), &ecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("mi"), Cluster: aws.String("default")}))
	must[*ecs.DeleteClusterOutput](t)(l.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("default")}))
}

func TestManagedInstancesRefusals(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	for message, change := range map[string]func(m *types.CreateManagedInstancesProviderConfiguration){
		"The infrastructureRoleArn must be...": func(m *types.CreateManagedInstancesProviderConfiguration) {
			m.InfrastructureRoleArn = aws.String("arn:aws:s3:::x")
		},
		"The ec2InstanceProfileArn must be...": func(m *types.CreateManagedInstancesProviderConfiguration) {
			m.InstanceLaunchTemplate.Ec2InstanceProfileArn = m.InfrastructureRoleArn
		},
		"The networkConfiguration must have...": func(m *types.CreateManagedInstancesProviderConfiguration) {
			m.InstanceLaunchTemplate.NetworkConfiguration.Subnets = nil
		},
		"Subnets must be specified by their IDs.": func(m *types.CreateManagedInstancesProviderConfiguration) {
			m.InstanceLaunchTemplate.NetworkConfiguration.Subnets[0] = "x"
		},
		"Invalid capacityOptionType: x": func(m *types.CreateManagedInstancesProviderConfiguration) {
			m.InstanceLaunchTemplate.CapacityOptionType = "x"
		},
		"Invalid propagateTags: x": func(m *types.CreateManagedInstancesProviderConfiguration) { m.PropagateTags = "x" },
		"scaleInAfter must be between -1 and 3600.": func(m *types.CreateManagedInstancesProviderConfiguration) {
			m.InfrastructureOptimization = &types.InfrastructureOptimization{ScaleInAfter: aws.Int32(3601)}
		},
		"capacityReservations can only be specified...": func(m *types.CreateManagedInstancesProviderConfiguration) {
			m.InstanceLaunchTemplate.CapacityReservations = &types.CapacityReservationRequest{}
		},
		"Invalid range for memoryMiB.": func(m *types.CreateManagedInstancesProviderConfiguration) {
			m.InstanceLaunchTemplate.InstanceRequirements = &types.InstanceRequirementsRequest{VCpuCount: &types.VCpuCountRangeRequest{Min: aws.Int32(1)},
				MemoryMiB: &types.MemoryMiBRequest{Min: aws.Int32(2), Max: aws.Int32(1)}}
		},
	} {
		m := managed()
		change(m)
		_, err := l.CreateCapacityProvider(t.Context(), &ecs.CreateCapacityProviderInput{Name: aws.String("mi"), Cluster: aws.String("default"), ManagedInstancesProvider: m})
		refused(t, err, "InvalidParameterException", message)
	}
	_, err := l.CreateCapacityProvider(t.Context(), &ecs.CreateCapacityProviderInput{Name: aws.String("mi"), ManagedInstancesProvider: managed()})
	refused(t, err, "InvalidParameterException", "A cluster must be specified...")
	_, err = l.CreateCapacityProvider(t.Context(), &ecs.CreateCapacityProviderInput{Name: aws.String("mi"), Cluster: aws.String("none"), ManagedInstancesProvider: managed()})
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
}

func TestPagesOfCapacityProviders(t *testing.T) {
	l := newLab(t)
	for i := range 11 {
		l.provider(fmt.Sprint("p", 10+i))
	}
	var names []string
	pages := 0
	for token := (*string)(nil); ; {
		out := l.describeProviders(ecs.DescribeCapacityProvidersInput{NextToken: token})
		for _, p := range out.CapacityProviders {
			names = append(names, *p.Name)
		}
		pages++
		if token = out.NextToken; token == nil {
			break
		}
	}
	if pages != 2 || len(names) != 13 || names[0] != "FARGATE" || names[12] != "p20" {
		t.Fatalf("%d pages: %v", pages, names)
	}
}

// TestInstancesOfAProvider registers instances for a provider by the attribute.
func TestInstancesOfAProvider(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	register := func(name string) error {
		_, err := l.RegisterContainerInstance(t.Context(), &ecs.RegisterContainerInstanceInput{Cluster: aws.String("default"),
			TotalResources: resources(10, 10), Attributes: []types.Attribute{{Name: aws.String(model.AttributeCapacityProvider), Value: &name}}})
		return err
	}
	refused(t, register("mine"), "InvalidParameterException", "The specified capacity provider was not found. Specify a valid capacity provider and try again.")
	refused(t, register("FARGATE"), "InvalidParameterException", "The capacity provider FARGATE is reserved...")
	l.provider("mine")
	instance := l.instance("default", 10, 10, types.Attribute{Name: aws.String(model.AttributeCapacityProvider), Value: aws.String("mine")})
	shown := must[*ecs.DescribeContainerInstancesOutput](t)(l.DescribeContainerInstances(t.Context(), &ecs.DescribeContainerInstancesInput{ContainerInstances: []string{instance}})).ContainerInstances[0]
	if aws.ToString(shown.CapacityProviderName) != "mine" {
		t.Fatalf("%+v", shown)
	}
	must[*ecs.DeleteCapacityProviderOutput](t)(l.DeleteCapacityProvider(t.Context(), &ecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("mine")}))
	refused(t, register("mine"), "InvalidParameterException", "The specified capacity provider 'mine' is not in an ACTIVE state. Specify a valid capacity provider and try again.")
}
