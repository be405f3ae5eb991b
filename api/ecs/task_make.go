package ecs

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/wire"
)

// Limits of RunTask and StartTask. Source: ECS API reference.
const (
	maxTasksToRun  = 10
	maxGroup       = 255
	maxStartedBy   = 128
	maxReferenceID = 1024
	maxOverrides   = 8192 // bytes of JSON
)

// launch is what RunTask and StartTask have in common.
type launch struct {
	taskDefinition, group, startedBy, referenceID, launchType string
	// provider is the capacity provider's name; "" for a launch type.
	provider string
	// platform is the version of Fargate's platform; "" elsewhere.
	platform string

	overrides   *types.TaskOverride
	network     *types.NetworkConfiguration
	tags        []model.Tag
	propagate   types.PropagateTags
	managedTags bool
	execute     bool // ECS Exec is enabled
	volume      *types.TaskVolumeConfiguration
}

// check validates what does not depend on what is stored.
func (l *launch) check(given []types.Tag) error {
	switch {
	case len(l.group) > maxGroup:
		return invalid("group longer than %d.", maxGroup)
	case strings.HasPrefix(l.group, "service:"):
		// Only services start tasks of their groups.
		return invalid("Invalid namespace for group")
	case len(l.startedBy) > maxStartedBy:
		return invalid("startedBy longer than %d.", maxStartedBy)
	case len(l.referenceID) > maxReferenceID:
		return invalid("referenceId can be at most %d characters long.", maxReferenceID)
	case l.propagate == types.PropagateTagsService:
		return invalid("Invalid value for propagateTags: SERVICE is for services.")
	case l.propagate != "" && !slices.Contains(l.propagate.Values(), l.propagate):
		return invalid("Invalid value for propagateTags: %s", l.propagate)
	}
	var err error
	if l.tags, err = newTags(given); err != nil {
		return err
	}
	l.overrides, err = normalOverrides(l.overrides)
	return err
}

// normalOverrides checks overrides by themselves and brings the task's sizes
// into the form of a definition's. Nil stands for none.
func normalOverrides(o *types.TaskOverride) (*types.TaskOverride, error) {
	if o == nil {
		return nil, nil
	}
	if err := refuseOverrides(o); err != nil {
		return nil, err
	}
	n := *o
	cpu, cpuOK := taskCPU(o.Cpu)
	memory, memoryOK := taskMemory(o.Memory)
	switch {
	case !cpuOK:
		return nil, invalid("Invalid 'cpu' setting for task.")
	case !memoryOK:
		return nil, invalid("Invalid 'memory' setting for task.")
	}
	n.Cpu, n.Memory = cpu, memory
	n.TaskRoleArn, n.ExecutionRoleArn, n.InferenceAcceleratorOverrides = nonEmpty(o.TaskRoleArn), nonEmpty(o.ExecutionRoleArn), nil
	for _, role := range []*string{n.TaskRoleArn, n.ExecutionRoleArn} {
		if role != nil && !validRole(*role) {
			return nil, clientError("Role is not valid")
		}
	}
	encoded, err := wire.Marshal(wire.AWSJSON11, &n)
	if err != nil {
		return nil, err
	}
	if len(encoded) > maxOverrides {
		return nil, invalid("Container Overrides length must be at most %d", maxOverrides)
	}
	if n.Cpu == nil && n.Memory == nil && n.EphemeralStorage == nil && n.TaskRoleArn == nil && n.ExecutionRoleArn == nil && len(n.ContainerOverrides) == 0 {
		return nil, nil
	}
	return &n, nil
}

func refuseOverrides(o *types.TaskOverride) error {
	refused := []parameter{
		{"overrides.inferenceAcceleratorOverrides", len(o.InferenceAcceleratorOverrides) > 0},
	}
	for _, c := range o.ContainerOverrides {
		refused = append(refused,
			parameter{"overrides.containerOverrides.environmentFiles", len(c.EnvironmentFiles) > 0})
	}
	return refuse(notSupported, refused...)
}

// onFargate reports whether the tasks run on Fargate.
func (l *launch) onFargate() bool { return model.OnFargate(l.launchType, l.provider) }

// fits checks overrides, network configuration and launch type against the
// definition.
func (l *launch) fits(def *types.TaskDefinition, network *model.NetworkConfiguration) error {
	if err := matches(network, def, l.launchType); err != nil {
		return err
	}
	if need := def.RequiresCompatibilities; len(need) > 0 && !slices.Contains(need, types.Compatibility(l.launchType)) {
		return invalid("Task definition does not support launch_type %s.", l.launchType)
	}
	if err := l.volumeFits(def); err != nil {
		return err
	}
	if l.overrides == nil {
		return nil
	}
	if l.overrides.EphemeralStorage != nil && !l.onFargate() {
		return invalid("The ephemeralStorage override is only supported for tasks that run on Fargate.")
	}
	for _, o := range l.overrides.ContainerOverrides {
		if err := overrides(find(def, aws.ToString(o.Name)), &o); err != nil {
			return err
		}
	}
	return nil
}

func (l *launch) volumeFits(def *types.TaskDefinition) error {
	if l.volume == nil {
		return volumeMatches(nil, def)
	}
	return volumeMatches(l.volume.Name, def)
}

func overrides(c *types.ContainerDefinition, o *types.ContainerOverride) error {
	if c == nil {
		return invalid("Override for container named %s is not a container in the TaskDefinition.", aws.ToString(o.Name))
	}
	hard, soft := orElse(o.Memory, aws.ToInt32(c.Memory)), orElse(o.MemoryReservation, aws.ToInt32(c.MemoryReservation))
	switch {
	case outside(o.Cpu, 0, 1<<30):
		return invalid("Invalid override for container '%s': cpu must not be negative.", *c.Name)
	case outside(o.Memory, minMemory, 1<<30), outside(o.MemoryReservation, minMemory, 1<<30):
		return invalid("Invalid override for container '%s': memory must be at least %d MiB.", *c.Name, minMemory)
	case *hard != 0 && *hard < *soft:
		return invalid("Invalid override for container '%s': memory must be greater than or equal to memoryReservation.", *c.Name)
	}
	for _, e := range o.Environment {
		if aws.ToString(e.Name) == "" {
			return invalid("Invalid override for container '%s': environment variables must have a name.", *c.Name)
		}
	}
	return overriddenDevices(c, o)
}

// overriddenDevices checks what a container is to have in place of what its
// definition asks for. Source: ECS API reference, ContainerOverride: "The only
// supported resource is a GPU."
func overriddenDevices(c *types.ContainerDefinition, o *types.ContainerOverride) error {
	for _, r := range o.ResourceRequirements {
		if r.Type != types.ResourceTypeGpu {
			return invalid("Invalid override for container '%s': resource requirements of type '%s' cannot be overridden.", *c.Name, r.Type)
		}
	}
	with := *c
	with.ResourceRequirements = o.ResourceRequirements
	return validateResources(nil, &with)
}

// make returns a new task of the definition on an instance.
func (l *launch) make(r request, ids *plan.IDs, cluster *model.Cluster, t *model.TaskDefinition, instance string) (*model.Task, error) {
	resources, err := place.Demand(t.Definition, l.overrides)
	if err != nil {
		return nil, clientError("%s", err)
	}
	tags, err := l.taskTags(cluster, t)
	if err != nil {
		return nil, err
	}
	group := l.group
	if group == "" {
		group = "family:" + t.Family
	}
	task := &model.Task{
		Account: r.scope.Account, Cluster: cluster.Name, ID: ids.Hex(), Desired: model.TaskRunning, Tags: tags,
		Spec: model.TaskSpec{
			TaskDefinition: t.Key().ID, Instance: instance, Group: group, StartedBy: l.startedBy,
			LaunchType: l.launchType, Resources: resources, Overrides: l.overrides, CreatedAt: r.now,
			ReferenceID: l.referenceID, EnableManagedTags: l.managedTags, EnableExecuteCommand: l.execute, CapacityProvider: l.provider,
			PlatformVersion: resolvedPlatform(l.platform), Volume: l.volume, Runtime: cluster.Runtime(),
		},
		Status: model.TaskObserved{Last: model.TaskPending, Version: 1},
	}
	for _, c := range t.Definition.ContainerDefinitions {
		task.Status.Containers = append(task.Status.Containers,
			model.ContainerObserved{Name: *c.Name, Last: model.TaskPending, ID: ids.UUID()})
	}
	return task, nil
}

// taskTags are the definition's tags where they are to be propagated, the
// caller's over them, and AWS's own.
func (l *launch) taskTags(cluster *model.Cluster, t *model.TaskDefinition) ([]model.Tag, error) {
	var tags []model.Tag
	if l.propagate == types.PropagateTagsTaskDefinition {
		tags = t.Tags
	}
	tags, err := mergeTags(tags, l.tags)
	if err == nil && l.managedTags {
		tags = putTag(tags, model.Tag{Key: "aws:ecs:clusterName", Value: cluster.Name})
	}
	return tags, err
}
