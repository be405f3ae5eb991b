package sim

import (
	"slices"
	"strings"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// devices checks the GPUs of a task's change ("gpu"): as many as it asks for, from
// when it is on an instance, of those that the instance had then, and none that
// another task has that has not STOPPED.
func (c *checker) devices(v store.View, was, now *model.Task) {
	want := now.Spec.Resources.GPUs
	if want == 0 && len(now.Spec.GPUs) == 0 || now.Spec.Instance == "" {
		return
	}
	fresh := was == nil || was.Spec.Instance == ""
	if len(now.Spec.GPUs) != want || !fresh && !slices.Equal(was.Spec.GPUs, now.Spec.GPUs) {
		c.w.fail("gpu", "task %s asks for %d GPUs and has %v", now.ID, want, now.Spec.GPUs)
	}
	if now.Stopped() {
		return
	}
	i, ok := store.Get[*model.ContainerInstance](v, now.Spec.Instance)
	for _, gpu := range now.Spec.GPUs {
		if fresh && ok && !slices.Contains(i.GPUs, gpu) {
			c.w.fail("gpu", "task %s is given %s, and its instance has %v", now.ID, gpu, i.GPUs)
		}
		for t := range store.TasksByInstance(v, now.Spec.Instance) {
			if t.ID != now.ID && !t.Stopped() && slices.Contains(t.Spec.GPUs, gpu) {
				c.w.fail("gpu", "tasks %s and %s have %s", now.ID, t.ID, gpu)
			}
		}
	}
}

// uses checks what a container that starts really has: GPUs that no other
// container uses ("gpu"), and the volume of its task ("volume").
func (c *checker) uses(n *node, l *live, name string) {
	for _, gpu := range l.lent(name) {
		for _, e := range n.machine.List(n.now()) {
			if e.Status == runtime.StatusRunning && n.users[gpu] == e.ID && e.ID != l.runs[name].id && !c.givenUp(n, e.TaskID) {
				c.w.fail("gpu", "containers %s and %s use %s of %s", l.runs[name].id, e.ID, gpu, n.name)
			}
		}
		n.users[gpu] = l.runs[name].id
	}
	for _, a := range l.payload.Attachments {
		if v := n.volumes[a.Property(acs.PropertyVolumeID)]; v == nil || v.task != taskID(l.payload.ARN) || v.released {
			c.w.fail("volume", "container %s starts on %s without its volume", l.runs[name].id, n.name)
		}
	}
}

// givenUp reports whether the control plane has given up a task whose end it could
// not learn: what it had is given to others although it may still run.
func (c *checker) givenUp(n *node, task string) bool {
	t, ok := store.Get[*model.Task](c.last, model.TaskID(account, n.cluster, task))
	return !ok || t.Stopped() && (t.StopCode == model.StopTerminationNotice || slices.ContainsFunc(t.Status.Containers, unended))
}

// volumesSettled looks whether every volume is there that is to be, and no other:
// those of tasks that have not STOPPED, and those that tasks have left behind.
func (c *checker) volumesSettled(v store.View) string {
	for _, n := range c.w.nodes {
		for id, kept := range n.volumes {
			t, known := store.Get[*model.Task](v, model.TaskID(account, n.cluster, kept.task))
			switch {
			case n.lost:
			case !known && !kept.released, known && t.Stopped() && !kept.released:
				return c.blame("volume", "volume %s of %s is attached to task %s, which has ended", id, n.name, kept.task)
			case known && !t.Stopped() && kept.released:
				return c.blame("volume", "volume %s of %s is released, and task %s has it", id, n.name, kept.task)
			case known && t.VolumeDeleted() && t.Stopped():
				return c.blame("volume", "volume %s of %s is there, and was to go with task %s", id, n.name, kept.task)
			}
		}
	}
	for t := range store.All[*model.Task](v) {
		n := c.nodeOf(t)
		if t.Spec.Volume == nil || n == nil || n.lost || t.Stopped() && (t.VolumeDeleted() || !c.began(t)) {
			continue
		}
		if n.volumes[model.VolumeID(t.ID)] == nil {
			return c.blame("volume", "the volume of task %s is not on %s", t.ID, n.name)
		}
	}
	return ""
}

// began reports whether a container of the task has run.
func (c *checker) began(t *model.Task) bool {
	_, ran := c.ran[containerID(t.ID, 0)]
	return ran
}

// volume is a volume of a machine.
type volume struct {
	task     string // its id
	deleted  bool   // it goes with its task
	released bool   // its task is gone
}

// attachVolumes makes the volumes of a task, as agent/volume does.
func (n *node) attachVolumes(t acs.Task) string {
	for _, a := range t.Attachments {
		id := a.Property(acs.PropertyVolumeID)
		v := n.volumes[id]
		switch {
		case v == nil:
			n.volumes[id] = &volume{task: taskID(t.ARN), deleted: a.Property(acs.PropertyDeleteOnTermination) != "false"}
		case v.task != taskID(t.ARN) || v.released:
			n.w.fail("volume", "volume %s of %s is to be attached to task %s, and is that of task %s", id, n.name, taskID(t.ARN), v.task)
			return "ResourceInitializationError: failed to attach EBS volume: it is that of another task"
		}
	}
	return ""
}

// releaseVolumes says that a task is gone, as agent/volume does.
func (n *node) releaseVolumes(task string) {
	for id, v := range n.volumes {
		switch {
		case v.task != task || v.released:
		case v.deleted:
			delete(n.volumes, id)
		default:
			v.released = true
		}
	}
}

// sweepVolumes releases the volumes of tasks that nothing is left of.
func (a *agent) sweepVolumes() {
	var gone []string
	for _, v := range a.node.volumes {
		left := slices.ContainsFunc(a.node.machine.List(a.node.now()), func(e runtime.Event) bool { return strings.HasPrefix(e.ID, v.task) })
		known := false
		for arn := range a.live {
			known = known || taskID(arn) == v.task
		}
		if !left && !known {
			gone = append(gone, v.task)
		}
	}
	for _, task := range gone {
		a.node.releaseVolumes(task)
	}
}
