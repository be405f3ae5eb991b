package daemon

import (
	"cmp"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/place"
)

// View is all that a plan for one daemon depends on. Nothing in it is changed.
type View struct {
	Daemon      *model.Daemon
	Deployments []*model.DaemonDeployment        // all of the daemon
	Revisions   []*model.DaemonRevision          // all of the daemon
	Tasks       []*model.Task                    // all of the daemon that are in the tables
	Definitions map[string]*model.TaskDefinition // by id, those of the tasks and of the revisions
	Fleet       *place.Fleet                     // the cluster's instances
	Runtime     string                           // the cluster's, for new tasks (model.Cluster.Runtime)
	// Others returns how many tasks that are no daemon's an instance still has;
	// asked for instances that are drained.
	Others func(instanceID string) int
	Alarms map[string]string // state by name; those that the deployment names
	Now    time.Time
	// Since is when whoever asks began to watch the instances. Zero: long ago.
	Since  time.Time
	Seed   plan.Seed
	Timing Timing
}

// Timing holds the waits of a plan; zero values mean the defaults.
type Timing struct {
	// LostAfter is how long an instance may be disconnected before deployments
	// go on without it. Its task stays: it can run nowhere else.
	LostAfter time.Duration
	// Settle is how long a new task has to serve before its instance counts as
	// done.
	Settle time.Duration
	// HealthyRun is how long a task has to run for the failures before it to be
	// forgotten, and the first probation of an instance.
	HealthyRun time.Duration
	// FirstDelay is the wait before the second restart on an instance, which
	// doubles up to MaxDelay; so does the probation.
	FirstDelay, MaxDelay time.Duration
}

// The defaults of Timing.
const (
	DefaultLostAfter  = 3 * time.Second
	DefaultSettle     = 2 * time.Second
	DefaultHealthyRun = 10 * time.Second
	DefaultFirstDelay = time.Second
	DefaultMaxDelay   = 5 * time.Minute
)

func (t Timing) withDefaults() Timing {
	return Timing{cmp.Or(t.LostAfter, DefaultLostAfter), cmp.Or(t.Settle, DefaultSettle),
		cmp.Or(t.HealthyRun, DefaultHealthyRun), cmp.Or(t.FirstDelay, DefaultFirstDelay), cmp.Or(t.MaxDelay, DefaultMaxDelay)}
}

// Limits of a plan and of what it leaves behind.
const (
	// KeepDeployments is how many ended deployments are kept, beside the last
	// successful one.
	KeepDeployments = 10
	// maxRecordWrites is how many of a plan's writes deployments and revisions may take.
	maxRecordWrites = 20
	// maxTaskWrites is what is left for tasks.
	maxTaskWrites = plan.MaxWrites - maxRecordWrites - 2
	// maxNamed is how many instances a reason names.
	maxNamed = 5
)

// Plan returns what is to happen to the daemon now.
func Plan(v View) plan.Plan {
	p := begin(v)
	switch {
	case p.current == nil:
		p.out.Because(v.Daemon.Key(), "NoDeployment", "The daemon has no deployment.")
	case v.Daemon.Status != model.DaemonActive:
		p.leave()
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
	current *model.DaemonDeployment
	older   []*model.DaemonDeployment // the newest first
	stored  map[string]*model.DaemonDeployment
	spare   int  // task writes left
	records int  // writes of deployments and revisions left
	started bool // a task
	// What is to run, and where; revision is nil when nothing is to be started.
	revision  *model.DaemonRevision
	providers []string
}

func begin(v View) *planning {
	p := &planning{View: v, ids: plan.NewIDs(v.Seed), spare: maxTaskWrites, records: maxRecordWrites,
		stored: map[string]*model.DaemonDeployment{}}
	p.Timing = v.Timing.withDefaults()
	p.tasks = slices.Clone(v.Tasks)
	slices.SortFunc(p.tasks, func(a, b *model.Task) int { return cmp.Compare(a.ID, b.ID) })
	for _, d := range v.Deployments {
		p.stored[d.ID] = d
		if d.ID == v.Daemon.Deployment {
			p.current = d.Clone()
			continue
		}
		p.older = append(p.older, d.Clone())
	}
	slices.SortFunc(p.older, func(a, b *model.DaemonDeployment) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return p
}

// find reads off what is in force.
func (p *planning) find() {
	id, providers := p.current.InForce()
	p.revision, p.providers = p.revisionOf(id), providers
}

// revisionOf returns the revision with the id, nil if there is none.
func (p *planning) revisionOf(id string) *model.DaemonRevision {
	for _, r := range p.Revisions {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (p *planning) definition(t *model.Task) *model.TaskDefinition {
	return p.Definitions[t.Spec.TaskDefinition]
}

// settled reports whether the task has served for long enough to rely on it.
func (p *planning) settled(t *model.Task) bool {
	if !judge.Ready(t, p.definition(t)) {
		return false
	}
	at := t.Status.StartedAt.Add(p.Timing.Settle)
	if p.Now.Before(at) {
		p.out.WakeAt(at)
		return false
	}
	return true
}

// lost reports whether nothing is to be expected of the instance.
func (p *planning) lost(n *place.Node) bool {
	lost, at := judge.Lost(n, p.Now, p.Since, p.Timing.LostAfter)
	p.out.WakeAt(at)
	return lost
}

// more asks to be called again at once, because this plan is full or what
// follows is the next one's affair.
func (p *planning) more() { p.out.WakeAt(p.Now) }
