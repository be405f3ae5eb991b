package e2e

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
)

// defaultSubnets returns the ids of the default subnets of the account that
// `roadstead up` begins with.
func defaultSubnets() (ids []string) {
	for _, n := range address.Beginning("000000000000", "us-east-1") {
		if s, ok := n.(*model.Subnet); ok {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// TestFargate runs tasks that no instance is shown for: one of its own, and a
// service of FARGATE_SPOT in all zones, of whose tasks one is interrupted by
// hand and replaced.
func TestFargate(t *testing.T) {
	p := startProgram(t, binary(t), filepath.Join(t.TempDir(), "data"), "--instances", "3")
	ctx := context.Background()
	if i := p.instanceAttributes(); !i[model.CapabilityInterface] {
		t.Fatal("the instances do not say that they give tasks interfaces")
	}
	image := p.image()
	sized := func(family, cpu, memory, command string) string {
		return p.register(family, image, command, func(in *ecs.RegisterTaskDefinitionInput) {
			in.NetworkMode, in.Cpu, in.Memory = types.NetworkModeAwsvpc, &cpu, &memory
			in.RequiresCompatibilities = []types.Compatibility{types.CompatibilityFargate}
			in.ExecutionRoleArn = aws.String("arn:aws:iam::000000000000:role/execution")
			in.ContainerDefinitions[0].Memory, in.ContainerDefinitions[0].StopTimeout = nil, aws.Int32(5)
		})
	}
	network := &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: defaultSubnets()}}
	once := sized("once", "256", "512", "exit 7")
	out, err := p.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: &once, LaunchType: types.LaunchTypeFargate, NetworkConfiguration: network})
	if err != nil || len(out.Tasks) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	task := p.untilTask(*out.Tasks[0].TaskArn, "STOPPED")
	if task.ContainerInstanceArn != nil || task.LaunchType != types.LaunchTypeFargate || aws.ToString(task.PlatformVersion) != "1.4.0" ||
		aws.ToInt32(task.Containers[0].ExitCode) != 7 || !strings.HasPrefix(aws.ToString(task.AvailabilityZone), "us-east-1") {
		t.Errorf("%+v", task)
	}

	if _, err := p.ecs.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("default"),
		CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"}, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}}); err != nil {
		t.Fatal(err)
	}
	spot := sized("spot", "256", "512", "trap 'exit 0' TERM; sleep 600 & wait")
	if _, err := p.ecs.CreateService(ctx, &ecs.CreateServiceInput{ServiceName: aws.String("spot"), TaskDefinition: &spot, DesiredCount: aws.Int32(3),
		CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}}, NetworkConfiguration: network}); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "a task in each zone", func() bool { return len(p.zonesOf("spot")) == 3 })
	before := p.runningTasks("spot")
	printed, err := exec.Command(p.bin, "spot", "reclaim", "--data-dir", p.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	gone := strings.TrimSpace(string(printed))
	task = p.untilTask(gone, "STOPPED")
	if task.StopCode != types.TaskStopCodeSpotInterruption || aws.ToString(task.StoppedReason) != "Your Spot Task was interrupted." || aws.ToInt32(task.Containers[0].ExitCode) != 0 {
		t.Errorf("%s: %s", task.StopCode, aws.ToString(task.StoppedReason))
	}
	until(t, time.Minute, "the replacement", func() bool { return len(p.runningTasks("spot")) == len(before) })
}

// instanceAttributes returns the names of the first instance's attributes.
func (p *platform) instanceAttributes() map[string]bool {
	p.t.Helper()
	list, err := p.ecs.ListContainerInstances(context.Background(), &ecs.ListContainerInstancesInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	some, err := p.ecs.DescribeContainerInstances(context.Background(), &ecs.DescribeContainerInstancesInput{ContainerInstances: list.ContainerInstanceArns[:1]})
	if err != nil {
		p.t.Fatal(err)
	}
	names := map[string]bool{}
	for _, a := range some.ContainerInstances[0].Attributes {
		names[aws.ToString(a.Name)] = true
	}
	return names
}

// zonesOf counts the service's running tasks by availability zone.
func (p *platform) zonesOf(service string) map[string]int {
	counts := map[string]int{}
	for _, task := range p.tasksOf(service) {
		if aws.ToString(task.LastStatus) == "RUNNING" {
			counts[aws.ToString(task.AvailabilityZone)]++
		}
	}
	return counts
}
