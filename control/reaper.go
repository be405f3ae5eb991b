package control

import (
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/reap"
	"github.com/roadstead/roadstead/store"
)

// NewReaper returns the planner that forgets what has been kept for long
// enough. Its keys are model.Key.String of the container instances, client
// tokens, services, clusters, capacity providers and task definitions that it
// looks after; tasks belong to their instance, and
// those that never had one are looked after by themselves.
func NewReaper(t reap.Timing) Planner { return &reaper{timing: t} }

type reaper struct {
	timing reap.Timing
	since  time.Time
}

func (r *reaper) Name() string { return "reaper" }

func (r *reaper) Kinds() []model.Kind {
	return []model.Kind{model.KindTask, model.KindClientToken, model.KindContainerInstance, model.KindService,
		model.KindCluster, model.KindCapacityProvider, model.KindTaskDefinition,
		model.KindKMSKey, model.KindSecret, model.KindParameter}
}

func instanceKey(id string) string {
	return model.Key{Kind: model.KindContainerInstance, ID: id}.String()
}

func (r *reaper) All(v store.View, now time.Time, wake func(string)) {
	if r.since.IsZero() {
		r.since = now
	}
	for i := range store.All[*model.ContainerInstance](v) {
		wake(i.Key().String())
	}
	for t := range store.All[*model.ClientToken](v) {
		wake(t.Key().String())
	}
	for c := range store.All[*model.Cluster](v) {
		for t := range store.TasksWithoutInstance(v, c.Key().ID) {
			if t.Stopped() {
				wake(t.Key().String())
			}
		}
	}
	for s := range store.All[*model.Service](v) {
		if s.Status == model.ServiceInactive {
			wake(s.Key().String())
		}
	}
	allDeleted(v, wake)
	allKept(v, wake)
}

func (r *reaper) Changed(v store.View, k model.Key, wake func(string, time.Duration)) {
	if k.Kind != model.KindTask {
		wake(k.String(), 0)
		return
	}
	t, ok := store.Get[*model.Task](v, k.ID)
	if !ok {
		return
	}
	i, known := store.Get[*model.ContainerInstance](v, t.Spec.Instance)
	switch {
	case t.Spec.Instance == "":
		if t.Stopped() {
			wake(k.String(), r.keepTask())
		}
	case t.Stopped():
		wake(instanceKey(t.Spec.Instance), r.keepTask())
	case !known || !i.AgentConnected:
		wake(instanceKey(t.Spec.Instance), 0)
	}
}

func (r *reaper) keepTask() time.Duration {
	if r.timing.Task != 0 {
		return r.timing.Task
	}
	return reap.DefaultTask
}

func (r *reaper) Plan(v store.View, key string, now time.Time) plan.Plan {
	kind, id, _ := strings.Cut(key, "/")
	switch model.Kind(kind) {
	case model.KindContainerInstance:
		in := reap.InstanceView{ID: id, Now: now, Since: r.since, Timing: r.timing}
		in.Instance, _ = store.Get[*model.ContainerInstance](v, id)
		for t := range store.TasksByInstance(v, id) {
			in.Tasks = append(in.Tasks, t)
		}
		return reap.Instance(in)
	case model.KindTask:
		if t, ok := store.Get[*model.Task](v, id); ok && t.Spec.Instance == "" {
			return reap.Task(t, now, r.timing)
		}
	case model.KindClientToken:
		if t, ok := store.Get[*model.ClientToken](v, id); ok {
			return reap.Token(t, now)
		}
	case model.KindService:
		s, ok := store.Get[*model.Service](v, id)
		if !ok {
			break
		}
		in := reap.ServiceView{Service: s, Now: now, Timing: r.timing}
		in.Events, _ = store.Get[*model.ServiceEvents](v, id)
		for d := range store.DeploymentsByService(v, id) {
			in.Deployments = append(in.Deployments, d)
		}
		return reap.Service(in)
	case model.KindKMSKey, model.KindSecret, model.KindParameter:
		return planKept(v, model.Kind(kind), id, now)
	default:
		return r.planDeleted(v, model.Kind(kind), id, now)
	}
	return plan.Plan{}
}
