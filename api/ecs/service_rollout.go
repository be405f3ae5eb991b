package ecs

import (
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// Limits of a deployment configuration. Source: ECS API reference,
// DeploymentConfiguration; ECS developer guide, "How CloudWatch alarms detect
// Amazon ECS deployment failures".
const (
	maxBake   = 1440 // minutes
	maxAlarms = 10
)

// rollout takes over a deployment configuration. What it does not name stays.
func (s *serviceSpec) rollout(c *types.DeploymentConfiguration) error {
	if c == nil {
		return nil
	}
	if err := refuseRollout(c); err != nil {
		return err
	}
	if c.MinimumHealthyPercent != nil {
		s.Rollout.MinimumHealthyPercent = int(*c.MinimumHealthyPercent)
	}
	if c.MaximumPercent != nil {
		s.Rollout.MaximumPercent = int(*c.MaximumPercent)
	}
	if c.BakeTimeInMinutes != nil {
		if *c.BakeTimeInMinutes < 0 || *c.BakeTimeInMinutes > maxBake {
			return invalid("bakeTimeInMinutes must be between 0 and %d.", maxBake)
		}
		s.Rollout.BakeTime, s.Rollout.BakeTimeSet = time.Duration(*c.BakeTimeInMinutes)*time.Minute, true
	}
	if err := s.breaker(c.DeploymentCircuitBreaker); err != nil {
		return err
	}
	return s.alarms(c.Alarms)
}

// breaker takes over the settings of the circuit breaker, all of them.
func (s *serviceSpec) breaker(b *types.DeploymentCircuitBreaker) error {
	if b == nil {
		return nil
	}
	r := &s.Rollout
	r.CircuitBreaker, r.Rollback = b.Enable, b.Rollback
	r.BreakerKeep, r.BreakerResetSet = b.ResetOnHealthyTask != nil && !*b.ResetOnHealthyTask, b.ResetOnHealthyTask != nil
	r.BreakerThreshold = nil
	t := b.ThresholdConfiguration
	if t == nil {
		return nil
	}
	switch {
	case !slices.Contains(t.Type.Values(), t.Type):
		return invalid("Invalid threshold type: %s", t.Type)
	case t.Value < 1:
		return invalid("The value of thresholdConfiguration must be at least 1.")
	case t.Type != types.ThresholdTypeCount && t.Value > 100:
		return invalid("The value of thresholdConfiguration must be between 1 and 100 for the type %s.", t.Type)
	}
	r.BreakerThreshold = &model.BreakerThreshold{Type: string(t.Type), Value: int(t.Value)}
	return nil
}

// alarms takes over which alarms fail a deployment, all of them. Alarms that
// are switched off and without a name are none.
func (s *serviceSpec) alarms(a *types.DeploymentAlarms) error {
	if a == nil {
		return nil
	}
	switch {
	case a.Enable && len(a.AlarmNames) == 0:
		return invalid("alarmNames cannot be empty when deployment alarms are enabled.")
	case len(a.AlarmNames) > maxAlarms:
		return invalid("alarmNames can have at most %d items.", maxAlarms)
	}
	seen := map[string]bool{}
	for _, name := range a.AlarmNames {
		if name == "" || len(name) > maxName || seen[name] {
			return invalid("alarmNames must be different names of 1 to %d characters.", maxName)
		}
		seen[name] = true
	}
	r := &s.Rollout
	r.Alarms, r.AlarmsEnabled, r.AlarmsRollback = slices.Clone(a.AlarmNames), a.Enable, a.Rollback
	r.AlarmsSet = a.Enable || a.Rollback || len(a.AlarmNames) > 0
	return nil
}

// refuseRollout refuses the parts of a deployment configuration that are not
// supported.
func refuseRollout(c *types.DeploymentConfiguration) error {
	if c.Strategy != "" && !slices.Contains(c.Strategy.Values(), c.Strategy) {
		return invalid("Invalid deployment strategy: %s", c.Strategy)
	}
	return refuse(notSupported,
		parameter{"deploymentConfiguration.strategy " + string(c.Strategy), c.Strategy != "" && c.Strategy != types.DeploymentStrategyRolling},
		parameter{"deploymentConfiguration.canaryConfiguration", c.CanaryConfiguration != nil},
		parameter{"deploymentConfiguration.linearConfiguration", c.LinearConfiguration != nil},
		parameter{"deploymentConfiguration.earlySuccessCriteria", c.EarlySuccessCriteria != nil},
		parameter{"deploymentConfiguration.lifecycleHooks", len(c.LifecycleHooks) > 0},
	)
}

// validRollout checks what the parts of a rollout say together.
func (s *serviceSpec) validRollout() error {
	low, high := s.Rollout.MinimumHealthyPercent, s.Rollout.MaximumPercent
	daemon := s.Scheduling == model.SchedulingDaemon
	switch {
	case low < 0 || low > high || high > math.MaxInt16:
		return invalid("minimumHealthyPercent must not be negative or greater than maximumPercent.")
	case !daemon && high < 100:
		return invalid("maximumPercent must be at least 100.")
	case low == 100 && high == 100:
		return invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
	case daemon && high > 100:
		return invalid("The daemon scheduling strategy does not support values above 100 for maximumPercent. Change the value to 100 or fewer and try again.")
	case !s.external():
		return nil
	case s.Rollout.CircuitBreaker:
		return invalid("Deployment circuit breaker feature is only supported with ECS deployment controller.")
	case s.Rollout.AlarmsSet:
		return invalid("Deployment alarms feature is only supported with ECS deployment controller.")
	case s.Rollout.BakeTimeSet:
		return invalid("bakeTimeInMinutes is only supported with ECS deployment controller.")
	}
	return nil
}

// showRollout describes a deployment configuration. One whose deployments
// somebody else controls is no more than its percentages.
func showRollout(s model.ServiceSpec) *types.DeploymentConfiguration {
	r := s.Rollout
	shown := &types.DeploymentConfiguration{MaximumPercent: new(int32(r.MaximumPercent)), MinimumHealthyPercent: new(int32(r.MinimumHealthyPercent))}
	if s.Controller == string(types.DeploymentControllerTypeExternal) {
		return shown
	}
	shown.Strategy = types.DeploymentStrategy(orWord(r.Strategy, string(types.DeploymentStrategyRolling)))
	shown.BakeTimeInMinutes = new(int32(r.BakeTime / time.Minute))
	shown.DeploymentCircuitBreaker = &types.DeploymentCircuitBreaker{Enable: r.CircuitBreaker, Rollback: r.Rollback}
	if r.BreakerResetSet {
		shown.DeploymentCircuitBreaker.ResetOnHealthyTask = aws.Bool(!r.BreakerKeep)
	}
	if t := r.BreakerThreshold; t != nil {
		shown.DeploymentCircuitBreaker.ThresholdConfiguration = &types.ThresholdConfiguration{Type: types.ThresholdType(t.Type), Value: int32(t.Value)}
	}
	if r.AlarmsSet {
		shown.Alarms = &types.DeploymentAlarms{AlarmNames: append([]string{}, r.Alarms...), Enable: r.AlarmsEnabled, Rollback: r.AlarmsRollback}
	}
	return shown
}
