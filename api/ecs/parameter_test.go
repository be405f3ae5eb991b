package ecs_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/roadstead/roadstead/wire/wiretest"
)

// TestNoParameterIsIgnored sets each member that the front door does not use
// in an otherwise good request, one at a time: it must be refused. A member
// that the SDK gains is refused or added to what is used, with code for it.
func TestNoParameterIsIgnored(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	instance := l.instance("default", 1024, 1024)
	l.register("web")
	must[*ecs.CreateServiceOutput](t)(l.CreateService(t.Context(), &ecs.CreateServiceInput{ServiceName: aws.String("kept"),
		TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1)}))
	l.outside("outside", 1)
	bare := ecs.New(ecs.Options{Region: region, BaseEndpoint: &l.url, RetryMaxAttempts: 1, Credentials: l.Options().Credentials,
		APIOptions: []func(*middleware.Stack) error{wiretest.Unvalidated}})
	for _, c := range []struct {
		of   any
		used string
		call func(field func(of any)) func(context.Context) error
	}{
		{ecs.RunTaskInput{}, `TaskDefinition CapacityProviderStrategy ClientToken Cluster Count EnableECSManagedTags EnableExecuteCommand Group LaunchType Overrides PlacementConstraints
			PlacementStrategy PropagateTags ReferenceId StartedBy Tags`,
			func(field func(any)) func(context.Context) error {
				in := &ecs.RunTaskInput{TaskDefinition: aws.String("web")}
				field(in)
				return func(ctx context.Context) error { _, err := bare.RunTask(ctx, in); return err }
			}},
		{types.TaskOverride{}, "ContainerOverrides Cpu ExecutionRoleArn Memory TaskRoleArn", func(field func(any)) func(context.Context) error {
			o := &types.TaskOverride{}
			field(o)
			in := &ecs.RunTaskInput{TaskDefinition: aws.String("web"), Overrides: o}
			return func(ctx context.Context) error { _, err := bare.RunTask(ctx, in); return err }
		}},
		{types.ContainerOverride{}, "Command Cpu Environment Memory MemoryReservation Name", func(field func(any)) func(context.Context) error {
			o := types.ContainerOverride{Name: aws.String("web")}
			field(&o)
			in := &ecs.RunTaskInput{TaskDefinition: aws.String("web"), Overrides: &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{o}}}
			return func(ctx context.Context) error { _, err := bare.RunTask(ctx, in); return err }
		}},
		{ecs.StartTaskInput{}, `ContainerInstances TaskDefinition Cluster EnableECSManagedTags EnableExecuteCommand Group Overrides PropagateTags ReferenceId StartedBy Tags`,
			func(field func(any)) func(context.Context) error {
				in := &ecs.StartTaskInput{TaskDefinition: aws.String("web"), ContainerInstances: []string{instance}}
				field(in)
				return func(ctx context.Context) error { _, err := bare.StartTask(ctx, in); return err }
			}},
		{ecs.CreateServiceInput{}, `ServiceName AvailabilityZoneRebalancing CapacityProviderStrategy ClientToken Cluster DeploymentConfiguration
			DeploymentController DesiredCount EnableECSManagedTags EnableExecuteCommand HealthCheckGracePeriodSeconds LaunchType PlacementConstraints PlacementStrategy PropagateTags SchedulingStrategy Tags TaskDefinition`,
			func(field func(any)) func(context.Context) error {
				in := &ecs.CreateServiceInput{ServiceName: aws.String("probe"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1)}
				field(in)
				return func(ctx context.Context) error { _, err := bare.CreateService(ctx, in); return err }
			}},
		{ecs.UpdateServiceInput{}, `Service AvailabilityZoneRebalancing CapacityProviderStrategy Cluster DeploymentConfiguration DeploymentController DesiredCount EnableECSManagedTags EnableExecuteCommand ForceNewDeployment
			HealthCheckGracePeriodSeconds PlacementConstraints PlacementStrategy PropagateTags TaskDefinition`,
			func(field func(any)) func(context.Context) error {
				in := &ecs.UpdateServiceInput{Service: aws.String("kept")}
				field(in)
				return func(ctx context.Context) error { _, err := bare.UpdateService(ctx, in); return err }
			}},
		{types.DeploymentConfiguration{}, "Alarms BakeTimeInMinutes DeploymentCircuitBreaker MaximumPercent MinimumHealthyPercent", func(field func(any)) func(context.Context) error {
			c := &types.DeploymentConfiguration{}
			field(c)
			in := &ecs.UpdateServiceInput{Service: aws.String("kept"), DeploymentConfiguration: c}
			return func(ctx context.Context) error { _, err := bare.UpdateService(ctx, in); return err }
		}},
		{ecs.CreateTaskSetInput{}, "CapacityProviderStrategy ClientToken Cluster ExternalId LaunchType Scale Service Tags TaskDefinition",
			func(field func(any)) func(context.Context) error {
				in := &ecs.CreateTaskSetInput{Cluster: aws.String("default"), Service: aws.String("outside"), TaskDefinition: aws.String("web")}
				field(in)
				return func(ctx context.Context) error { _, err := bare.CreateTaskSet(ctx, in); return err }
			}},
		{types.ServiceConnectConfiguration{}, "", func(field func(any)) func(context.Context) error {
			c := &types.ServiceConnectConfiguration{}
			field(c)
			in := &ecs.UpdateServiceInput{Service: aws.String("kept"), ServiceConnectConfiguration: c}
			return func(ctx context.Context) error { _, err := bare.UpdateService(ctx, in); return err }
		}},
		{ecs.CreateClusterInput{}, "CapacityProviders ClusterName Configuration DefaultCapacityProviderStrategy Settings Tags", func(field func(any)) func(context.Context) error {
			in := &ecs.CreateClusterInput{ClusterName: aws.String("probe")}
			field(in)
			return func(ctx context.Context) error { _, err := bare.CreateCluster(ctx, in); return err }
		}},
		{ecs.UpdateClusterInput{}, "Cluster Configuration Settings", func(field func(any)) func(context.Context) error {
			in := &ecs.UpdateClusterInput{Cluster: aws.String("default")}
			field(in)
			return func(ctx context.Context) error { _, err := bare.UpdateCluster(ctx, in); return err }
		}},
		{ecs.CreateCapacityProviderInput{}, "AutoScalingGroupProvider Cluster ManagedInstancesProvider Name Tags", func(field func(any)) func(context.Context) error {
			in := &ecs.CreateCapacityProviderInput{Name: aws.String("probe"), AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("g")}}
			field(in)
			return func(ctx context.Context) error { _, err := bare.CreateCapacityProvider(ctx, in); return err }
		}},
		{types.AutoScalingGroupProvider{}, "AutoScalingGroupArn ManagedDraining ManagedScaling ManagedTerminationProtection", func(field func(any)) func(context.Context) error {
			g := &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("g")}
			field(g)
			in := &ecs.CreateCapacityProviderInput{Name: aws.String("probe"), AutoScalingGroupProvider: g}
			return func(ctx context.Context) error { _, err := bare.CreateCapacityProvider(ctx, in); return err }
		}},
		{types.ManagedScaling{}, "InstanceWarmupPeriod MaximumScalingStepSize MinimumScalingStepSize Status TargetCapacity", func(field func(any)) func(context.Context) error {
			m := &types.ManagedScaling{}
			field(m)
			in := &ecs.CreateCapacityProviderInput{Name: aws.String("probe"), AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("g"), ManagedScaling: m}}
			return func(ctx context.Context) error { _, err := bare.CreateCapacityProvider(ctx, in); return err }
		}},
		{types.CapacityProviderStrategyItem{}, "Base CapacityProvider Weight", func(field func(any)) func(context.Context) error {
			i := types.CapacityProviderStrategyItem{CapacityProvider: aws.String("FARGATE")}
			field(&i)
			in := &ecs.CreateClusterInput{ClusterName: aws.String("probe"), CapacityProviders: []string{"FARGATE"}, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{i}}
			return func(ctx context.Context) error { _, err := bare.CreateCluster(ctx, in); return err }
		}},
		{types.ClusterConfiguration{}, "ExecuteCommandConfiguration ManagedStorageConfiguration", func(field func(any)) func(context.Context) error {
			c := &types.ClusterConfiguration{}
			field(c)
			in := &ecs.CreateClusterInput{ClusterName: aws.String("probe"), Configuration: c}
			return func(ctx context.Context) error { _, err := bare.CreateCluster(ctx, in); return err }
		}},
		{ecs.RegisterContainerInstanceInput{}, `Attributes Cluster ContainerInstanceArn InstanceIdentityDocument InstanceIdentityDocumentSignature
			Tags TotalResources VersionInfo`,
			func(field func(any)) func(context.Context) error {
				in := &ecs.RegisterContainerInstanceInput{TotalResources: resources(1, 10)}
				field(in)
				return func(ctx context.Context) error { _, err := bare.RegisterContainerInstance(ctx, in); return err }
			}},
		{ecs.SubmitTaskStateChangeInput{}, `Cluster Containers ExecutionStoppedAt PullStartedAt PullStoppedAt Reason Status Task`,
			func(field func(any)) func(context.Context) error {
				in := &ecs.SubmitTaskStateChangeInput{}
				field(in)
				return func(ctx context.Context) error { _, err := bare.SubmitTaskStateChange(ctx, in); return err }
			}},
	} {
		of := reflect.TypeOf(c.of)
		used := strings.Fields(c.used)
		filled, err := wiretest.NewFiller(1).New(of)
		if err != nil {
			t.Fatal(err)
		}
		for i := range of.NumField() {
			name := of.Field(i).Name
			if !of.Field(i).IsExported() || slices.Contains(used, name) {
				continue
			}
			// A boolean that is drawn false asks for nothing.
			set(reflect.ValueOf(filled).Elem().Field(i))
			err := c.call(func(to any) {
				reflect.ValueOf(to).Elem().Field(i).Set(reflect.ValueOf(filled).Elem().Field(i))
			})(t.Context())
			var api smithy.APIError
			if !errors.As(err, &api) || !slices.Contains([]string{"ClientException", "InvalidParameterException", "UnsupportedFeatureException", "NamespaceNotFoundException"}, api.ErrorCode()) {
				t.Errorf("%s.%s is not refused: %v", of.Name(), name, err)
			}
		}
		for _, name := range used {
			if _, ok := of.FieldByName(name); !ok {
				t.Errorf("%s has no %s", of.Name(), name)
			}
		}
	}
}

// set turns booleans on, those in structures too.
func set(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		if !v.IsNil() {
			set(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				set(v.Field(i))
			}
		}
	}
}
