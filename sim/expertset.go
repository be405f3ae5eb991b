package sim

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// doSets makes, scales and deletes a service's task sets and the service.
func (e *expert) doSets() {
	d := e.dice
	cluster, service := aws.String("main"), aws.String("outside"+pick(d, "1", "2"))
	switch f := d.Float64(); {
	case f < 0.2:
		e.call("CreateService", &ecs.CreateServiceInput{Cluster: cluster, ServiceName: service, DesiredCount: aws.Int32(int32(d.number(1, 5))),
			DeploymentController: &types.DeploymentController{Type: types.DeploymentControllerTypeExternal}}, nil)
	case f < 0.45:
		e.sets++
		e.call("CreateTaskSet", &ecs.CreateTaskSetInput{Cluster: cluster, Service: service, TaskDefinition: e.definition(),
			ClientToken: numbered("set", e.sets), Scale: e.scale()}, nil)
	case f < 0.6:
		e.call("UpdateService", &ecs.UpdateServiceInput{Cluster: cluster, Service: service, DesiredCount: aws.Int32(int32(d.number(0, 6)))}, nil)
	case f < 0.63:
		e.call("DeleteService", &ecs.DeleteServiceInput{Cluster: cluster, Service: service, Force: aws.Bool(true)}, nil)
	default:
		e.call("DescribeTaskSets", &ecs.DescribeTaskSetsInput{Cluster: cluster, Service: service}, func(out any) {
			if sets := out.(*ecs.DescribeTaskSetsOutput).TaskSets; len(sets) > 0 {
				e.changeSet(cluster, service, sets[d.IntN(len(sets))].Id)
			}
		})
	}
}

func (e *expert) scale() *types.Scale {
	return &types.Scale{Unit: types.ScaleUnitPercent, Value: pick(e.dice, 0.0, 10, 33, 50, 100, 100)}
}

func (e *expert) changeSet(cluster, service, set *string) {
	switch f := e.dice.Float64(); {
	case f < 0.5:
		e.call("UpdateTaskSet", &ecs.UpdateTaskSetInput{Cluster: cluster, Service: service, TaskSet: set, Scale: e.scale()}, nil)
	case f < 0.7:
		e.call("UpdateServicePrimaryTaskSet", &ecs.UpdateServicePrimaryTaskSetInput{Cluster: cluster, Service: service, PrimaryTaskSet: set}, nil)
	default:
		e.call("DeleteTaskSet", &ecs.DeleteTaskSetInput{Cluster: cluster, Service: service, TaskSet: set, Force: aws.Bool(true)}, nil)
	}
}
