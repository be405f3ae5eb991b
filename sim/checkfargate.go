package sim

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/reclaim"
	"github.com/roadstead/roadstead/store"
)

// lodged checks that tasks of Fargate are on instances that take them
// ("fargate").
func (c *checker) lodged(v store.View, was, now *model.Task) {
	if i, ok := store.Get[*model.ContainerInstance](v, now.Spec.Instance); ok && now.Spec.LaunchType == model.LaunchFargate &&
		(was == nil || was.Spec.Instance == "") && !i.Fargate {
		c.w.fail("fargate", "task %s is of Fargate and on %s, which takes none of those", now.ID, i.ID)
	}
}

// reclaimed checks that a plan interrupts tasks of FARGATE_SPOT alone, says so of
// them, and none in vain: without each of them not all that wait would have room
// ("reclaim").
func (c *checker) reclaimed(seen store.View, change model.Change) {
	victims := map[string]*model.Task{}
	for _, w := range change.Writes {
		t, ok := w.Noun.(*model.Task)
		if !ok {
			continue
		}
		was, known := store.Get[*model.Task](seen, t.Key().ID)
		if !known || was.Spec.CapacityProvider != model.ProviderFargateSpot || was.Desired == model.TaskStopped || t.StopCode != model.StopSpotInterruption {
			c.w.fail("reclaim", "task %s of %q is interrupted, with %s", t.ID, t.Spec.CapacityProvider, t.StopCode)
			return
		}
		if !reclaim.Asked(was) {
			victims[was.ID] = was
		}
	}
	for _, id := range slices.Sorted(maps.Keys(victims)) {
		if c.allHaveRoom(seen, victims, victims[id]) {
			c.w.fail("reclaim", "task %s is interrupted, and all that wait have room without", id)
		}
	}
}

// allHaveRoom reports whether all tasks that wait fit on the instances once what
// stops and the victims but spared have stopped.
func (c *checker) allHaveRoom(v store.View, victims map[string]*model.Task, spared *model.Task) bool {
	type room struct{ cpu, memory int }
	rooms := map[string]*room{}
	for i := range store.FargateInstances(v, account) {
		if i.Status != model.InstanceActive || !i.AgentConnected {
			continue
		}
		r := &room{i.Registered.CPU, i.Registered.Memory}
		for t := range store.TasksByInstance(v, i.Key().ID) {
			if leaves := t.Desired == model.TaskStopped || victims[t.ID] != nil && t.ID != spared.ID; t.HoldsResources() && !leaves {
				r.cpu, r.memory = r.cpu-t.Spec.Resources.CPU, r.memory-t.Spec.Resources.Memory
			}
		}
		rooms[i.Key().ID] = r
	}
	waiting := slices.Collect(store.FargateWaiting(v, account))
	slices.SortFunc(waiting, func(a, b *model.Task) int {
		return cmp.Or(cmp.Compare(b.Spec.Resources.Memory, a.Spec.Resources.Memory), cmp.Compare(a.ID, b.ID))
	})
	for _, t := range waiting {
		fits := false
		for _, id := range slices.Sorted(maps.Keys(rooms)) {
			r, need := rooms[id], t.Spec.Resources
			if fits = r.cpu >= need.CPU && r.memory >= need.Memory; fits {
				r.cpu, r.memory = r.cpu-need.CPU, r.memory-need.Memory
				break
			}
		}
		if !fits {
			return false
		}
	}
	return true
}

// mercy is how much earlier than its time a kill may seem to come: signals take a
// moment to be sent.
const mercy = time.Second

// asked notes that a container was asked to stop, and checks that it is not killed
// before it has had its time ("warning").
func (c *checker) asked(n *node, l *live, name string, kill bool) {
	key := n.name + " " + l.runs[name].id
	if !kill {
		if _, before := c.warned[key]; !before {
			c.warned[key] = c.w.clock.now
		}
		return
	}
	timeout := 30 * time.Second
	if s := container(l.payload, name).StopTimeout; s > 0 {
		timeout = time.Duration(s) * time.Second
	}
	if at, warned := c.warned[key]; warned && c.w.clock.now.Sub(at) < timeout-mercy {
		c.w.fail("warning", "container %s is killed %v after it was asked to stop, and has %v", l.runs[name].id, c.w.clock.now.Sub(at), timeout)
	}
}

// sandboxesSettled looks whether every network of a task is that of a task that
// runs there ("address").
func (c *checker) sandboxesSettled(v store.View) string {
	for _, n := range c.w.nodes {
		if n.lost || n.agent == nil {
			continue
		}
		running := map[string]bool{}
		for _, e := range n.machine.List(n.now()) {
			running[e.TaskID+".task"] = running[e.TaskID+".task"] || e.Status == runtime.StatusRunning
		}
		listed, err := n.agent.network.List(c.w.ctx)
		if err != nil {
			return err.Error()
		}
		for _, s := range listed {
			if strings.HasSuffix(s.ID, ".task") && !running[s.ID] {
				return c.blame("address", "the network %s is still on %s", s.ID, n.name)
			}
		}
	}
	return ""
}
