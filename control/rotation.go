package control

import (
	"crypto/rand"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/rotate"
	"github.com/roadstead/roadstead/store"
)

// RotationsOptions of the rotations' planner. The zero value is what
// production uses, but for Region.
type RotationsOptions struct {
	Timing rotate.Timing
	Region string // in ARNs; "": us-east-1
	// Seed draws the seed of each plan's ids; nil: from the system's source.
	Seed func() plan.Seed
}

// NewRotations returns the planner that rotates secrets. Its keys are the ids
// of secrets.
func NewRotations(opts RotationsOptions) Planner {
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	if opts.Seed == nil {
		opts.Seed = func() (s plan.Seed) {
			rand.Read(s[:])
			return s
		}
	}
	return &rotations{opts, map[string]string{}}
}

type rotations struct {
	opts RotationsOptions
	// tasks holds the ids of the secrets whose rotation waits for a task, by
	// the task's id.
	tasks map[string]string
}

func (r *rotations) Name() string { return "rotations" }

func (r *rotations) Kinds() []model.Kind { return []model.Kind{model.KindSecret, model.KindTask} }

func (r *rotations) All(v store.View, _ time.Time, wake func(string)) {
	clear(r.tasks)
	for s := range store.All[*model.Secret](v) {
		if s.RotationEnabled || s.Rotation != nil {
			r.remember(s)
			wake(s.Key().ID)
		}
	}
}

func (r *rotations) remember(s *model.Secret) {
	if s.Rotation != nil && s.Rotation.Task != "" {
		r.tasks[s.Rotation.Task] = s.Key().ID
	}
}

func (r *rotations) Changed(v store.View, k model.Key, wake func(string, time.Duration)) {
	if k.Kind == model.KindTask {
		secret, ours := r.tasks[k.ID]
		if !ours {
			return
		}
		t, ok := store.Get[*model.Task](v, k.ID)
		if !ok || t.Stopped() {
			delete(r.tasks, k.ID)
			wake(secret, 0)
		}
		return
	}
	if s, ok := store.Get[*model.Secret](v, k.ID); ok && (s.RotationEnabled || s.Rotation != nil) {
		r.remember(s)
		wake(k.ID, 0)
	}
}

func (r *rotations) Plan(v store.View, key string, now time.Time) plan.Plan {
	s, ok := store.Get[*model.Secret](v, key)
	if !ok {
		return plan.Plan{}
	}
	in := rotate.View{Secret: s, Region: r.opts.Region, Now: now.UTC().Truncate(time.Millisecond), Seed: r.opts.Seed(), Timing: r.opts.Timing}
	if a, ok := model.ParseARN(s.RotationTask); ok {
		_, name := a.Path()
		in.Definition, _ = store.ActiveDefinition(v, s.Account, name)
	}
	in.Cluster, _ = store.Get[*model.Cluster](v, model.ClusterID(s.Account, rotate.ClusterOf(s)))
	if s.Rotation != nil && s.Rotation.Task != "" {
		if in.Task, _ = store.Get[*model.Task](v, s.Rotation.Task); in.Task != nil {
			in.Ran, _ = store.Get[*model.TaskDefinition](v, in.Task.Spec.TaskDefinition)
		}
	}
	return rotate.Plan(in)
}
