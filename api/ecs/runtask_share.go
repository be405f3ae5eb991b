package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/place"
	"github.com/roadstead/roadstead/plan/provision"
	"github.com/roadstead/roadstead/store"
)

// share is those of a call's tasks that one capacity provider, or the launch
// type, is to run.
type share struct {
	launch
	count int
	// waits is set where tasks that find no room wait for it.
	waits bool
}

// shares splits the tasks of a call between the providers of its strategy, in
// the strategy's order: those of the cluster's default where the call names
// neither a strategy nor a launch type. Without any there is one share.
func (n *run) shares(r request, v store.View, cluster *model.Cluster) ([]share, error) {
	strategy, _, err := r.launchStrategy(v, cluster, n.launchType, n.capacity)
	if err != nil {
		return nil, err
	}
	if len(strategy) == 0 {
		s := share{launch: n.launch, count: n.count}
		s.launchType = orWord(s.launchType, string(types.LaunchTypeEc2))
		s.platform, err = platform(n.platform, s.onFargate(), s.launchType)
		return []share{s}, err
	}
	counts := map[string]int{}
	for _, name := range place.Split(strategy, nil, n.count) {
		counts[name]++
	}
	var shares []share
	for _, item := range strategy {
		if counts[item.Provider] == 0 {
			continue
		}
		p, err := r.activeProvider(v, cluster, item.Provider)
		if err != nil {
			return nil, err
		}
		s := share{launch: n.launch, count: counts[item.Provider], waits: provision.Waits(p)}
		s.provider, s.launchType = item.Provider, string(types.LaunchTypeEc2)
		switch {
		case fargate(item.Provider):
			s.launchType = model.LaunchFargate
		case p.Managed != nil:
			s.launchType = string(types.LaunchTypeManagedInstances)
		}
		if s.platform, err = platform(n.platform, s.onFargate(), ""); err != nil {
			return nil, err
		}
		shares = append(shares, s)
	}
	return shares, nil
}

// placing is the state of placing one call's tasks.
type placing struct {
	run        *run
	v          store.View
	r          request
	cluster    *model.Cluster
	definition *model.TaskDefinition
	ids        *plan.IDs
	request    place.Request // what all shares have in common
	addressing addressing

	tasks    []*model.Task
	failures []types.Failure
	// nobody says that there was no instance to ask; it counts if no other
	// provider could take a task.
	nobody error
}

// share places the tasks of one share; what finds no room waits for it, or
// fails. The instances of two shares are never
// the same, so that they do not get in each other's way.
func (p *placing) share(fleet *place.Fleet, s share) error {
	if s.onFargate() {
		return p.fargate(fleet, s)
	}
	req := p.request
	req.Count, req.Provider, req.External = s.count, s.provider, s.launchType == string(types.LaunchTypeExternal)
	result, interfaces := p.addressing.place(fleet, req, p.ids.Uint64())
	if err := p.make(s, result.Placed, interfaces); err != nil {
		return err
	}
	switch {
	case s.waits && !p.addressing.exhausted(result): // more instances would bring no addresses
		return p.wait(s, s.count-len(result.Placed))
	case result.Nobody() && s.provider != "":
		p.nobody = invalid("%s", noneInProvider)
		p.failures = append(p.failures, types.Failure{Arn: new(p.r.scope.CapacityProviderARN(s.provider)), Reason: new(noneInProvider)})
	case result.Nobody():
		p.nobody = invalid("No Container Instances were found in your cluster.")
	default:
		p.failures = append(p.failures, showFailures(p.r, asked(result.Failures))...)
	}
	return nil
}

// make makes tasks of a share on the instances, each with its interface.
func (p *placing) make(s share, instances []string, interfaces []*model.NetworkInterface) error {
	for i, instance := range instances {
		task, err := s.make(p.r, p.ids, p.cluster, p.definition, instance)
		if err != nil {
			return err
		}
		task.Spec.Interface = interfaces[i]
		p.tasks = append(p.tasks, task)
	}
	return nil
}

// wait makes the tasks of a share that found no room wait for it.
func (p *placing) wait(s share, count int) error {
	if count == 0 {
		return nil
	}
	waiting := count
	for _, t := range p.tasks {
		if t.Waiting() {
			waiting++
		}
	}
	for t := range store.TasksWithoutInstance(p.v, p.cluster.Key().ID) {
		if t.Waiting() {
			waiting++
		}
	}
	if waiting > provision.MaxWaiting {
		return clientError("The number of tasks in the PROVISIONING state has reached the limit of the cluster.")
	}
	for range count {
		task, err := s.make(p.r, p.ids, p.cluster, p.definition, "")
		if err != nil {
			return err
		}
		provision.Wait(task, p.run.strategy, p.run.constraints, p.addressing.network)
		p.tasks = append(p.tasks, task)
	}
	return nil
}

// noneInProvider is what ECS says when a provider has no instances. Source:
// ECS developer guide, "Service event messages".
const noneInProvider = "No Container Instances were found in your capacity provider."

// asked leaves out the instances that the tasks were never meant for: of
// other capacity providers and launch types. AWS does not name those.
func asked(failures []place.Failure) []place.Failure {
	return slices.DeleteFunc(slices.Clone(failures), func(f place.Failure) bool {
		return f.Reason == place.FailLaunchType || f.Reason == place.FailProvider
	})
}
