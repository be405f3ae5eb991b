package deploy

import (
	"cmp"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/judge"
)

// stopAt writes that task i is to stop. False: the plan is full.
func (p *planning) stopAt(i int, code, reason string) bool {
	if p.spare == 0 {
		p.more()
		return false
	}
	p.spare--
	p.acted = true
	p.tasks[i] = p.tasks[i].Stop(code, reason, p.Now)
	p.see(i)
	p.out.Change.Put(p.tasks[i])
	return true
}

// stop stops tasks, as many as the plan has room for, and returns those.
func (p *planning) stop(tasks []*model.Task, reason string) (stopped []*model.Task) {
	for _, t := range tasks {
		i, _ := slices.BinarySearchFunc(p.tasks, t.ID, func(a *model.Task, id string) int { return cmp.Compare(a.ID, id) })
		if !p.stopAt(i, model.StopServiceSchedulerInitiated, reason) {
			break
		}
		p.out.Because(t.Key(), "Stopped", reason)
		stopped = append(stopped, t)
	}
	return stopped
}

// sayStopped says which tasks were stopped.
func (p *planning) sayStopped(tasks []*model.Task) {
	if len(tasks) > 0 {
		p.say("has stopped %d running tasks: %s.", len(tasks), named(tasks))
	}
}

// drain stops all tasks of a service that is being deleted, and ends the
// service when the last has stopped.
func (p *planning) drain() {
	reason := scalingReason(p.Service.Primary)
	var living []*model.Task
	waiting := false
	for _, t := range p.tasks {
		if judge.Alive(t) {
			living = append(living, t)
		}
		waiting = waiting || p.stopping(t)
	}
	p.sayStopped(p.stop(living, reason))
	if p.Service.Status != model.ServiceDraining || len(living) > 0 || waiting {
		return
	}
	p.primary, p.older = nil, nil
	for i, d := range p.Deployments {
		if i == maxTaskWrites {
			p.more()
			return
		}
		p.out.Change.Delete(d)
	}
	for i, t := range p.TaskSets {
		if i == maxDeploymentWrites {
			p.more()
			return
		}
		p.out.Change.Delete(t)
	}
	s := p.Service.Clone()
	s.Status = model.ServiceInactive
	p.out.Change.Put(s)
	p.out.Because(s.Key(), "Deleted", "All tasks of the service have stopped.")
}
