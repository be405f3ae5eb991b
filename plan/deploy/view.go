package deploy

import (
	"cmp"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/plan/place"
)

// View is all that a plan for one service depends on. Nothing in it is changed.
type View struct {
	Service     *model.Service
	Deployments []*model.Deployment // all of the service
	Tasks       []*model.Task       // all of the service that are in the tables
	// Briefs are those of Tasks, which are in the order of ids then; nil: the plan
	// makes them.
	Briefs      *Briefs
	Definitions map[string]*model.TaskDefinition // by id, those of the tasks and of the deployments
	Fleet       *place.Fleet                     // the cluster's instances
	Network     address.Network                  // where tasks of network mode awsvpc have their addresses from
	Runtime     string                           // the cluster's, for new tasks (model.Cluster.Runtime)
	// Writes is how many writes the plan may hold; 0: plan.MaxWrites.
	Writes int
	Events *model.ServiceEvents // nil: none yet
	// TaskSets are all of a service whose deployment controller is EXTERNAL.
	TaskSets []*model.TaskSet
	// Alarms are those that the service's rollout names and that exist, by name.
	Alarms map[string]*model.Alarm
	// Providers are the capacity providers that the strategies name and that
	// exist, by name.
	Providers map[string]*model.CapacityProvider
	// Waiting is how many tasks of the cluster wait for an instance, whoever's
	// they are.
	Waiting int
	Now     time.Time
	// Since is when whoever asks began to watch the instances: none counts as
	// lost before LostAfter has passed since then. Zero: long ago.
	Since  time.Time
	Seed   plan.Seed
	Timing Timing
	// GroupsOf returns the groups of the tasks on an instance, for constraints
	// that speak of task:group.
	GroupsOf func(instanceID string) []string
	// SpotOn returns what the tasks of FARGATE_SPOT on an instance hold, which
	// on-demand tasks of Fargate may wait for; nil: nothing.
	SpotOn func(instanceID string) model.Usage
	// Scarce: on-demand tasks of Fargate wait for room in the account, so that
	// those of FARGATE_SPOT get none.
	Scarce bool
}

// Timing holds the waits of a plan; zero values mean the defaults.
type Timing struct {
	// LostAfter is how long an instance may be disconnected before its tasks
	// are replaced.
	LostAfter time.Duration
	// Settle is how long a new task has to run before it counts as a
	// replacement for an old one and for a steady state.
	Settle time.Duration
	// HealthyRun is how long a task has to run for its end to be no failure,
	// and for the failures before it to be forgotten.
	HealthyRun time.Duration
	// FirstDelay is the wait before the second restart of a task that keeps
	// failing; the first is at once, and each further wait is twice as long,
	// up to MaxDelay.
	FirstDelay, MaxDelay time.Duration
	// Resolve is how long the first task of a deployment is waited for to tell
	// the digests of its images before others are started without them.
	Resolve time.Duration
}

// The defaults of Timing.
const (
	DefaultLostAfter  = 3 * time.Second
	DefaultSettle     = 2 * time.Second
	DefaultHealthyRun = 10 * time.Second
	DefaultFirstDelay = time.Second
	DefaultMaxDelay   = 5 * time.Minute
	DefaultResolve    = 5 * time.Minute
)

func (t Timing) withDefaults() Timing {
	return Timing{cmp.Or(t.LostAfter, DefaultLostAfter), cmp.Or(t.Settle, DefaultSettle),
		cmp.Or(t.HealthyRun, DefaultHealthyRun), cmp.Or(t.FirstDelay, DefaultFirstDelay), cmp.Or(t.MaxDelay, DefaultMaxDelay), cmp.Or(t.Resolve, DefaultResolve)}
}

// Limits of a plan and of what it leaves behind.
const (
	// MaxWaiting is how many tasks of a deployment or task set may wait for an
	// instance at a time; the others are made when those have one.
	MaxWaiting = 25
	// KeepInactive is how many deployments without tasks are kept, beside the
	// last completed one: the history of a service. ECS keeps 90 days of it.
	KeepInactive = 50
	// MaxCounted is how many failed tasks a deployment remembers to have
	// counted; failures beyond are not counted while these are in the tables.
	MaxCounted = 1000
	// maxDeploymentWrites is how many of a plan's writes deployments may take.
	maxDeploymentWrites = 20
	// maxTaskWrites is what is left for tasks: the service, its events and
	// two deployments of a rollback need the rest.
	maxTaskWrites = plan.MaxWrites - maxDeploymentWrites - 4
	// maxNamed is how many tasks an event names.
	maxNamed = 10
)

// Plan returns what is to happen to the service now.
func Plan(v View) plan.Plan {
	p := begin(v)
	switch {
	case v.Service.Status != model.ServiceActive:
		p.drain()
	case v.Service.Spec.Controller == ControllerExternal:
		p.external()
	case p.primary == nil:
		p.out.Because(v.Service.Key(), "NoDeployment", "The service has no primary deployment.")
	default:
		p.advance()
	}
	return p.finish()
}

// planning is one call of Plan: the view, and what was decided so far.
type planning struct {
	View
	out     plan.Plan
	ids     *plan.IDs
	tasks   []*model.Task // by id; those that were stopped by this plan replaced
	living  []int32       // indexes of the tasks that have not stopped
	ended   []int32       // those that have
	seen    Briefs        // of the tasks
	current int32         // the primary deployment in them
	primary *model.Deployment
	older   []*model.Deployment // the newest first
	stored  map[string]*model.Deployment
	rules   *place.Rules
	set     *model.TaskSet // that primary stands for; nil for a deployment
	// elsewhere is where this plan has started tasks of task sets before.
	elsewhere []string
	spare     int // task writes left
	said      []string
	acted     bool            // tasks were started or stopped
	guarded   map[string]bool // instances, by id
	before    []place.Node    // those as they were handed in
	trouble   trouble
	chooser   *address.Chooser
}

func begin(v View) *planning {
	p := &planning{View: v, ids: plan.NewIDs(v.Seed), spare: cmp.Or(v.Writes, plan.MaxWrites) - (plan.MaxWrites - maxTaskWrites), stored: map[string]*model.Deployment{}, guarded: map[string]bool{}}
	p.Timing = v.Timing.withDefaults()
	p.tasks = slices.Clone(v.Tasks)
	if v.Briefs != nil && len(v.Briefs.List) != len(v.Tasks) {
		panic("deploy: the briefs are not of the tasks of service " + v.Service.Name)
	}
	if byID := func(a, b *model.Task) int { return cmp.Compare(a.ID, b.ID) }; v.Briefs == nil && !slices.IsSortedFunc(p.tasks, byID) {
		slices.SortFunc(p.tasks, byID)
	}
	for _, d := range v.Deployments {
		p.stored[d.ID] = d
		if d.ID == v.Service.Primary {
			p.primary = d.Clone()
			continue
		}
		if d.Status.State != model.DeploymentInactive { // what is inactive does not change any more
			d = d.Clone()
		}
		p.older = append(p.older, d)
	}
	slices.SortFunc(p.older, func(a, b *model.Deployment) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	p.compile()
	p.look()
	return p
}

// ControllerExternal is the deployment controller of services that consist of
// task sets. Source: ECS API reference, DeploymentController.
const ControllerExternal = "EXTERNAL"

// compile makes the rules of placement of the primary deployment's tasks.
func (p *planning) compile() {
	if p.primary != nil && p.onFargate() {
		p.rules = place.FargateRules()
		return
	}
	rules, err := place.Compile(p.Service.Spec.Strategy, p.constraints())
	if err != nil {
		p.out.Because(p.Service.Key(), "InvalidPlacement", err.Error())
	}
	p.rules = rules
}

// constraints returns the service's placement constraints and its task
// definition's.
func (p *planning) constraints() []model.PlacementConstraint {
	cs := slices.Clone(p.Service.Spec.Constraints)
	if p.primary == nil {
		return cs
	}
	if def := p.Definitions[p.primary.Spec.TaskDefinition]; def != nil && def.Definition != nil {
		cs = append(cs, place.DefinitionConstraints(def.Definition)...)
	}
	return cs
}

// more asks to be called again at once, because this plan is full.
func (p *planning) more() { p.out.WakeAt(p.Now) }
