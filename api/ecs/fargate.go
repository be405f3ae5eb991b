package ecs

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// Platform versions of Fargate for Linux. Source: ECS developer guide, "Fargate
// platform versions for Amazon ECS": LATEST is 1.4.0; older ones are deprecated
// and not offered here.
const (
	platformLatest  = "LATEST"
	platformCurrent = "1.4.0"
	platformFamily  = "Linux"
)

// platform returns what is kept of the platform version that a call names for
// tasks that run on Fargate, or do not.
func platform(given *string, onFargate bool, launchType string) (string, error) {
	switch version := aws.ToString(given); {
	case !onFargate && version != "":
		return "", invalid("The platform version must be null when specifying an %s launch type.", orWord(launchType, "EC2"))
	case !onFargate:
		return "", nil
	case version == "", version == platformLatest:
		return platformLatest, nil
	case version == platformCurrent:
		return version, nil
	}
	return "", &types.PlatformUnknownException{Message: new("The specified platform version does not exist.")}
}

// resolvedPlatform returns the version that tasks of a spec run on; "" for
// those that do not run on Fargate.
func resolvedPlatform(kept string) string {
	if kept == platformLatest {
		return platformCurrent
	}
	return kept
}

// fargateRuns says why Fargate cannot run tasks of the definition that are to
// be placed by strategies and constraints.
// Source of the words: errors of CreateService and RunTask that people report.
func fargateRuns(def *types.TaskDefinition, strategies, constraints int) error {
	switch {
	case constraints > 0:
		return invalid("Placement constraints are not supported with FARGATE launch type.")
	case strategies > 0:
		return invalid("Placement strategies are not supported with FARGATE launch type.")
	case !slices.Contains(def.RequiresCompatibilities, types.CompatibilityFargate):
		return invalid("Task definition does not support launch_type FARGATE.")
	}
	return nil
}

// fargateOverrides checks what a task of Fargate may override: sizes that
// Fargate has, and its ephemeral storage.
func fargateOverrides(def *types.TaskDefinition, o *types.TaskOverride) error {
	if o == nil {
		return nil
	}
	if slices.ContainsFunc(o.ContainerOverrides, func(c types.ContainerOverride) bool { return len(c.ResourceRequirements) > 0 }) {
		return clientError("Tasks using the Fargate launch type do not support GPU resource requirements.")
	}
	if size, err := place.Demand(def, o); err != nil {
		return invalid("%s", err)
	} else if (o.Cpu != nil || o.Memory != nil) && !fargateFits(size.CPU, size.Memory, windows(def)) {
		return clientError("No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", size.CPU, size.Memory)
	}
	switch s := o.EphemeralStorage; {
	case s != nil && s.SizeInGiB < minStorage:
		return invalid("EphemeralStorage size should be at least %d", minStorage)
	case s != nil && s.SizeInGiB > maxStorage:
		return invalid("EphemeralStorage size should be at most %d", maxStorage)
	}
	return nil
}

// fargateNeeds are the attributes that an instance must have for a task of the
// definition on Fargate and an OCI runtime.
func fargateNeeds(runtime string, def *types.TaskDefinition, o *types.TaskOverride) []model.Attribute {
	required := place.RequiredOn(runtime, def, o)
	if o != nil && o.EphemeralStorage != nil && def.EphemeralStorage == nil {
		required = append(required, model.Attribute{Name: model.CapabilityStorage})
	}
	return required
}

// showFargateTask fills in what tasks of Fargate show, and takes out the
// instance that they are on: it is not their owner's.
func showFargateTask(v store.View, t *model.Task, def *types.TaskDefinition, out *types.Task) {
	out.ContainerInstanceArn = nil
	if i := t.Spec.Interface; i != nil {
		if s, ok := v.Subnet(t.Account, i.Subnet); ok {
			out.AvailabilityZone = new(s.Zone) // a pool may stand in for zones that it has no instance in
		}
	}
	out.PlatformVersion, out.PlatformFamily = text(t.Spec.PlatformVersion), new(platformFamily)
	size := model.FargateStorage(def, t.Spec.Overrides)
	out.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: size}
	out.FargateEphemeralStorage = &types.TaskEphemeralStorage{SizeInGiB: size}
	if o := t.Spec.Overrides; o != nil && out.Overrides != nil {
		out.Overrides.EphemeralStorage = o.EphemeralStorage
	}
}

// capacityUnavailable is what Fargate says when there is no room, of RunTask.
// Source: AWS knowledge center, "Capacity is unavailable" errors of RunTask.
const capacityUnavailable = "Capacity is unavailable at this time. Please try again later or in a different availability zone"

// poolDetail says what the instances that take tasks of Fargate lack: it is
// ours, for whoever runs them.
func poolDetail(r place.Result) *string {
	f, any := r.Closest()
	if !any || r.Nobody() {
		return new("No container instance takes tasks of Fargate: run `roadstead agent --fargate`, or `roadstead up`.")
	}
	return text(fmt.Sprintf("%s. %s", f.Reason, f.Detail))
}
