package ecs

import (
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits and defaults of daemons. Source: ECS API reference,
// DaemonDeploymentConfiguration; ECS developer guide, "Daemon deployments".
const (
	defaultDrainPercent = 25
	maxBakeMinutes      = 1440
	maxDaemonToken      = 36
)

// daemonSpec is what CreateDaemon and UpdateDaemon say alike. Nothing of an
// earlier call stays: what is left out is the default.
type daemonSpec struct {
	definition string
	providers  []string
	revision   model.DaemonRevisionSpec
	deployment model.DaemonDeploymentSpec
}

func newDaemonSpec(definition *string, providers []string, critical *bool, c *types.DaemonDeploymentConfiguration,
	tags types.DaemonPropagateTags, managed, execute bool) (*daemonSpec, error) {
	s := &daemonSpec{definition: aws.ToString(definition), providers: providers}
	switch {
	case s.definition == "":
		return nil, invalid("Daemon task definition can not be blank.")
	case len(providers) == 0:
		return nil, invalid("Capacity providers cannot be empty.")
	case tags != "" && !slices.Contains(tags.Values(), tags):
		return nil, invalid("Invalid propagateTags: %s", tags)
	}
	s.revision = model.DaemonRevisionSpec{Critical: critical == nil || *critical, EnableManagedTags: managed, EnableExecuteCommand: execute,
		PropagateTags: orWord(string(tags), string(types.DaemonPropagateTagsNone))}
	s.deployment.DrainPercent = defaultDrainPercent
	if c == nil {
		return s, nil
	}
	if p := c.DrainPercent; p != nil {
		if math.IsNaN(*p) || *p < 0 || *p > 100 {
			return nil, invalid("drainPercent must be between 0.0 and 100.0.")
		}
		s.deployment.DrainPercent = *p
	}
	if c.BakeTimeInMinutes < 0 || c.BakeTimeInMinutes > maxBakeMinutes {
		return nil, invalid("bakeTimeInMinutes must be between 0 and %d.", maxBakeMinutes)
	}
	s.deployment.BakeTime = time.Duration(c.BakeTimeInMinutes) * time.Minute
	if a := c.Alarms; a != nil {
		if a.Enable && len(a.AlarmNames) == 0 {
			return nil, invalid("alarmNames cannot be empty when alarms are enabled.")
		}
		if slices.Contains(a.AlarmNames, "") {
			return nil, invalid("Alarm names can not be blank.")
		}
		s.deployment.Alarms, s.deployment.AlarmsEnabled = a.AlarmNames, a.Enable
	}
	return s, nil
}

// resolve finds what the spec names, for a daemon in the cluster, and guards
// the change with it.
func (s *daemonSpec) resolve(r request, v store.View, c *model.Change, cluster *model.Cluster) error {
	t, _, err := r.daemonDefinition(v, s.definition)
	switch {
	case err != nil:
		return err
	case t == nil:
		return clientError("Daemon task definition not found.")
	case t.Status != model.DaemonTaskDefinitionActive:
		return clientError("Daemon task definition is not active.")
	}
	c.Expect(t)
	s.revision.TaskDefinition = t.Key().ID
	s.deployment.Providers = nil
	for _, ref := range s.providers {
		name := r.providerName(ref)
		if fargate(name) {
			return onlyManaged()
		}
		p, ok := r.provider(v, name)
		switch {
		case !ok || p.Status != model.CapacityProviderActive:
			return invalid("The specified capacity provider '%s' was not found. Specify a valid name or ARN and try again.", ref)
		case p.Managed == nil:
			return onlyManaged()
		case p.Cluster != cluster.Name:
			return invalid("The specified capacity provider '%s' is not associated with the cluster.", ref)
		case slices.Contains(s.deployment.Providers, name):
			return invalid("Duplicate capacity providers found.")
		}
		c.Expect(p)
		s.deployment.Providers = append(s.deployment.Providers, name)
	}
	slices.Sort(s.deployment.Providers)
	return nil
}

// onlyManaged refuses other providers, as AWS does: instances of an Auto
// Scaling group can have a service with the DAEMON scheduling strategy.
func onlyManaged() error {
	return invalid("ECS Managed Daemons is only supported for Amazon ECS Managed Instances Capacity Providers.")
}
