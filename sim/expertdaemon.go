package sim

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// doDaemons makes, changes and deletes managed daemons, and runs tasks on the
// instances that have them.
func (e *expert) doDaemons() {
	d := e.dice
	arn := "arn:aws:ecs:" + region + ":" + account + ":"
	name := "daemon" + pick(d, "1", "2")
	providers := []string{arn + "capacity-provider/" + providerManaged}
	f := d.Float64()
	switch {
	case len(e.daemons) == 0 || f < 0.15:
		e.defineDaemon()
	case f < 0.35:
		e.call("CreateDaemon", &ecs.CreateDaemonInput{DaemonName: &name, ClusterArn: aws.String(arn + "cluster/main"),
			DaemonTaskDefinitionArn: &e.daemons[d.IntN(len(e.daemons))], CapacityProviderArns: providers, Critical: aws.Bool(d.chance(0.6)),
			DeploymentConfiguration: e.daemonRollout()}, nil)
	case f < 0.7:
		e.call("UpdateDaemon", &ecs.UpdateDaemonInput{DaemonArn: aws.String(arn + "daemon/main/" + name),
			DaemonTaskDefinitionArn: &e.daemons[d.IntN(len(e.daemons))], CapacityProviderArns: providers, Critical: aws.Bool(d.chance(0.6)),
			DeploymentConfiguration: e.daemonRollout()}, nil)
	case f < 0.85:
		e.call("RunTask", &ecs.RunTaskInput{Cluster: aws.String("main"), TaskDefinition: e.definition(), Count: aws.Int32(int32(d.number(1, 2))),
			CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String(providerManaged), Weight: 1}}}, nil)
	default:
		e.call("DeleteDaemon", &ecs.DeleteDaemonInput{DaemonArn: aws.String(arn + "daemon/main/" + name)}, nil)
	}
}

func (e *expert) daemonRollout() *types.DaemonDeploymentConfiguration {
	return &types.DaemonDeploymentConfiguration{DrainPercent: aws.Float64(pick(e.dice, 0.0, 25, 100))}
}

func (e *expert) defineDaemon() {
	d := e.dice
	kind := pick(d, imageFine, imageFine, imageFine, imageStubborn, imageFlaky, imageMissing, imageSlow)
	in := &ecs.RegisterDaemonTaskDefinitionInput{Family: aws.String("watch"), ContainerDefinitions: []types.DaemonContainerDefinition{{
		Name: aws.String("c0"), Image: aws.String(fmt.Sprintf("sim/%s:1", kind)), Cpu: int32(pick(d, 64, 128)), Memory: aws.Int32(int32(pick(d, 64, 128)))}}}
	e.call("RegisterDaemonTaskDefinition", in, func(out any) {
		e.daemons = append(e.daemons, *out.(*ecs.RegisterDaemonTaskDefinitionOutput).DaemonTaskDefinitionArn)
	})
}
