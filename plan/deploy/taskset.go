package deploy

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/judge"
)

// external moves on a service whose deployments somebody else controls: every
// task set by itself.
// Source: ECS developer guide, "Amazon ECS deployment controllers and
// strategies", third-party controllers; ECS API reference, TaskSet.
func (p *planning) external() {
	p.primary, p.older = nil, nil
	defer func() { // what was handed in is left as it was
		for _, n := range p.before {
			p.Fleet.Set(n)
		}
	}()
	p.stopLost()
	sets := slices.Clone(p.TaskSets)
	slices.SortFunc(sets, func(a, b *model.TaskSet) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	tasks := map[string][]*model.Task{}
	for _, t := range p.tasks {
		tasks[t.Spec.Deployment] = append(tasks[t.Spec.Deployment], t)
	}
	left := maxDeploymentWrites
	for _, t := range sets {
		if left == 0 {
			p.more()
			return
		}
		if p.taskSet(t, tasks[t.ID]) {
			left--
		}
		delete(tasks, t.ID)
	}
	p.stopStray(tasks)
}

// Wanted returns how many tasks a task set wants of a service that wants
// desired: its scale of them, rounded up; none while it is DRAINING.
// Source: ECS API reference, TaskSet.computedDesiredCount.
func Wanted(t *model.TaskSet, desired int) int {
	if t.Status == model.TaskSetDraining {
		return 0
	}
	if mutant.On(mutant.UnevenScale) {
		return int(float64(desired) * t.Scale / 100)
	}
	return int(math.Ceil(float64(desired) * t.Scale / 100))
}

// taskSet moves one task set on, and reports whether it wrote it. The set is
// planned for like a deployment that is the only one of a service, so that
// both start, stop, count failures and wait alike.
func (p *planning) taskSet(t *model.TaskSet, tasks []*model.Task) bool {
	q := *p
	q.set, q.tasks, q.acted, q.said = t, tasks, false, nil
	svc := p.Service.Clone()
	svc.Spec.DesiredCount = Wanted(t, p.Service.Spec.DesiredCount)
	svc.Spec.Rollout = model.Rollout{MinimumHealthyPercent: 100, MaximumPercent: 200}
	q.Service = svc
	q.primary = &model.Deployment{Account: t.Account, Cluster: t.Cluster, Service: t.Service, ID: t.ID, Spec: t.Spec,
		CreatedAt: t.CreatedAt, Status: t.Clone().State}
	q.compile()
	q.look()
	gone := false
	if t.Status == model.TaskSetDraining {
		gone = q.drainSet()
	} else {
		q.advanceSet()
	}
	p.out, p.spare, p.before, p.said = q.out, q.spare, q.before, append(p.said, q.said...)
	p.elsewhere, p.Waiting = q.elsewhere, q.Waiting
	p.acted = p.acted || q.acted
	if gone && !mutant.On(mutant.SetKept) {
		p.removeSet(t)
		return true
	}
	return p.putSet(t, &q)
}

// advanceSet moves an ACTIVE task set on.
func (p *planning) advanceSet() {
	s := p.survey()
	p.countFailures(s)
	p.sayTrouble()
	p.replace(s)
	st := &p.primary.Status
	if p.acted || !p.steady(s) {
		st.Steady = false
	} else {
		p.unstuck()
		if !st.Steady {
			st.Steady = true
			p.say("has reached a steady state.")
		}
	}
	p.sayTrouble()
}

// drainSet stops the tasks of a task set that is being deleted, and reports
// whether the last has stopped.
func (p *planning) drainSet() bool {
	var living []*model.Task
	waiting := false
	for _, t := range p.tasks {
		if judge.Alive(t) {
			living = append(living, t)
		}
		waiting = waiting || p.stopping(t)
	}
	p.sayStopped(p.stop(living, scalingReason(p.primary.ID)))
	return len(living) == 0 && !waiting
}

// removeSet deletes a task set, and lets the service have no primary one if it
// was that.
func (p *planning) removeSet(t *model.TaskSet) {
	p.out.Change.Delete(t)
	p.out.Because(t.Key(), "Deleted", "All tasks of the task set have stopped.")
	if p.Service.Primary == t.ID {
		s := p.Service.Clone()
		s.Primary = ""
		p.out.Change.Put(s)
	}
}

// putSet writes what changed of a task set.
func (p *planning) putSet(t *model.TaskSet, q *planning) bool {
	stability := model.Stabilizing
	if q.primary.Status.Steady {
		stability = model.SteadyState
	}
	c := t.Clone()
	if stability != t.Stability {
		c.Stability, c.StabilityAt = stability, p.Now
	}
	c.State = q.primary.Status
	if c.Stability == t.Stability && sameStatus(c.State, t.State) {
		return false
	}
	c.State.UpdatedAt = p.Now
	p.out.Change.Put(c)
	return true
}

// stopStray stops living tasks that are of no task set: their set was removed
// under them.
func (p *planning) stopStray(tasks map[string][]*model.Task) {
	var stray []*model.Task
	for _, t := range p.tasks {
		if _, left := tasks[t.Spec.Deployment]; left && judge.Alive(t) {
			stray = append(stray, t)
		}
	}
	if len(stray) > 0 {
		stopped := p.stop(stray, scalingReason(p.Service.Primary))
		p.said = append(p.said, fmt.Sprintf("(service %s) has stopped %d running tasks: %s.", p.Service.Name, len(stopped), named(stopped)))
	}
}
