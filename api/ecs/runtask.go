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
	var failures []place.Failure
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
			tasks, failures = r.tasksByID(v, cluster.Name, done), nil
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
	return &ecs.RunTaskOutput{Tasks: showTasks(r, d.db.View(), tasks, true), Failures: showFailures(r, failures)}, nil
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
	strategy    []model.PlacementStrategy
	constraints []model.PlacementConstraint
}

func newRun(in *ecs.RunTaskInput) (*run, error) {
	if err := refuseRun(in); err != nil {
		return nil, err
	}
	n := &run{count: 1, launch: launch{
		taskDefinition: aws.ToString(in.TaskDefinition), group: aws.ToString(in.Group), startedBy: aws.ToString(in.StartedBy),
		referenceID: aws.ToString(in.ReferenceId), launchType: string(in.LaunchType), overrides: in.Overrides,
		propagate: in.PropagateTags, managedTags: in.EnableECSManagedTags,
	}}
	if n.launchType == "" {
		n.launchType = string(types.LaunchTypeEc2)
	}
	if in.Count != nil {
		n.count = int(*in.Count)
	}
	if n.count < 1 || n.count > maxTasksToRun {
		return nil, invalid("Count must be between 1 and %d", maxTasksToRun)
	}
	n.strategy, n.constraints = strategies(in.PlacementStrategy), constraints(in.PlacementConstraints)
	if len(n.strategy) == 0 {
		// Tasks of their own have no default strategy: any instance does.
		n.strategy = []model.PlacementStrategy{{Type: place.Random}}
	}
	return n, n.check(in.Tags)
}

func refuseRun(in *ecs.RunTaskInput) error {
	if err := refuse(notSupported,
		parameter{"capacityProviderStrategy", len(in.CapacityProviderStrategy) > 0},
		parameter{"enableExecuteCommand", in.EnableExecuteCommand},
		parameter{"volumeConfigurations", len(in.VolumeConfigurations) > 0},
		parameter{"launchType FARGATE", in.LaunchType == types.LaunchTypeFargate},
		parameter{"launchType MANAGED_INSTANCES", in.LaunchType == types.LaunchTypeManagedInstances},
	); err != nil {
		return err
	}
	switch {
	case in.LaunchType != "" && in.LaunchType != types.LaunchTypeEc2 && in.LaunchType != types.LaunchTypeExternal:
		return invalid("Invalid launch type: %s", in.LaunchType)
	case aws.ToString(in.PlatformVersion) != "":
		return invalid("The platform version must be null when specifying an %s launch type.", orWord(string(in.LaunchType), "EC2"))
	case in.NetworkConfiguration != nil && in.NetworkConfiguration.AwsvpcConfiguration != nil:
		return invalid("Network Configuration is not valid for the given networkMode of this task definition.")
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
func (n *run) place(r request, v store.View, cluster *model.Cluster, fleet *place.Fleet, c *model.Change) ([]*model.Task, []place.Failure, error) {
	t, err := r.runnable(v, n.taskDefinition, invalid)
	if err != nil {
		return nil, nil, err
	}
	if err := n.fits(t.Definition); err != nil {
		return nil, nil, err
	}
	rules, err := place.Compile(n.strategy, slices.Concat(place.DefinitionConstraints(t.Definition), n.constraints))
	if err != nil {
		return nil, nil, invalid("%s", err)
	}
	resources, err := place.Demand(t.Definition, n.overrides)
	if err != nil {
		return nil, nil, invalid("%s", err)
	}
	ids := r.ids()
	result := place.Place(fleet, &place.Request{
		Count: n.count, Resources: resources, Required: place.Required(t.Definition), Rules: rules,
		Group: n.sameGroup(v, cluster, t), External: n.launchType == string(types.LaunchTypeExternal),
		GroupsOf: groupsOf(v),
	}, ids.Uint64())
	if result.Nobody() {
		return nil, nil, invalid("No Container Instances were found in your cluster.")
	}
	var tasks []*model.Task
	for _, instance := range result.Placed {
		task, err := n.make(r, ids, cluster, t, instance)
		if err != nil {
			return nil, nil, err
		}
		tasks = append(tasks, task)
	}
	propose(c, v, cluster, t, tasks)
	return tasks, result.Failures, nil
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
// strategy or constraints look at them: it costs a walk over the cluster.
func (n *run) sameGroup(v store.View, cluster *model.Cluster, t *model.TaskDefinition) []string {
	needed := slices.ContainsFunc(n.strategy, func(s model.PlacementStrategy) bool { return s.Type == place.Spread }) ||
		slices.ContainsFunc(n.constraints, func(c model.PlacementConstraint) bool { return c.Type == place.DistinctInstance })
	if !needed {
		return nil
	}
	group := orWord(n.group, "family:"+t.Family)
	var instances []string
	for task := range store.Prefix[*model.Task](v, cluster.Key().ID+"/") {
		if task.Spec.Group == group && task.Desired == model.TaskRunning && !task.Stopped() {
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
