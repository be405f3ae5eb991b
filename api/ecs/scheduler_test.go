package ecs_test

import (
	"context"
	"errors"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/deploy"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// other makes a caller that is root of another account.
func (l *lab) other(key, account string) { l.bind(key, caller.NewRoot(account, key)) }

// bind makes key the access key of id.
func (l *lab) bind(key string, id caller.Identity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.callers[key] = id
}

// schedule does for a service of the default cluster what the control loop
// does, until nothing is left to do.
func (l *lab) schedule(service string) {
	l.t.Helper()
	for range 100 {
		if !l.scheduleOnce(model.ServiceID(account, "default", service)) {
			return
		}
	}
	l.t.Fatal("the service is never settled")
}

// scheduleOnce makes and commits one plan; false when there was nothing to do.
func (l *lab) scheduleOnce(id string) bool {
	v := l.db.View()
	s, ok := store.Get[*model.Service](v, id)
	if !ok {
		return false
	}
	in := deploy.View{Service: s, Now: l.clock(), Seed: plan.Seed{byte(v.Rev()), byte(v.Rev() >> 8), 1}, Definitions: map[string]*model.TaskDefinition{},
		Alarms: map[string]*model.Alarm{}}
	for t := range store.All[*model.TaskDefinition](v) {
		in.Definitions[t.Key().ID] = t
	}
	var nodes []place.Node
	for i := range store.Prefix[*model.ContainerInstance](v, model.ClusterID(s.Account, s.Cluster)+"/") {
		nodes = append(nodes, place.Node{Instance: i, Usage: store.Usage(v, i.Key().ID)})
	}
	in.Fleet, in.Network = place.NewFleet(nodes), v
	for d := range store.DeploymentsByService(v, id) {
		in.Deployments = append(in.Deployments, d)
	}
	for t := range store.TasksByService(v, id) {
		in.Tasks = append(in.Tasks, t)
	}
	for t := range store.TaskSetsByService(v, id) {
		in.TaskSets = append(in.TaskSets, t)
	}
	for _, name := range s.Spec.Rollout.Alarms {
		if a, ok := store.Get[*model.Alarm](v, model.AlarmID(s.Account, name)); ok {
			in.Alarms[name] = a
		}
	}
	in.Events, _ = store.Get[*model.ServiceEvents](v, id)
	p := deploy.Plan(in)
	if p.Change.Empty() {
		return false
	}
	var conflict *store.ConflictError
	if _, err := l.db.Commit(context.Background(), p.Change); err != nil && !errors.As(err, &conflict) {
		l.t.Error(err)
	}
	return true
}

// agents does for all instances what agents do: tasks run that are to run,
// and stop that are to stop.
func (l *lab) agents() {
	l.t.Helper()
	for t := range store.All[*model.Task](l.db.View()) {
		switch {
		case t.Desired == model.TaskStopped && !t.Stopped():
			l.report(t.ARN(region), "STOPPED")
		case t.Desired == model.TaskRunning && t.Status.Last == model.TaskPending:
			l.report(t.ARN(region), "RUNNING")
		}
	}
}
