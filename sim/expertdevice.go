package sim

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// The role as which volumes are made.
const volumeRole = "volumes"

// mayBe is the trust policy by which ECS may be a role.
const mayBe = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// makeRole is what somebody has done with IAM before.
func (e *expert) makeRole(then func()) {
	e.put(&model.Role{Account: account, Name: volumeRole, Path: "/", ID: "AROAVOLUMES", Trust: mayBe}, then)
}

// equip gives a machine GPUs, now and then others than before: it has fewer when
// one has failed.
func (n *node) equip() {
	if !n.w.shape.extras.gpus || len(n.gpus) > 0 && !n.dice.chance(0.3) {
		return
	}
	var gpus []string
	for i := range 3 {
		if n.dice.chance(0.6) {
			gpus = append(gpus, fmt.Sprintf("GPU-%d", i))
		}
	}
	if len(gpus) < len(n.gpus) {
		n.w.happen(DeviceLost)
	}
	n.gpus = gpus
}

// doGPUs runs tasks and services that have GPUs.
func (e *expert) doGPUs() {
	d := e.dice
	if len(e.gpuUsers) == 0 || d.chance(0.1) {
		e.define(&e.gpuUsers, &ecs.RegisterTaskDefinitionInput{Family: aws.String("counting"), ContainerDefinitions: []types.ContainerDefinition{
			e.lends("c0", d.number(1, 2)), e.lends("c1", d.number(0, 1))}})
		return
	}
	e.runOrServe("counting"+pick(d, "1", "2"), e.gpuUsers, func(*ecs.RunTaskInput) {}, func(*ecs.CreateServiceInput) {})
}

// lends is a container that has GPUs.
func (e *expert) lends(name string, gpus int) types.ContainerDefinition {
	c := e.plain(name)
	if gpus > 0 {
		c.ResourceRequirements = []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: aws.String(fmt.Sprint(gpus))}}
	}
	return c
}

// plain is a container that asks for little.
func (e *expert) plain(name string) types.ContainerDefinition {
	d := e.dice
	kind := pick(d, imageFine, imageFine, imageFine, imageStubborn, imageFlaky, imageJob, imageCrashing, imageHeavy)
	c := types.ContainerDefinition{Name: &name, Image: aws.String(fmt.Sprintf("sim/%s:%d", kind, d.number(1, 3))), Cpu: 64, Memory: aws.Int32(64)}
	if d.chance(0.3) {
		c.StopTimeout = aws.Int32(int32(d.number(2, 60)))
	}
	return c
}

// define registers a definition and adds it to those.
func (e *expert) define(to *[]string, in *ecs.RegisterTaskDefinitionInput) {
	e.call("RegisterTaskDefinition", in, func(out any) {
		t := out.(*ecs.RegisterTaskDefinitionOutput).TaskDefinition
		*to = append(*to, fmt.Sprintf("%s:%d", *t.Family, t.Revision))
	})
}

// runOrServe makes a call about tasks or a service of one of the definitions,
// which run and serve complete.
func (e *expert) runOrServe(name string, of []string, run func(*ecs.RunTaskInput), serve func(*ecs.CreateServiceInput)) {
	d, cluster := e.dice, aws.String("main")
	definition := &of[d.IntN(len(of))]
	switch f := d.Float64(); {
	case f < 0.3:
		in := &ecs.RunTaskInput{Cluster: cluster, TaskDefinition: definition, Count: aws.Int32(int32(d.number(1, 3)))}
		run(in)
		e.call("RunTask", in, func(out any) {
			for _, t := range out.(*ecs.RunTaskOutput).Tasks {
				e.w.user.tasks = append(e.w.user.tasks, *t.TaskArn)
			}
		})
	case f < 0.6:
		in := &ecs.CreateServiceInput{Cluster: cluster, ServiceName: &name, TaskDefinition: definition, DesiredCount: aws.Int32(int32(d.number(0, 4))),
			DeploymentConfiguration: e.w.user.rollout(false)}
		serve(in)
		e.call("CreateService", in, nil)
	case f < 0.95:
		in := &ecs.UpdateServiceInput{Cluster: cluster, Service: &name}
		if d.chance(0.6) {
			in.DesiredCount = aws.Int32(int32(d.number(0, 5)))
		}
		if d.chance(0.4) {
			in.TaskDefinition = definition
		}
		e.call("UpdateService", in, nil)
	default:
		e.call("DeleteService", &ecs.DeleteServiceInput{Cluster: cluster, Service: &name, Force: aws.Bool(true)}, nil)
	}
}

// doVolumes runs tasks and services that have volumes attached, which some tasks
// leave behind.
func (e *expert) doVolumes() {
	d := e.dice
	if len(e.volumeUsers) == 0 || d.chance(0.1) {
		c := e.plain("c0")
		c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("data"), ContainerPath: aws.String("/data")}}
		e.define(&e.volumeUsers, &ecs.RegisterTaskDefinitionInput{Family: aws.String("keeping"), ContainerDefinitions: []types.ContainerDefinition{c},
			Volumes: []types.Volume{{Name: aws.String("data"), ConfiguredAtLaunch: aws.Bool(true)}}})
		return
	}
	role := "arn:aws:iam::" + account + ":role/" + volumeRole
	e.runOrServe("keeping"+pick(d, "1", "2"), e.volumeUsers, func(in *ecs.RunTaskInput) {
		m := &types.TaskManagedEBSVolumeConfiguration{RoleArn: &role, SizeInGiB: aws.Int32(1)}
		if d.chance(0.6) {
			m.TerminationPolicy = &types.TaskManagedEBSVolumeTerminationPolicy{DeleteOnTermination: aws.Bool(d.chance(0.5))}
		}
		in.VolumeConfigurations = []types.TaskVolumeConfiguration{{Name: aws.String("data"), ManagedEBSVolume: m}}
	}, func(in *ecs.CreateServiceInput) {
		in.VolumeConfigurations = []types.ServiceVolumeConfiguration{{Name: aws.String("data"),
			ManagedEBSVolume: &types.ServiceManagedEBSVolumeConfiguration{RoleArn: &role, SizeInGiB: aws.Int32(1)}}}
	})
}

// lent are the GPUs that a container of a payload has.
func (l *live) lent(container string) (gpus []string) {
	for _, a := range l.payload.Associations {
		if slices.Contains(a.Containers, container) {
			gpus = append(gpus, a.Name)
		}
	}
	return gpus
}
