package control

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/deploy"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// ServicesOptions of the services' planner. The zero value is what production uses.
type ServicesOptions struct {
	Timing deploy.Timing
	// Seed draws the seed of each plan's ids; nil: from the system's source.
	Seed func() plan.Seed
	// PlanWrites is how many writes one plan may hold; 0: plan.MaxWrites. A
	// plan looks at all tasks of its service, so a log that takes large
	// transactions is worth more.
	PlanWrites int
}

// stuckDelay is how long a service that found no instance waits after room
// may have come up, so that a burst of changes makes one attempt.
const stuckDelay = 100 * time.Millisecond

// reportDelay is how long, for each of its tasks, a service waits for more reports
// before it is planned again: 100 ms for 5,000 tasks, 2 ms for 100. While more
// than ten services wait it is sharedReportDelay for each of those: planning takes
// less than a tenth of that for each task, so that reports never fill a core with
// plans, however many services they are about.
const (
	reportDelay       = 20 * time.Microsecond
	sharedReportDelay = 2 * time.Microsecond
)

// NewServices returns the planner that keeps services as they are wanted. Its
// keys are the ids of services.
func NewServices(opts ServicesOptions) Planner {
	if opts.Seed == nil {
		opts.Seed = func() (s plan.Seed) {
			rand.Read(s[:])
			return s
		}
	}
	return &services{opts: opts, clusters: map[string]*clusterCache{}, sizes: map[string]int{}, reported: map[string]bool{}, held: map[string]bool{}, crowds: map[string]*crowd{}, alarms: newAlarmWatch()}
}

type services struct {
	opts     ServicesOptions
	since    time.Time
	clusters map[string]*clusterCache // by account/cluster
	sizes    map[string]int           // how many tasks a service had when it was planned last, by id
	reported map[string]bool          // services whose tasks were reported on since they were planned, by id
	held     map[string]bool          // instances at which tasks are counted in that are not in the tables yet, by id
	crowds   map[string]*crowd        // by service
	alarms   *alarmWatch
}

// clusterCache is what the planner remembers of a cluster, so that planning
// one service does not cost a walk over all instances and services.
type clusterCache struct {
	id      string          // account/cluster
	fleet   *place.Fleet    // nil: not built yet
	own     bool            // the fleet has no guests
	stale   map[string]bool // instances to be read again, by id
	daemons map[string]bool // daemon services, by id
	stuck   map[string]bool // services that found no instance, by id
	evened  map[string]bool // services that are evened out over the zones, by id
}

func (s *services) Name() string { return "services" }

func (s *services) Kinds() []model.Kind {
	return []model.Kind{model.KindService, model.KindDeployment, model.KindTaskSet, model.KindAlarm, model.KindTask,
		model.KindContainerInstance, model.KindCapacityProvider, model.KindCluster}
}

func (s *services) cluster(id string) *clusterCache {
	name := clusterOf(id)
	c := s.clusters[name]
	if c == nil {
		c = &clusterCache{id: name, stale: map[string]bool{}, daemons: map[string]bool{}, stuck: map[string]bool{}, evened: map[string]bool{}}
		s.clusters[name] = c
	}
	return c
}

// clusterOf returns account/cluster of account/cluster/anything.
func clusterOf(id string) string {
	if i := strings.IndexByte(id, '/'); i >= 0 {
		if j := strings.IndexByte(id[i+1:], '/'); j >= 0 {
			return id[:i+1+j]
		}
	}
	return id
}

func (s *services) All(v store.View, now time.Time, wake func(string)) {
	if s.since.IsZero() {
		s.since = now
	}
	for _, c := range s.clusters {
		c.fleet = nil // read anew: a resync trusts nothing
	}
	clear(s.crowds)
	for svc := range store.All[*model.Service](v) {
		s.remember(svc)
		wake(svc.Key().ID)
	}
}

// remember keeps the sets of daemons and of services that are evened out over
// the zones, and the alarms that services name.
func (s *services) remember(svc *model.Service) {
	id := svc.Key().ID
	s.alarms.remember(svc)
	c := s.cluster(id)
	if svc.Status == model.ServiceActive && svc.Spec.Scheduling == model.SchedulingDaemon {
		c.daemons[id] = true
	} else {
		delete(c.daemons, id)
	}
	if svc.Status == model.ServiceActive && svc.Spec.ZoneRebalancing == deploy.RebalancingEnabled {
		c.evened[id] = true
	} else {
		delete(c.evened, id)
	}
}

func (s *services) Changed(v store.View, k model.Key, wake func(string, time.Duration)) {
	switch k.Kind {
	case model.KindService:
		if svc, ok := store.Get[*model.Service](v, k.ID); ok {
			s.remember(svc)
		} else {
			c := s.cluster(k.ID)
			delete(c.daemons, k.ID)
			delete(c.stuck, k.ID)
			delete(c.evened, k.ID)
			s.alarms.forget(k.ID)
		}
		wake(k.ID, 0)
	case model.KindAlarm:
		for _, id := range s.alarms.watching(k.ID) {
			if !mutant.On(mutant.AlarmUnheard) {
				wake(id, 0)
			}
		}
	case model.KindDeployment, model.KindTaskSet:
		if i := strings.LastIndex(k.ID, "/ecs-svc/"); i >= 0 {
			wake(k.ID[:i], 0)
		}
	case model.KindTask:
		s.taskChanged(v, k.ID, wake)
	case model.KindContainerInstance:
		s.instanceChanged(v, k.ID, wake)
	case model.KindCluster: // its tasks may be for another runtime now, which other instances have
		if c := s.clusters[k.ID]; c != nil {
			c.wakeStuck(wake)
		}
	case model.KindCapacityProvider: // services that found no instance may wait now
		account, _, _ := strings.Cut(k.ID, "/")
		for _, name := range slices.Sorted(maps.Keys(s.clusters)) {
			if strings.HasPrefix(name, account+"/") {
				s.clusters[name].wakeStuck(wake)
			}
		}
	}
}

func (s *services) taskChanged(v store.View, id string, wake func(string, time.Duration)) {
	t, ok := store.Get[*model.Task](v, id)
	if !ok {
		return // only stopped tasks are deleted: they held nothing
	}
	if t.Spec.Service != "" && !(t.Stopped() && mutant.On(mutant.EndUnheard)) {
		wake(t.Spec.Service, s.patience(t))
	}
	freed := t.Stopped() && !mutant.On(mutant.RoomUnheard)
	if t.Spec.LaunchType == model.LaunchFargate && t.Spec.CapacityProvider != model.ProviderFargateSpot && t.Status.Last == model.TaskPending {
		freed = true // it may have been the last to wait: tasks of FARGATE_SPOT are placed again
	}
	if t.Spec.Instance == "" {
		if freed {
			s.cluster(id).wakeStuck(wake)
		}
		return
	}
	if t.Spec.CapacityProvider != "" && t.Status.Last == model.TaskPending && !mutant.On(mutant.RoomUnheard) {
		s.cluster(id).wakeStuck(wake) // it may have waited for its instance until now, and another may wait in its stead
	}
	sharing(v, s.clusters, t.Spec.Instance, func(c *clusterCache) {
		c.stale[t.Spec.Instance] = true
		if freed {
			c.wakeStuck(wake)
		}
	})
}

// patience is how long a service may wait to be planned after a change of one of
// its tasks. A large one does while its tasks come to run or end, one report
// after the other, and longer while many services do: each plan looks at all
// tasks of its service. What was decided here or by a caller (new tasks, tasks
// that are to stop) is followed up at once.
func (s *services) patience(t *model.Task) time.Duration {
	if !t.Stopped() && (t.Desired != model.TaskRunning || t.Status.Last != model.TaskRunning) {
		return 0
	}
	s.reported[t.Spec.Service] = true
	return time.Duration(s.sizes[t.Spec.Service]) * max(reportDelay, time.Duration(len(s.reported))*sharedReportDelay)
}

func (s *services) instanceChanged(v store.View, id string, wake func(string, time.Duration)) {
	s.cluster(id)
	now, ok := store.Get[*model.ContainerInstance](v, id)
	changed := false
	sharing(v, s.clusters, id, func(c *clusterCache) {
		c.stale[id] = true
		if ok && c.fleet != nil {
			if before, known := c.fleet.Node(id); known && sameForPlacement(before.Instance, now) {
				return
			}
		}
		changed = true
		if c == s.clusters[clusterOf(id)] {
			for _, key := range slices.Sorted(maps.Keys(c.daemons)) {
				wake(key, 0)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(c.evened)) {
			wake(key, stuckDelay)
		}
		c.wakeStuck(wake)
	})
	if !changed {
		return
	}
	for t := range store.TasksByInstance(v, id) {
		if t.Spec.Service != "" && !t.Stopped() {
			wake(t.Spec.Service, 0)
		}
	}
}

// sameForPlacement reports whether a planner would not see a difference.
func sameForPlacement(a, b *model.ContainerInstance) bool {
	return a.Status == b.Status && a.AgentConnected == b.AgentConnected && a.ConnectedAt.Equal(b.ConnectedAt) &&
		a.Registered.CPU == b.Registered.CPU && a.Registered.Memory == b.Registered.Memory &&
		a.CapacityProvider == b.CapacityProvider && a.Fargate == b.Fargate && slices.Equal(a.Registered.Ports, b.Registered.Ports) && slices.Equal(a.Attributes, b.Attributes)
}

func (c *clusterCache) wakeStuck(wake func(string, time.Duration)) {
	for _, key := range slices.Sorted(maps.Keys(c.stuck)) {
		wake(key, stuckDelay)
	}
}

func (s *services) Plan(v store.View, key string, now time.Time) plan.Plan {
	delete(s.reported, key)
	svc, ok := store.Get[*model.Service](v, key)
	if !ok {
		delete(s.sizes, key)
		delete(s.crowds, key)
		return plan.Plan{}
	}
	c := s.cluster(key)
	in := deploy.View{Service: svc, Now: now, Writes: s.opts.PlanWrites, Since: s.since, Timing: s.opts.Timing, Seed: s.opts.Seed(),
		Definitions: map[string]*model.TaskDefinition{}, Fleet: c.fleetOf(v, clusterOf(key)), Network: v, Runtime: runtimeOf(v, clusterOf(key)),
		GroupsOf: func(instance string) []string { return groupsOn(v, instance) }}
	in.Alarms, in.Providers = alarmsOf(v, svc), map[string]*model.CapacityProvider{}
	if len(svc.Spec.CapacityStrategy) > 0 || svc.Spec.LaunchType == model.LaunchFargate || svc.Spec.Controller == deploy.ControllerExternal {
		in.SpotOn, in.Scarce = func(instance string) model.Usage { return store.SpotUsage(v, instance) }, store.FargateWanted(v, svc.Account)
	}
	for t := range store.TaskSetsByService(v, key) {
		in.TaskSets = append(in.TaskSets, t)
		provide(v, in.Providers, svc.Account, t.Spec.CapacityStrategy)
		define(v, in.Definitions, t.Spec.TaskDefinition)
	}
	for d := range store.DeploymentsByService(v, key) {
		in.Deployments = append(in.Deployments, d)
		if d.ID == svc.Primary {
			provide(v, in.Providers, svc.Account, d.Spec.CapacityStrategy)
			define(v, in.Definitions, d.Spec.TaskDefinition)
		}
	}
	tasks := s.crowdOf(v, key, in.Fleet, in.Definitions)
	if in.Tasks = tasks.tasks; svc.Spec.Controller != deploy.ControllerExternal { // task sets make briefs of their own
		in.Briefs = &tasks.briefs
	}
	s.sizes[key] = len(in.Tasks)
	if len(in.Providers) > 0 {
		in.Waiting = waitingIn(v, clusterOf(key))
	}
	in.Events, _ = store.Get[*model.ServiceEvents](v, key)
	p := deploy.Plan(in)
	delete(c.stuck, key)
	if slices.ContainsFunc(p.Reasons, func(r plan.Reason) bool { return r.Code == deploy.CodeStuck }) {
		c.stuck[key] = true
	}
	return p
}

// Gathered implements Gatherer: the next service is placed beside the tasks that
// p starts, and not beside addresses that it gives.
func (s *services) Gathered(v store.View, p plan.Plan) bool {
	var started []*model.Task
	for _, w := range p.Change.Writes {
		t, ok := w.Noun.(*model.Task)
		if !ok || t.Metadata().Rev != 0 {
			continue
		}
		if t.Spec.Interface != nil || t.Waiting() {
			return false
		}
		started = append(started, t)
	}
	s.hold(v, started)
	return true
}

// Settled implements Gatherer.
func (s *services) Settled() { s.letGo() }

// provide adds the capacity providers of a strategy to those that a plan reads.
func provide(v store.View, known map[string]*model.CapacityProvider, account string, strategy []model.CapacityStrategy) {
	for _, s := range strategy {
		if p, ok := store.Get[*model.CapacityProvider](v, model.CapacityProviderID(account, s.Provider)); ok && p.Status == model.CapacityProviderActive {
			known[s.Provider] = p
		}
	}
}

// define adds a definition to those that a plan reads.
func define(v store.View, known map[string]*model.TaskDefinition, id string) {
	if _, ok := known[id]; ok {
		return
	}
	if def, ok := store.Get[*model.TaskDefinition](v, id); ok {
		known[id] = def
	}
}

func groupsOn(v store.View, instance string) (groups []string) {
	for t := range store.TasksByInstance(v, instance) {
		if !t.Stopped() && !slices.Contains(groups, t.Spec.Group) {
			groups = append(groups, t.Spec.Group)
		}
	}
	return groups
}
