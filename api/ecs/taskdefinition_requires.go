package ecs

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// privateRegistry matches images of Amazon's own registries.
var privateRegistry = regexp.MustCompile(`^[0-9]{12}\.dkr[.-]ecr\.`)

// requiredAttributes returns the attributes that an instance must have to run
// the definition, by name. Source: ECS developer guide, "Container agent
// capabilities", and the agent protocol.
func (d *frontDoor) requiredAttributes(def *types.TaskDefinition) []types.Attribute {
	need := map[string]string{}
	want := func(used bool, names ...string) {
		for _, name := range names {
			if used {
				need[name] = ""
			}
		}
	}
	want(def.TaskRoleArn != nil, model.CapabilityTaskRole)
	want(def.TaskRoleArn != nil && def.NetworkMode == types.NetworkModeHost, model.CapabilityTaskRoleHost)
	want(def.Cpu != nil || def.Memory != nil, model.CapabilityTaskLimits)
	execution := def.ExecutionRoleArn != nil
	for i := range def.ContainerDefinitions {
		c := &def.ContainerDefinitions[i]
		ecr := d.ownImage(aws.ToString(c.Image))
		want(ecr, model.CapabilityECR, model.CapabilityAPI("1.17"))
		want(ecr && execution, model.CapabilityExecutionECR)
		want(aws.ToBool(c.Privileged), model.CapabilityPrivileged)
		want(c.MemoryReservation != nil, model.CapabilityAPI("1.21"))
		want(c.HealthCheck != nil, model.CapabilityHealthCheck, model.CapabilityAPI("1.29"))
		want(len(c.DependsOn) > 0, model.CapabilityOrdering)
		if l := c.LogConfiguration; l != nil {
			logs := l.LogDriver == types.LogDriverAwslogs
			want(true, "com.amazonaws.ecs.capability.logging-driver."+string(l.LogDriver), model.CapabilityAPI("1.18"))
			want(logs, model.CapabilityAPI("1.19"))
			want(logs && execution, model.CapabilityExecutionLogs)
		}
		if l := c.LinuxParameters; l != nil {
			want(aws.ToBool(l.InitProcessEnabled), model.CapabilityAPI("1.25"))
		}
	}
	if p := def.RuntimePlatform; p != nil && p.CpuArchitecture != "" {
		need[model.AttributeArchitecture] = strings.ToLower(string(p.CpuArchitecture))
	}
	required := []types.Attribute{}
	for _, name := range slices.Sorted(maps.Keys(need)) {
		required = append(required, types.Attribute{Name: new(name), Value: text(need[name])})
	}
	return required
}

// ownImage reports whether the image is pulled with a token of ECR.
func (d *frontDoor) ownImage(image string) bool {
	return privateRegistry.MatchString(image) || slices.ContainsFunc(d.opts.RegistryHosts,
		func(host string) bool { return strings.HasPrefix(image, host+"/") })
}
