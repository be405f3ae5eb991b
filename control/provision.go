package control

import (
	"crypto/rand"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/provision"
	"github.com/roadstead/roadstead/store"
)

// ProvisionOptions of the provisioner. The zero value is what production uses.
type ProvisionOptions struct {
	Timing provision.Timing
	// Seed draws the seed of each plan; nil: from the system's source.
	Seed func() plan.Seed
}

// NewProvisioner returns the planner that gives tasks that wait for a
// container instance one. Its keys are the ids of clusters.
func NewProvisioner(opts ProvisionOptions) Planner {
	if opts.Seed == nil {
		opts.Seed = func() (s plan.Seed) {
			rand.Read(s[:])
			return s
		}
	}
	return &provisioner{opts: opts, clusters: map[string]*clusterCache{}}
}

type provisioner struct {
	opts ProvisionOptions
	// clusters holds the fleets of the clusters that have waiting tasks.
	clusters map[string]*clusterCache
}

func (p *provisioner) Name() string { return "provisioner" }

func (p *provisioner) Kinds() []model.Kind {
	return []model.Kind{model.KindTask, model.KindContainerInstance}
}

func (p *provisioner) All(v store.View, _ time.Time, wake func(string)) {
	clear(p.clusters) // read anew: a resync trusts nothing
	for c := range store.All[*model.Cluster](v) {
		if waits(v, c.Key().ID) {
			wake(c.Key().ID)
		}
	}
}

// waitingIn counts the tasks of the cluster that wait for an instance.
func waitingIn(v store.View, cluster string) (n int) {
	for t := range store.TasksWithoutInstance(v, cluster) {
		if t.Waiting() {
			n++
		}
	}
	return n
}

// waits reports whether tasks of the cluster wait for an instance.
func waits(v store.View, cluster string) bool {
	for t := range store.TasksWithoutInstance(v, cluster) {
		if t.Waiting() {
			return true
		}
	}
	return false
}

func (p *provisioner) Changed(v store.View, k model.Key, wake func(string, time.Duration)) {
	instance, freed := k.ID, true
	if k.Kind == model.KindTask {
		t, ok := store.Get[*model.Task](v, k.ID)
		switch {
		case !ok:
			return // only stopped tasks are deleted: they held nothing
		case t.Waiting():
			wake(clusterOf(k.ID), 0)
			return
		case t.Spec.Instance == "":
			return
		}
		instance, freed = t.Spec.Instance, t.Stopped()
	}
	// Of the others nobody waits, or they were not planned for yet.
	sharing(v, p.clusters, instance, func(c *clusterCache) {
		c.stale[instance] = true
		if freed && !mutant.On(mutant.WaitingUnheard) {
			wake(c.id, stuckDelay)
		}
	})
}

func (p *provisioner) Plan(v store.View, key string, now time.Time) plan.Plan {
	if !waits(v, key) {
		delete(p.clusters, key)
		return plan.Plan{}
	}
	c := p.clusters[key]
	if c == nil {
		c = &clusterCache{id: key, stale: map[string]bool{}}
		p.clusters[key] = c
	}
	in := provision.View{Definitions: map[string]*model.TaskDefinition{}, Fleet: c.fleetOf(v, key), Network: v, Now: now, Seed: p.opts.Seed(),
		Timing: p.opts.Timing, Group: func(t *model.Task) (spread, occupied []string) { return groupOf(v, t) },
		GroupsOf: func(instance string) []string { return groupsOn(v, instance) }}
	for t := range store.TasksWithoutInstance(v, key) {
		if t.Waiting() {
			in.Tasks = append(in.Tasks, t)
			define(v, in.Definitions, t.Spec.TaskDefinition)
		}
	}
	return provision.Plan(in)
}

// groupOf returns the instances of the tasks that t is to be spread over: of
// the same deployment, or of the same group where there is no service; and of
// those that distinctInstance keeps it from.
func groupOf(v store.View, t *model.Task) (spread, occupied []string) {
	for other := range store.TasksByGroup(v, model.ClusterID(t.Account, t.Cluster), t.Spec.Group) {
		if other.Spec.Instance == "" {
			continue
		}
		occupied = append(occupied, other.Spec.Instance)
		if other.Desired == model.TaskRunning && other.Spec.Deployment == t.Spec.Deployment {
			spread = append(spread, other.Spec.Instance)
		}
	}
	return spread, occupied
}
