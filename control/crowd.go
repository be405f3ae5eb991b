package control

import (
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/deploy"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// crowd is what the planner of services remembers of one service's tasks, so that
// it looks only at those that have changed since it planned last.
type crowd struct {
	reading store.Reading
	tasks   []*model.Task
	briefs  deploy.Briefs
	// definitions are the ids of those that the tasks have, and perhaps had.
	definitions map[string]bool
	// fleet and numbers say what the briefs' instances are indexes of.
	fleet   *place.Fleet
	numbers uint64
}

// maxDeploymentsSeen is how many deployments a crowd speaks of before it is made
// anew.
const maxDeploymentsSeen = 100

// crowdOf returns the tasks of a service as they are in v, with their briefs, and
// adds their definitions to defs.
func (s *services) crowdOf(v store.View, service string, f *place.Fleet, defs map[string]*model.TaskDefinition) *crowd {
	old := s.crowds[service]
	if old == nil || old.fleet != f || old.numbers != f.Numbers() || old.briefs.Deployments() > maxDeploymentsSeen {
		old = &crowd{definitions: map[string]bool{}, fleet: f, numbers: f.Numbers()}
		s.crowds[service] = old
	}
	c := *old
	room := len(old.tasks) + len(old.tasks)/8
	c.tasks, c.briefs.List = make([]*model.Task, 0, room), make([]deploy.Brief, 0, room)
	for id := range c.definitions {
		define(v, defs, id)
	}
	last := ""
	for at, t := range c.reading.TasksByService(v, service) {
		if at != store.Fresh {
			c.tasks, c.briefs.List = append(c.tasks, old.tasks[at]), append(c.briefs.List, old.briefs.List[at])
			continue
		}
		if id := t.Spec.TaskDefinition; id != last {
			last = id
			c.definitions[id] = true
			define(v, defs, id)
		}
		c.tasks, c.briefs.List = append(c.tasks, t), append(c.briefs.List, c.briefs.Of(t, defs[t.Spec.TaskDefinition], f))
	}
	*old = c
	return old
}
