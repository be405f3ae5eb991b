package control

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/daemon"
	"github.com/roadstead/roadstead/store"
)

// DaemonsOptions of the daemons' planner. The zero value is what production uses.
type DaemonsOptions struct {
	Timing daemon.Timing
	// Seed draws the seed of each plan's ids; nil: from the system's source.
	Seed func() plan.Seed
}

// NewDaemons returns the planner that keeps managed daemons as they are
// wanted, and the instances that they are critical for out of use without
// them. Its keys are model.Key.String of daemons, container instances and
// daemon task definitions.
func NewDaemons(opts DaemonsOptions) Planner {
	if opts.Seed == nil {
		opts.Seed = func() (s plan.Seed) {
			rand.Read(s[:])
			return s
		}
	}
	return &daemons{opts: opts, clusters: map[string]*daemonCache{}}
}

type daemons struct {
	opts     DaemonsOptions
	since    time.Time
	clusters map[string]*daemonCache // by account/cluster; those that have, or had, daemons
}

// daemonCache is what the planner remembers of a cluster with daemons.
type daemonCache struct {
	clusterCache // daemons are managed ones here
	// kept are instances that daemons keep out of use, by id.
	kept map[string]bool
}

func (s *daemons) Name() string { return "daemons" }

func (s *daemons) Kinds() []model.Kind {
	return []model.Kind{model.KindDaemon, model.KindDaemonDeployment, model.KindDaemonTaskDefinition, model.KindTask,
		model.KindContainerInstance, model.KindAlarm, model.KindCluster}
}

func (s *daemons) cluster(id string) *daemonCache {
	name := clusterOf(id)
	c := s.clusters[name]
	if c == nil {
		c = &daemonCache{clusterCache{own: true, stale: map[string]bool{}, daemons: map[string]bool{}, stuck: map[string]bool{}}, map[string]bool{}}
		s.clusters[name] = c
	}
	return c
}

func (s *daemons) All(v store.View, now time.Time, wake func(string)) {
	if s.since.IsZero() {
		s.since = now
	}
	for _, c := range s.clusters {
		c.fleet = nil // read anew: a resync trusts nothing
	}
	for d := range store.All[*model.Daemon](v) {
		s.cluster(d.Key().ID).daemons[d.Key().ID] = true
		wake(d.Key().String())
	}
	for i := range store.All[*model.ContainerInstance](v) {
		if i.CapacityProvider != "" {
			s.keep(i)
			wake(i.Key().String())
		}
	}
	for d := range store.All[*model.DaemonTaskDefinition](v) {
		if d.Status == model.DaemonTaskDefinitionDeleteInProgress {
			wake(d.Key().String())
		}
	}
}

// keep remembers whether daemons keep the instance out of use.
func (s *daemons) keep(i *model.ContainerInstance) {
	id := i.Key().ID
	if i.Status == model.InstanceRegistering || i.DrainedFor != "" {
		s.cluster(id).kept[id] = true
	} else if c := s.clusters[clusterOf(id)]; c != nil {
		delete(c.kept, id)
	}
}

func (s *daemons) Changed(v store.View, k model.Key, wake func(string, time.Duration)) {
	switch k.Kind {
	case model.KindDaemon:
		s.daemonChanged(v, k.ID, wake)
	case model.KindDaemonDeployment:
		s.daemonChanged(v, k.ID[:strings.LastIndexByte(k.ID, '/')], wake)
	case model.KindDaemonTaskDefinition:
		wake(k.String(), 0)
	case model.KindTask:
		s.taskChanged(v, k.ID, wake)
	case model.KindContainerInstance:
		s.instanceChanged(v, k, wake)
	case model.KindCluster: // its tasks may be for another runtime now, which other instances have
		if c := s.clusters[k.ID]; c != nil {
			for _, key := range slices.Sorted(maps.Keys(c.stuck)) {
				wake(daemonKey(key), stuckDelay)
			}
		}
	case model.KindAlarm:
		account, _, _ := strings.Cut(k.ID, "/")
		for d := range store.Prefix[*model.Daemon](v, account+"/") {
			wake(d.Key().String(), 0)
		}
	}
}

func daemonKey(id string) string { return model.Key{Kind: model.KindDaemon, ID: id}.String() }

func (s *daemons) daemonChanged(v store.View, id string, wake func(string, time.Duration)) {
	c := s.cluster(id)
	if _, ok := store.Get[*model.Daemon](v, id); ok {
		c.daemons[id] = true
	} else if c.daemons[id] {
		delete(c.daemons, id)
		delete(c.stuck, id)
		account, _, _ := strings.Cut(id, "/")
		for d := range store.Prefix[*model.DaemonTaskDefinition](v, account+"/") {
			wake(d.Key().String(), 0) // it may have been the last to refer to it
		}
	}
	wake(daemonKey(id), 0)
	for _, i := range slices.Sorted(maps.Keys(c.kept)) {
		wake(instanceKey(i), 0)
	}
}

func (s *daemons) taskChanged(v store.View, id string, wake func(string, time.Duration)) {
	t, ok := store.Get[*model.Task](v, id)
	if !ok {
		return // only stopped tasks are deleted: they held nothing
	}
	c := s.clusters[clusterOf(t.Spec.Instance)]
	if c == nil {
		return // most clusters have no daemons
	}
	c.stale[t.Spec.Instance] = true
	if t.Spec.Daemon != "" {
		wake(daemonKey(t.Spec.Daemon), 0)
		wake(instanceKey(t.Spec.Instance), 0)
	}
	if !t.Stopped() {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(c.stuck)) {
		wake(daemonKey(key), stuckDelay)
	}
	if i, ok := store.Get[*model.ContainerInstance](v, t.Spec.Instance); ok && i.Status == model.InstanceDraining {
		s.wakeAll(c, wake)
	}
}

func (s *daemons) wakeAll(c *daemonCache, wake func(string, time.Duration)) {
	for _, id := range slices.Sorted(maps.Keys(c.daemons)) {
		wake(daemonKey(id), 0)
	}
}

func (s *daemons) instanceChanged(v store.View, k model.Key, wake func(string, time.Duration)) {
	now, ok := store.Get[*model.ContainerInstance](v, k.ID)
	if ok {
		s.keep(now)
	}
	c := s.clusters[clusterOf(k.ID)]
	if c == nil {
		return
	}
	if !ok {
		delete(c.kept, k.ID)
	}
	c.stale[k.ID] = true
	if ok && c.fleet != nil {
		if n, known := c.fleet.Node(k.ID); known && sameForPlacement(n.Instance, now) &&
			n.Instance.CapacityProvider == now.CapacityProvider && n.Instance.DrainedFor == now.DrainedFor {
			return
		}
	}
	s.wakeAll(c, wake)
	wake(k.String(), 0)
}

func (s *daemons) Plan(v store.View, key string, now time.Time) plan.Plan {
	kind, id, _ := strings.Cut(key, "/")
	switch model.Kind(kind) {
	case model.KindDaemon:
		if d, ok := store.Get[*model.Daemon](v, id); ok {
			return s.planDaemon(v, d, now)
		}
	case model.KindContainerInstance:
		if i, ok := store.Get[*model.ContainerInstance](v, id); ok {
			return s.planInstance(v, i, now)
		}
	case model.KindDaemonTaskDefinition:
		if d, ok := store.Get[*model.DaemonTaskDefinition](v, id); ok {
			return daemon.Definition(d, referred(v, d))
		}
	}
	return plan.Plan{}
}

func (s *daemons) planDaemon(v store.View, d *model.Daemon, now time.Time) plan.Plan {
	id := d.Key().ID
	c := s.cluster(id)
	in := daemon.View{Daemon: d, Now: now, Since: s.since, Timing: s.opts.Timing, Seed: s.opts.Seed(),
		Definitions: map[string]*model.TaskDefinition{}, Fleet: c.fleetOf(v, clusterOf(id)), Alarms: map[string]string{}, Runtime: runtimeOf(v, clusterOf(id)),
		Others: func(instance string) int { return othersOn(v, instance) }}
	for r := range store.RevisionsByDaemon(v, id) {
		in.Revisions = append(in.Revisions, r)
		defineDaemon(v, in.Definitions, r.Spec.TaskDefinition)
	}
	for dep := range store.DeploymentsByDaemon(v, id) {
		in.Deployments = append(in.Deployments, dep)
		for _, name := range dep.Spec.Alarms {
			if a, ok := store.Get[*model.Alarm](v, model.AlarmID(d.Account, name)); ok {
				in.Alarms[name] = a.State
			}
		}
	}
	for t := range store.TasksByDaemon(v, id) {
		in.Tasks = append(in.Tasks, t)
		defineDaemon(v, in.Definitions, t.Spec.TaskDefinition)
	}
	p := daemon.Plan(in)
	delete(c.stuck, id)
	if slices.ContainsFunc(p.Reasons, func(r plan.Reason) bool { return r.Code == daemon.CodeStuck }) {
		c.stuck[id] = true
	}
	return p
}

func (s *daemons) planInstance(v store.View, i *model.ContainerInstance, now time.Time) plan.Plan {
	in := daemon.GateView{Instance: i, Definitions: map[string]*model.TaskDefinition{}, Now: now, Timing: s.opts.Timing}
	for d := range store.Prefix[*model.Daemon](v, model.ClusterID(i.Account, i.Cluster)+"/") {
		r := daemon.Covers(d, store.NewestDeployment(v, d), store.RevisionsOf(v, d), i)
		if r == nil {
			continue
		}
		c := daemon.Critical{Name: d.Name}
		for t := range store.TasksByInstance(v, i.Key().ID) {
			if t.Spec.Daemon == d.Key().ID && t.Spec.Deployment == r.ID {
				c.Tasks = append(c.Tasks, t)
				defineDaemon(v, in.Definitions, t.Spec.TaskDefinition)
			}
		}
		in.Critical = append(in.Critical, c)
	}
	return daemon.Gate(in)
}

// defineDaemon adds a daemon task definition to those that a plan reads.
func defineDaemon(v store.View, known map[string]*model.TaskDefinition, id string) {
	if _, ok := known[id]; ok {
		return
	}
	if def, ok := store.Get[*model.DaemonTaskDefinition](v, id); ok {
		known[id] = def.AsTaskDefinition()
	}
}

// othersOn counts the tasks on an instance that are no daemon's and have not
// stopped.
func othersOn(v store.View, instance string) (n int) {
	for t := range store.TasksByInstance(v, instance) {
		if t.Spec.Daemon == "" && !t.Stopped() {
			n++
		}
	}
	return n
}

// referred reports whether a revision of any daemon refers to the definition.
func referred(v store.View, d *model.DaemonTaskDefinition) bool {
	for r := range store.Prefix[*model.DaemonRevision](v, d.Account+"/") {
		if r.Spec.TaskDefinition == d.Key().ID {
			return true
		}
	}
	return false
}
