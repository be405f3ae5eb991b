package control

import (
	"crypto/rand"
	"maps"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/refresh"
	"github.com/roadstead/roadstead/store"
)

// RefreshesOptions of the planner of refreshes. The zero value is what
// production uses.
type RefreshesOptions struct {
	// Seed draws the seed of each plan's ids; nil: from the system's source.
	Seed func() plan.Seed
}

// NewRefreshes returns the planner that deploys services anew when secrets
// change that they use. Its keys are the ids of services.
func NewRefreshes(opts RefreshesOptions) Planner {
	if opts.Seed == nil {
		opts.Seed = func() (s plan.Seed) {
			rand.Read(s[:])
			return s
		}
	}
	return &refreshes{opts, map[string]map[model.Key]bool{}}
}

type refreshes struct {
	opts RefreshesOptions
	// uses holds what the services use that want to be refreshed, by id.
	uses map[string]map[model.Key]bool
}

func (r *refreshes) Name() string { return "refreshes" }

func (r *refreshes) Kinds() []model.Kind {
	return []model.Kind{model.KindService, model.KindSecret, model.KindParameter}
}

func (r *refreshes) All(v store.View, _ time.Time, wake func(string)) {
	clear(r.uses)
	for s := range store.All[*model.Service](v) {
		if refresh.Wanted(s) {
			r.remember(v, s)
			wake(s.Key().ID)
		}
	}
}

// remember keeps what a service uses, whether that is there already or not.
func (r *refreshes) remember(v store.View, s *model.Service) {
	used := map[model.Key]bool{}
	if d, ok := store.Get[*model.TaskDefinition](v, s.Spec.TaskDefinition); ok {
		for _, u := range refresh.Uses(d.Definition) {
			used[model.Key{Kind: u.Kind, ID: s.Account + "/" + u.Name}] = true
			if n := len(u.Name) - suffixBehind; u.Kind == model.KindSecret && n > 0 {
				used[model.Key{Kind: u.Kind, ID: s.Account + "/" + u.Name[:n]}] = true
			}
		}
	}
	r.uses[s.Key().ID] = used
}

func (r *refreshes) Changed(v store.View, k model.Key, wake func(string, time.Duration)) {
	if k.Kind == model.KindService {
		s, ok := store.Get[*model.Service](v, k.ID)
		if !ok || !refresh.Wanted(s) {
			delete(r.uses, k.ID)
			return
		}
		r.remember(v, s)
		wake(k.ID, 0)
		return
	}
	for _, service := range slices.Sorted(maps.Keys(r.uses)) {
		if r.uses[service][k] {
			wake(service, 0)
		}
	}
}

func (r *refreshes) Plan(v store.View, key string, now time.Time) plan.Plan {
	s, ok := store.Get[*model.Service](v, key)
	if !ok || !refresh.Wanted(s) {
		return plan.Plan{}
	}
	return refresh.Plan(refresh.View{Service: s, Deployments: slices.Collect(store.DeploymentsByService(v, key)), Tasks: slices.Collect(store.TasksByService(v, key)),
		Changed: changesOf(v, s), Now: now.UTC().Truncate(time.Millisecond), Seed: r.opts.Seed()})
}

// changesOf returns the secrets and parameters that a service's containers use,
// and when they got their values.
func changesOf(v store.View, s *model.Service) (all []refresh.Change) {
	d, ok := store.Get[*model.TaskDefinition](v, s.Spec.TaskDefinition)
	if !ok {
		return nil
	}
	for _, u := range refresh.Uses(d.Definition) {
		if u.Kind == model.KindParameter {
			if p, ok := store.Get[*model.Parameter](v, model.ParameterID(s.Account, u.Name)); ok && len(p.Versions) > 0 {
				all = append(all, refresh.Change{Name: "parameter " + p.Name, At: p.Versions[len(p.Versions)-1].ModifiedAt})
			}
			continue
		}
		if secret, ok := secretBehind(v, s.Account, u.Name); ok {
			all = append(all, refresh.Change{Name: "secret " + secret.Name, At: secret.CurrentAt})
		}
	}
	return all
}

// suffixBehind is how much longer a secret is in its ARN than its name.
const suffixBehind = len("-AbCdEf")

// secretBehind finds a secret by its name with or without the six characters
// that follow it in ARNs.
func secretBehind(v store.View, account, name string) (*model.Secret, bool) {
	if n := len(name) - suffixBehind; n > 0 && name[n] == '-' {
		if s, ok := store.Get[*model.Secret](v, model.SecretID(account, name[:n])); ok && s.Suffix == name[n+1:] {
			return s, true
		}
	}
	return store.Get[*model.Secret](v, model.SecretID(account, name))
}
