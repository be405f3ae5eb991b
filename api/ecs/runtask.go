package ecs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/store"
)

// RunTask places new tasks and stores them; their instances start them. Where
// there is no room the answer has failures, which are no error.
func (d *frontDoor) RunTask(ctx context.Context, in *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	run, err := newRun(in)
	if err != nil {
		return nil, err
	}
	token, err := newToken(r, "RunTask", in.ClientToken, withoutToken(in))
	if err != nil {
		return nil, err
	}
	d.structure.RLock()
	defer d.structure.RUnlock()
	var tasks []*model.Task
	var failures []types.Failure
	release := func() {}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		release()
		release = func() {}
		cluster, err := r.activeCluster(v, in.Cluster)
		if err != nil {
			return err
		}
		done, err := token.done(v, cluster.Name)
		if err != nil || done != nil {
			tasks, failures = r.tasksByID(v, cluster.Name, done), []types.Failure{}
			return err
		}
		release, err = d.fleets.choose(cluster, func(v store.View, fleet *place.Fleet) ([]*model.Task, error) {
			tasks, failures, err = run.place(r, v, cluster, fleet, c)
			return tasks, err
		})
		if err != nil {
			release = func() {}
			return err
		}
		if len(tasks) > 0 {
			token.remember(c, v, cluster.Name, taskIDs(tasks))
		}
		return nil
	})
	release()
	if err != nil {
		return nil, err
	}
	return &ecs.RunTaskOutput{Tasks: showTasks(r, d.db.View(), tasks, true), Failures: failures}, nil
}

// withoutToken returns the input as it decides what is done.
func withoutToken(in *ecs.RunTaskInput) *ecs.RunTaskInput {
	c := *in
	c.ClientToken = nil
	return &c
}

// run is a validated call of RunTask.
type run struct {
	launch
	count       int
	capacity    []types.CapacityProviderStrategyItem
	strategy    []model.PlacementStrategy
	constraints []model.PlacementConstraint
	platform    *string // as the caller gave it
}

func newRun(in *ecs.RunTaskInput) (*run, error) {
	if err := refuseRun(in); err != nil {
		return nil, err
	}
	n := &run{count: 1, capacity: in.CapacityProviderStrategy, platform: in.PlatformVersion, launch: launch{
		taskDefinition: aws.ToString(in.TaskDefinition), group: aws.ToString(in.Group), startedBy: aws.ToString(in.StartedBy),
		referenceID: aws.ToString(in.ReferenceId), launchType: string(in.LaunchType), overrides: in.Overrides,
		propagate: in.PropagateTags, managedTags: in.EnableECSManagedTags, execute: in.EnableExecuteCommand, network: in.NetworkConfiguration,
	}}
	if in.Count != nil {
		n.count = int(*in.Count)
	}
	if n.count < 1 || n.count > maxTasksToRun {
		return nil, invalid("Count must be between 1 and %d", maxTasksToRun)
	}
	n.strategy, n.constraints = strategies(in.PlacementStrategy), constraints(in.PlacementConstraints)
	var err error
	if n.volume, err = newVolume(in.VolumeConfigurations); err != nil {
		return nil, err
	}
	return n, n.check(in.Tags)
}

func refuseRun(in *ecs.RunTaskInput) error {
	switch {
	case in.LaunchType == types.LaunchTypeManagedInstances:
		return invalid("The launch type MANAGED_INSTANCES cannot be specified. Specify a capacity provider strategy and try again.")
	case in.LaunchType != "" && !slices.Contains(in.LaunchType.Values(), in.LaunchType):
		return invalid("Invalid launch type: %s", in.LaunchType)
	}
	return nil
}

func orWord(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// place decides where the tasks go and adds them to the change.
func (n *run) place(r request, v store.View, cluster *model.Cluster, fleet *place.Fleet, c *model.Change) ([]*model.Task, []types.Failure, error) {
	t, err := r.runnable(v, n.taskDefinition, invalid)
	if err != nil {
		return nil, nil, err
	}
	shares, err := n.shares(r, v, cluster)
	if err != nil {
		return nil, nil, err
	}
	network, err := r.network(v, n.network, t.Definition)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range shares {
		if s.onFargate() {
			if err := fargateRuns(t.Definition, len(n.strategy), len(n.constraints)); err != nil {
				return nil, nil, err
			}
			if err := fargateOverrides(t.Definition, n.overrides); err != nil {
				return nil, nil, err
			}
		}
		if err := s.fits(t.Definition, network); err != nil {
			return nil, nil, err
		}
	}
	if len(n.strategy) == 0 {
		// Tasks of their own have no default strategy: any instance does.
		n.strategy = []model.PlacementStrategy{{Type: place.Random}}
	}
	if err := r.volumeRole(v, cluster, n.volume); err != nil {
		return nil, nil, err
	}
	p := placing{run: n, v: v, r: r, cluster: cluster, definition: t, ids: r.ids(), failures: []types.Failure{}}
	p.addressing = newAddressing(r, v, network, p.ids.Uint64())
	if p.request, err = n.request(v, cluster, t); err != nil {
		return nil, nil, err
	}
	for _, s := range shares {
		if err := p.share(fleet, s); err != nil {
			return nil, nil, err
		}
	}
	if len(p.tasks) == 0 && p.nobody != nil {
		return nil, nil, p.nobody
	}
	propose(c, v, cluster, t, p.tasks)
	return p.tasks, p.failures, nil
}

// request is what the placement of all tasks of the call has in common.
func (n *run) request(v store.View, cluster *model.Cluster, t *model.TaskDefinition) (place.Request, error) {
	rules, err := place.Compile(n.strategy, slices.Concat(place.DefinitionConstraints(t.Definition), n.constraints))
	if err != nil {
		return place.Request{}, invalid("%s", err)
	}
	resources, err := place.Demand(t.Definition, n.overrides)
	if err != nil {
		return place.Request{}, invalid("%s", err)
	}
	return place.Request{Resources: resources, Required: place.RequiredOn(cluster.Runtime(), t.Definition, n.overrides), Rules: rules,
		Group: n.sameGroup(v, cluster, t), GroupsOf: groupsOf(v)}, nil
}

// propose adds new tasks to the change, and that it depends on the cluster,
// the definition and the instances as they are in v.
func propose(c *model.Change, v store.View, cluster *model.Cluster, t *model.TaskDefinition, tasks []*model.Task) {
	if len(tasks) == 0 {
		return
	}
	c.Expect(cluster)
	c.Expect(t)
	seen := map[string]bool{}
	for _, task := range tasks {
		c.Put(task)
		if i, ok := store.Get[*model.ContainerInstance](v, task.Spec.Instance); ok && !seen[task.Spec.Instance] {
			c.Expect(i)
			seen[task.Spec.Instance] = true
		}
	}
}

// sameGroup returns the instances of the tasks of the same group, where the
// strategy or constraints look at them.
func (n *run) sameGroup(v store.View, cluster *model.Cluster, t *model.TaskDefinition) []string {
	needed := slices.ContainsFunc(n.strategy, func(s model.PlacementStrategy) bool { return s.Type == place.Spread }) ||
		slices.ContainsFunc(n.constraints, func(c model.PlacementConstraint) bool { return c.Type == place.DistinctInstance })
	if !needed {
		return nil
	}
	group := orWord(n.group, "family:"+t.Family)
	var instances []string
	for task := range store.TasksByGroup(v, cluster.Key().ID, group) {
		if task.Desired == model.TaskRunning {
			instances = append(instances, task.Spec.Instance)
		}
	}
	return instances
}

// groupsOf answers what groups the tasks on an instance have.
func groupsOf(v store.View) func(string) []string {
	return func(instance string) []string {
		var groups []string
		for t := range store.TasksByInstance(v, instance) {
			if !t.Stopped() {
				groups = append(groups, t.Spec.Group)
			}
		}
		return groups
	}
}

func strategies(given []types.PlacementStrategy) []model.PlacementStrategy {
	var s []model.PlacementStrategy
	for _, g := range given {
		s = append(s, model.PlacementStrategy{Type: string(g.Type), Field: aws.ToString(g.Field)})
	}
	return s
}

func constraints(given []types.PlacementConstraint) []model.PlacementConstraint {
	var s []model.PlacementConstraint
	for _, g := range given {
		s = append(s, model.PlacementConstraint{Type: string(g.Type), Expression: aws.ToString(g.Expression)})
	}
	return s
}
