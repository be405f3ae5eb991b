package daemon

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/judge"
	"github.com/roadstead/roadstead/plan/place"
)

// batch is how many instances in use may change at a time: at least one, or a
// small fleet would never change.
func (p *planning) batch(s *survey) int {
	return max(int(float64(s.serving)*p.current.Spec.DrainPercent/100), 1)
}

// roll stops what is not to be and starts what is missing: at once where
// instances wait for the daemon, and in batches where they are in use while a
// deployment is under way.
func (p *planning) roll(s *survey) {
	p.stop(s.astray, stopReason(p.current.ID))
	p.stop(s.unhealthy, judge.Unhealthy)
	if p.revision == nil {
		return
	}
	req, err := p.request()
	if err != nil {
		p.out.Because(p.current.Key(), CodeStuck, "The daemon's tasks cannot be started: "+err.Error()+".")
		return
	}
	state := p.current.Status.State
	limited := state == model.DaemonInProgress || state == model.DaemonRollbackInProgress
	budget := p.batch(s)
	var bare, outdated []*node
	for _, n := range s.nodes {
		switch {
		case n.stopping:
			budget--
		case n.current != nil:
			if !n.joins() && !p.settled(n.current) {
				budget--
			}
		case n.outdated != nil:
			outdated = append(outdated, n)
		case n.joins():
			p.start(n, req)
		case n.failures > 0:
			budget--
			p.start(n, req)
		default:
			bare = append(bare, n)
		}
	}
	for _, n := range bare {
		if (!limited || budget > 0) && p.start(n, req) {
			budget--
		}
	}
	for _, n := range outdated {
		if budget > 0 && p.makeWay(n, req) {
			budget--
		}
	}
}

// request returns what a task of the revision in force asks of an instance.
// Its error is for people.
func (p *planning) request() (*place.Request, error) {
	def := p.Definitions[p.revision.Spec.TaskDefinition]
	if def == nil || def.Definition == nil {
		return nil, fmt.Errorf("the daemon task definition was not found")
	}
	resources, err := place.Demand(def.Definition, nil)
	if err != nil {
		return nil, fmt.Errorf("the daemon task definition is invalid: %w", err)
	}
	return &place.Request{Count: 1, Resources: resources, Required: place.RequiredOn(p.Runtime, def.Definition, nil)}, nil
}

// fits reports whether the node can take the daemon, beside all tasks but
// without (nil for none), and says why not.
func (p *planning) fits(n *node, req *place.Request, without *model.Task) bool {
	free := n.Node
	free.Instance = n.Instance.Clone()
	free.Instance.Status = model.InstanceActive // daemons come before the instance is used, and go on while it drains
	if without != nil {
		free.Usage = free.Usage.Remove(without)
	}
	if n.stuck = place.Check(free, req); n.stuck == "" {
		return true
	}
	if n.stuck == place.FailAgent { // it is about to return or to be lost
		n.stuck = ""
		return false
	}
	p.out.Because(p.current.Key(), CodeStuck, n.stuck+" - Unable to place daemon task on container instance "+n.Instance.ID+".")
	p.out.Reasons[len(p.out.Reasons)-1].Instance = n.id
	return false
}

// start starts the daemon on a node where none is, if it may and can.
func (p *planning) start(n *node, req *place.Request) bool {
	if p.Now.Before(n.retryAt) {
		p.out.WakeAt(n.retryAt)
		p.out.Because(p.current.Key(), "BackingOff", fmt.Sprintf("%d tasks failed on %s; the next starts at %s.",
			n.failures, n.Instance.ID, n.retryAt.Format("15:04:05.000")))
		return false
	}
	if !p.fits(n, req, nil) {
		return false
	}
	if p.spare == 0 {
		p.more()
		return false
	}
	p.spare--
	p.started = true
	t := p.newTask(n, req.Resources)
	p.out.Change.Put(t)
	p.out.Change.Expect(n.Instance)
	p.out.Because(t.Key(), "Started", "Started on "+n.Instance.ID+".")
	return true
}

// makeWay stops a task of another revision where its successor has room.
func (p *planning) makeWay(n *node, req *place.Request) bool {
	return p.fits(n, req, n.outdated) && len(p.stop([]*model.Task{n.outdated}, stopReason(p.current.ID))) == 1
}

func (p *planning) newTask(n *node, resources model.Resources) *model.Task {
	d, spec := p.Daemon, p.revision.Spec
	t := &model.Task{Account: d.Account, Cluster: d.Cluster, ID: p.ids.Hex(), Desired: model.TaskRunning, Tags: p.tags(),
		Spec: model.TaskSpec{TaskDefinition: spec.TaskDefinition, Instance: n.id, Daemon: d.Key().ID, Deployment: p.revision.ID,
			Group: GroupPrefix + d.Name, StartedBy: p.current.ID, LaunchType: "MANAGED_INSTANCES", CapacityProvider: n.Instance.CapacityProvider,
			Resources: resources, CreatedAt: p.Now, EnableExecuteCommand: spec.EnableExecuteCommand, Runtime: p.Runtime,
			EnableManagedTags: spec.EnableManagedTags},
		Status: model.TaskObserved{Last: model.TaskPending, Version: 1}}
	for _, c := range p.Definitions[spec.TaskDefinition].Definition.ContainerDefinitions {
		if c.Name != nil {
			t.Status.Containers = append(t.Status.Containers,
				model.ContainerObserved{Name: *c.Name, Last: model.TaskPending, ID: p.ids.UUID()})
		}
	}
	return t
}

// tags are those that a new task gets: the daemon's if they are propagated
// and, if asked for, those that ECS manages.
// Source: ECS API reference, CreateDaemon: propagateTags, enableECSManagedTags.
func (p *planning) tags() []model.Tag {
	var tags []model.Tag
	if p.revision.Spec.PropagateTags == "DAEMON" {
		tags = append(tags, p.Daemon.Tags...)
	}
	if p.revision.Spec.EnableManagedTags {
		tags = append(tags, model.Tag{Key: "aws:ecs:clusterName", Value: p.Daemon.Cluster},
			model.Tag{Key: "aws:ecs:daemonName", Value: p.Daemon.Name})
	}
	return tags
}

// stop stops tasks, as many as the plan has room for, and returns those.
func (p *planning) stop(tasks []*model.Task, reason string) (stopped []*model.Task) {
	for _, t := range tasks {
		if p.spare == 0 {
			p.more()
			break
		}
		p.spare--
		i, _ := slices.BinarySearchFunc(p.tasks, t.ID, func(a *model.Task, id string) int { return cmp.Compare(a.ID, id) })
		p.tasks[i] = t.Stop(model.StopServiceSchedulerInitiated, reason, p.Now)
		p.out.Change.Put(p.tasks[i])
		p.out.Because(t.Key(), "Stopped", reason)
		stopped = append(stopped, t)
	}
	return stopped
}
