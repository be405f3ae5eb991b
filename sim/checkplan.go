package sim

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// planned checks what a loop did by itself, judged by what it had seen
// ("minimum", "maximum", "bounded").
func (c *checker) planned(loop string, seen store.View, change model.Change) {
	if len(change.Writes) > 100 {
		c.w.fail("bounded", "a plan of %s has %d writes", loop, len(change.Writes))
	}
	if loop == "reclaimer" {
		c.reclaimed(seen, change)
	}
	if loop != "services" && loop != "provisioner" {
		return
	}
	services := map[string]bool{}
	written := map[string]*model.Task{}
	for _, w := range change.Writes {
		if t, ok := w.Noun.(*model.Task); ok && t.Spec.Service != "" {
			services[t.Spec.Service] = true
			written[t.Key().ID] = t
		}
	}
	c.rollback(seen, change)
	c.deploymentEnds(seen, change)
	for _, id := range slices.Sorted(maps.Keys(services)) {
		if s, ok := store.Get[*model.Service](seen, id); ok {
			c.distinct(seen, s, written)
			c.protected(seen, s, written)
			c.kept(seen, s, written)
			c.firstShares(seen, s, written)
			c.pioneers(seen, s, written, change)
		}
		if s, ok := store.Get[*model.Service](seen, id); ok && s.Status == model.ServiceActive && s.Spec.Scheduling == model.SchedulingReplica && s.Spec.Controller != external {
			c.percents(seen, s, written)
		}
	}
}

// percents checks a plan for one service of replicas against
// minimumHealthyPercent (rounded up) and maximumPercent (rounded down).
func (c *checker) percents(seen store.View, s *model.Service, written map[string]*model.Task) {
	r := s.Spec.Rollout
	least := (s.Spec.DesiredCount*r.MinimumHealthyPercent + 99) / 100
	most := s.Spec.DesiredCount * r.MaximumPercent / 100
	alive, serving, created := 0, 0, 0
	var sacrificed *model.Task
	for t := range store.TasksByService(seen, s.Key().ID) {
		after, changed := written[t.Key().ID]
		if !changed {
			after = t
		}
		if t.Desired == model.TaskStopped || t.Stopped() {
			continue
		}
		switch stops := after.Desired == model.TaskStopped; {
		case !stops:
			alive++
			if serves(seen, t) {
				serving++
			}
		case serves(seen, t) && connected(seen, t):
			sacrificed = t
		}
	}
	for id, t := range written {
		if _, old := store.Get[*model.Task](seen, id); !old && t.Desired == model.TaskRunning {
			created++
		}
	}
	if created > 0 && alive+created > most {
		c.w.fail("maximum", "service %s may have %d tasks and is given %d more to its %d", s.Name, most, created, alive)
	}
	if sacrificed != nil && serving < least {
		c.w.fail("minimum", "service %s must have %d tasks serving and is left %d when %s is stopped", s.Name, least, serving, sacrificed.ID)
	}
}

// serves reports whether a task is known to do its work.
func serves(v store.View, t *model.Task) bool {
	if t.Status.Last != model.TaskRunning || t.Status.Health == "HEALTHY" {
		return t.Status.Last == model.TaskRunning
	}
	d, ok := store.Get[*model.TaskDefinition](v, t.Spec.TaskDefinition)
	return ok && t.Status.Health == "" && !slices.ContainsFunc(d.Definition.ContainerDefinitions,
		func(c types.ContainerDefinition) bool { return c.HealthCheck != nil && aws.ToBool(c.Essential) })
}

func connected(v store.View, t *model.Task) bool {
	i, ok := store.Get[*model.ContainerInstance](v, t.Spec.Instance)
	return ok && i.AgentConnected && i.Status != model.InstanceInactive
}

// distinct checks that a service whose tasks are to be on instances of their
// own is given no second task on one.
func (c *checker) distinct(seen store.View, s *model.Service, written map[string]*model.Task) {
	if !slices.ContainsFunc(s.Spec.Constraints, func(c model.PlacementConstraint) bool { return c.Type == "distinctInstance" }) {
		return
	}
	on := map[string]string{}
	for t := range store.TasksByService(seen, s.Key().ID) {
		if t.HoldsResources() && t.Spec.Instance != "" {
			on[t.Spec.Instance] = t.ID
		}
	}
	for _, id := range slices.Sorted(maps.Keys(written)) {
		t := written[id]
		if was, old := store.Get[*model.Task](seen, id); old && !was.Waiting() || t.Spec.Instance == "" || t.Spec.Service != s.Key().ID {
			continue
		}
		if other, taken := on[t.Spec.Instance]; taken {
			c.w.fail("distinct", "service %s gets task %s on the instance of %s, and its tasks are to be on instances of their own", s.Name, t.ID, other)
		}
		on[t.Spec.Instance] = t.ID
	}
}

// rollback checks that a service goes back to the last revision that was
// completed and to no other.
func (c *checker) rollback(seen store.View, change model.Change) {
	for _, w := range change.Writes {
		now, ok := w.Noun.(*model.Service)
		if !ok {
			continue
		}
		was, ok := store.Get[*model.Service](seen, now.Key().ID)
		if !ok || was.Primary == now.Primary || now.Spec.Controller == external {
			continue
		}
		var last *model.Deployment
		for d := range store.DeploymentsByService(seen, now.Key().ID) {
			if d.ID != was.Primary && d.Status.Rollout == model.RolloutCompleted && (last == nil || d.CreatedAt.After(last.CreatedAt)) {
				last = d
			}
		}
		if last == nil || last.Spec.TaskDefinition != now.Spec.TaskDefinition {
			c.w.fail("rollback", "service %s goes back to %s, which is not what was completed last", now.Name, now.Spec.TaskDefinition)
		}
	}
}

// kept checks that a rollback stops no task of the revision that it brings back
// before it has taken it over ("rollback").
func (c *checker) kept(seen store.View, s *model.Service, written map[string]*model.Task) {
	primary, ok := store.Get[*model.Deployment](seen, s.Key().ID+"/"+s.Primary)
	if !ok || primary.RollbackOf == "" || primary.Status.Rollout != model.RolloutInProgress || s.Status != model.ServiceActive {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(written)) {
		was, old := store.Get[*model.Task](seen, id)
		if !old || was.Desired == model.TaskStopped || written[id].Desired != model.TaskStopped || was.Spec.Deployment == primary.ID {
			continue
		}
		of, ok := store.Get[*model.Deployment](seen, s.Key().ID+"/"+was.Spec.Deployment)
		if ok && was.Spec.Service == s.Key().ID && of.RevisionNumber() == primary.RevisionNumber() {
			c.w.fail("rollback", "task %s of service %s is of the revision that %s brings back, and is stopped: %s", was.ID, s.Name, primary.ID, written[id].StoppedReason)
		}
	}
}

// protected checks that a task that serves and is protected is not stopped by
// its service, unless the service is deleted or its instance is to be left.
func (c *checker) protected(seen store.View, s *model.Service, written map[string]*model.Task) {
	for _, id := range slices.Sorted(maps.Keys(written)) {
		was, old := store.Get[*model.Task](seen, id)
		if !old || was.Spec.Service != s.Key().ID || s.Status != model.ServiceActive || was.Desired == model.TaskStopped {
			continue
		}
		if set, ok := store.Get[*model.TaskSet](seen, s.Key().ID+"/"+was.Spec.Deployment); s.Spec.Controller == external && (!ok || set.Status != model.TaskSetActive) {
			continue // its task set is deleted
		}
		if written[id].Desired == model.TaskStopped && was.Protected(c.w.clock.now) && serves(seen, was) && connected(seen, was) && !draining(seen, was) {
			c.w.fail("protected", "task %s of service %s is protected until %v and is stopped: %s", was.ID, s.Name, was.ProtectedUntil, written[id].StoppedReason)
		}
	}
}
