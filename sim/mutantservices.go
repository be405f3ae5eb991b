package sim

import (
	"strings"
	"time"

	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/deploy"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// mutantServices is a planner of services that shows the real one a wrong
// picture. It is slow and simple: it looks at everything whenever anything
// changes.
type mutantServices struct {
	mutant Mutant
	seed   func() plan.Seed
	since  time.Time
	wrote  map[string]time.Time // by Restless, for nothing
}

var _ control.Planner = (*mutantServices)(nil)

// Name implements control.Planner, as do the methods below.
func (m *mutantServices) Name() string { return "services" }

func (m *mutantServices) Kinds() []model.Kind {
	return []model.Kind{model.KindService, model.KindDeployment, model.KindTask, model.KindContainerInstance}
}

func (m *mutantServices) Changed(v store.View, _ model.Key, wake func(string, time.Duration)) {
	for s := range store.All[*model.Service](v) {
		wake(s.Key().ID, 0)
	}
}

func (m *mutantServices) All(v store.View, now time.Time, wake func(string)) {
	if m.since.IsZero() {
		m.since = now
	}
	for s := range store.All[*model.Service](v) {
		wake(s.Key().ID)
	}
}

func (m *mutantServices) Plan(v store.View, key string, now time.Time) plan.Plan {
	real, ok := store.Get[*model.Service](v, key)
	if !ok {
		return plan.Plan{}
	}
	s := real.Clone()
	m.distort(s)
	in := deploy.View{Service: s, Now: now, Since: m.since, Seed: m.seed(), Definitions: map[string]*model.TaskDefinition{},
		Fleet: m.fleet(v, key)}
	if m.mutant == Deserter {
		in.Timing.LostAfter = 1000 * time.Hour
	}
	for d := range store.DeploymentsByService(v, key) {
		in.Deployments = append(in.Deployments, d)
	}
	for t := range store.TasksByService(v, key) {
		in.Tasks = append(in.Tasks, t)
	}
	for d := range store.All[*model.TaskDefinition](v) {
		in.Definitions[d.Key().ID] = d
	}
	in.Events, _ = store.Get[*model.ServiceEvents](v, key)
	p := deploy.Plan(in)
	for i, w := range p.Change.Writes { // what is written is not distorted
		if w, ok := w.Noun.(*model.Service); ok {
			w = w.Clone()
			w.Spec.Rollout = real.Spec.Rollout
			p.Change.Writes[i].Noun = w
		}
	}
	if m.mutant == Restless {
		m.fidget(&p, real, now)
	}
	return p
}

// fidget writes a service although nothing is to change, once a minute.
func (m *mutantServices) fidget(p *plan.Plan, s *model.Service, now time.Time) {
	next := m.wrote[s.Name].Add(time.Minute)
	if p.Change.Empty() && s.Status == model.ServiceActive && !now.Before(next) {
		p.Change.Put(s.Clone())
		m.wrote[s.Name], next = now, now.Add(time.Minute)
	}
	p.WakeAt(next)
}

// distort shows the planner another rollout than the caller wants.
func (m *mutantServices) distort(s *model.Service) {
	r := &s.Spec.Rollout
	switch desired := s.Spec.DesiredCount; m.mutant {
	case IgnoredMinimum:
		r.MinimumHealthyPercent = 0
	case IgnoredMaximum:
		r.MaximumPercent = 1000
	case WrongRounding:
		if desired > 0 {
			r.MinimumHealthyPercent = desired * r.MinimumHealthyPercent / 100 * 100 / desired
		}
	}
}

func (m *mutantServices) fleet(v store.View, key string) *place.Fleet {
	cluster := key[:strings.LastIndexByte(key, '/')+1]
	var nodes []place.Node
	for i := range store.Prefix[*model.ContainerInstance](v, cluster) {
		n := place.Node{Instance: i, Usage: store.Usage(v, i.Key().ID)}
		if m.mutant == IgnoredRoom {
			n.Usage = model.Usage{}
		}
		if m.mutant == IgnoredDrain && i.Status == model.InstanceDraining {
			n.Instance = i.Clone()
			n.Instance.Status = model.InstanceActive
		}
		nodes = append(nodes, n)
	}
	return place.NewFleet(nodes)
}
