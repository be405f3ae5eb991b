package sim

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// everything iterates over what is judged by its revision.
func everything(v store.View) iter.Seq[model.Noun] {
	return func(yield func(model.Noun) bool) {
		_ = each[*model.Task](v, yield) && each[*model.Service](v, yield) && each[*model.Deployment](v, yield) &&
			each[*model.ContainerInstance](v, yield) && each[*model.ClientToken](v, yield) && each[*model.TaskDefinition](v, yield)
	}
}

func each[N model.Noun](v store.View, yield func(model.Noun) bool) bool {
	for n := range store.All[N](v) {
		if !yield(n) {
			return false
		}
	}
	return true
}

// stored opens the log a last time: what it holds is what was to be seen.
func (c *checker) stored() {
	if c.w.failure != nil || c.w.plane == nil {
		return
	}
	db, err := store.Open(c.w.ctx, c.w.log.Peer(nil), store.Options{})
	if err != nil {
		c.w.fail("durability", "the log cannot be read any more: %v", err)
		return
	}
	c.opened(db)
	c.w.plane.crash("somebody else has opened the log")
	c.w.startPlane()
}

// portsOf returns the host ports that a task asks for by number, by its
// definition: what was noted when it was placed is not trusted.
func portsOf(v store.View, t *model.Task) (ports []model.Port) {
	d, ok := store.Get[*model.TaskDefinition](v, t.Spec.TaskDefinition)
	if !ok || d.Definition.NetworkMode == types.NetworkModeAwsvpc || d.Definition.NetworkMode == types.NetworkModeNone {
		return nil
	}
	for _, c := range d.Definition.ContainerDefinitions {
		for _, m := range c.PortMappings {
			if aws.ToInt32(m.HostPort) != 0 {
				protocol := string(m.Protocol)
				if protocol == "" {
					protocol = "tcp"
				}
				ports = append(ports, model.Port{Number: int(*m.HostPort), Protocol: protocol})
			}
		}
	}
	return ports
}

// kept is how long a stopped task can be asked for.
const kept = time.Hour

// forgotten checks that a task that is deleted has stopped long ago.
func (c *checker) forgotten(t *model.Task) {
	if !t.Stopped() || c.w.clock.now.Sub(t.Status.StoppedAt) < kept {
		c.w.fail("kept", "task %s is deleted, which is %s since %v", t.ID, t.Status.Last, t.Status.StoppedAt)
	}
}

// story checks what is said of a task that has stopped: it did not fail to
// start if all of its containers ran.
func (c *checker) story(t *model.Task) {
	if t.StopCode != model.StopTaskFailedToStart {
		return
	}
	for i := range t.Status.Containers {
		if _, ran := c.ran[containerID(t.ID, i)]; !ran {
			return
		}
	}
	c.w.fail("story", "task %s is said to have failed to start, and all of its containers ran", t.ID)
}

// breaker checks that a deployment fails for as many failed tasks as it takes
// and no fewer, and counts no more than have stopped.
func (c *checker) breaker(v store.View, was, now *model.Deployment) {
	if ended := c.ended[now.ID]; now.Status.FailedTasks > ended {
		c.w.fail("breaker", "deployment %s has %d failed tasks, and %d have stopped", now.ID, now.Status.FailedTasks, ended)
	}
	s, ok := store.Get[*model.Service](v, serviceOf(now))
	if !ok || s.Spec.Scheduling != model.SchedulingReplica {
		return
	}
	takes := min(max((s.Spec.DesiredCount+1)/2, 3), 200)
	if now.Status.Failures >= pioneersFail && c.untold(v, now) {
		takes = pioneersFail
	}
	if r := s.Spec.Rollout; r.CircuitBreaker && now.Status.Rollout == model.RolloutInProgress && now.Status.FailedTasks >= takes &&
		now.Status.FailedTasks > was.Status.FailedTasks {
		c.w.fail("breaker", "deployment %s goes on after %d failed tasks, and it takes %d", now.ID, now.Status.FailedTasks, takes)
	}
	tripped := strings.Contains(now.Status.RolloutReason, "circuit breaker: tasks failed to start")
	if now.Status.Rollout == model.RolloutFailed && was.Status.Rollout != model.RolloutFailed && tripped && now.Status.FailedTasks < takes {
		c.w.fail("breaker", "deployment %s fails after %d failed tasks, and it takes %d", now.ID, now.Status.FailedTasks, takes)
	}
}

func serviceOf(d *model.Deployment) string { return d.Account + "/" + d.Cluster + "/" + d.Service }

// order checks that a container runs only after those whose start it waits for.
func (c *checker) order(n *node, e runtime.Event) {
	t, ok := store.Get[*model.Task](c.last, model.TaskID(account, n.cluster, e.TaskID))
	if !ok {
		return
	}
	d, ok := store.Get[*model.TaskDefinition](c.last, t.Spec.TaskDefinition)
	if !ok {
		return
	}
	defs := d.Definition.ContainerDefinitions
	for _, def := range defs {
		if aws.ToString(def.Name) != e.Labels[labelContainer] {
			continue
		}
		for _, on := range def.DependsOn {
			i := slices.IndexFunc(defs, func(o types.ContainerDefinition) bool { return aws.ToString(o.Name) == aws.ToString(on.ContainerName) })
			if _, ran := c.ran[containerID(e.TaskID, i)]; !ran {
				c.w.fail("order", "container %s runs before %s, which it depends on", e.ID, aws.ToString(on.ContainerName))
			}
		}
	}
}
