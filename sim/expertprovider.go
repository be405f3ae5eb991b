package sim

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// The capacity providers: one with managed scaling, one without and one of
// managed instances.
const (
	providerScaled  = "scaled"
	providerFixed   = "fixed"
	providerManaged = "managed"
)

// names are the capacity providers of a world.
func (x extras) names() (names []string) {
	if x.providers {
		names = append(names, providerScaled, providerFixed)
	}
	if x.daemons {
		names = append(names, providerManaged)
	}
	return names
}

func (e *expert) makeProviders() (todo []func(then func())) {
	x := e.w.shape.extras
	if x.daemons {
		todo = append(todo, func(then func()) { e.must("CreateCapacityProvider", managedProvider(), then) })
	}
	if x.fargate && !x.providers {
		todo = append(todo, e.associate)
	}
	if !x.providers {
		return todo
	}
	for _, name := range []string{providerScaled, providerFixed} {
		in := &ecs.CreateCapacityProviderInput{Name: &name, AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: &name}}
		if name == providerScaled {
			in.AutoScalingGroupProvider.ManagedScaling = &types.ManagedScaling{Status: types.ManagedScalingStatusEnabled}
		}
		todo = append(todo, func(then func()) { e.must("CreateCapacityProvider", in, then) })
	}
	return append(todo, e.associate)
}

// associate lets the cluster use the providers.
func (e *expert) associate(then func()) {
	names := e.w.shape.extras.names()
	if e.w.shape.extras.fargate {
		names = append(names, model.ProviderFargate, model.ProviderFargateSpot)
	}
	e.must("PutClusterCapacityProviders", &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("main"), CapacityProviders: names,
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}}, then)
}

func managedProvider() *ecs.CreateCapacityProviderInput {
	return &ecs.CreateCapacityProviderInput{Name: aws.String(providerManaged), Cluster: aws.String("main"),
		ManagedInstancesProvider: &types.CreateManagedInstancesProviderConfiguration{
			InfrastructureRoleArn: aws.String("arn:aws:iam::" + account + ":role/infrastructure"),
			InstanceLaunchTemplate: &types.InstanceLaunchTemplate{
				Ec2InstanceProfileArn: aws.String("arn:aws:iam::" + account + ":instance-profile/instance"),
				NetworkConfiguration:  &types.ManagedInstancesNetworkConfiguration{Subnets: []string{"subnet-1"}}}}}
}

// strategy is one by which tasks are shared out.
func (e *expert) strategy() []types.CapacityProviderStrategyItem {
	d := e.dice
	item := func(name string, base, weight int) types.CapacityProviderStrategyItem {
		return types.CapacityProviderStrategyItem{CapacityProvider: &name, Base: int32(base), Weight: int32(weight)}
	}
	switch f := d.Float64(); {
	case f < 0.3:
		return []types.CapacityProviderStrategyItem{item(providerScaled, 0, 1)}
	case f < 0.4:
		return []types.CapacityProviderStrategyItem{item(providerFixed, 0, 1)}
	}
	return []types.CapacityProviderStrategyItem{item(providerScaled, d.number(0, 2), d.number(1, 3)), item(providerFixed, 0, d.number(0, 2))}
}

// doProviders runs tasks and services by strategies.
func (e *expert) doProviders() {
	d := e.dice
	cluster, name := aws.String("main"), aws.String("supplied"+pick(d, "1", "2"))
	switch f := d.Float64(); {
	case f < 0.3:
		e.call("RunTask", &ecs.RunTaskInput{Cluster: cluster, TaskDefinition: e.definition(), Count: aws.Int32(int32(d.number(1, 4))),
			CapacityProviderStrategy: e.strategy()}, nil)
	case f < 0.5:
		in := &ecs.CreateServiceInput{Cluster: cluster, ServiceName: name, TaskDefinition: e.definition(), DesiredCount: aws.Int32(int32(d.number(0, 5))),
			CapacityProviderStrategy: e.strategy()}
		if d.chance(0.2) {
			in.PlacementConstraints = []types.PlacementConstraint{{Type: types.PlacementConstraintTypeDistinctInstance}}
		}
		e.call("CreateService", in, nil)
	case f < 0.9:
		in := &ecs.UpdateServiceInput{Cluster: cluster, Service: name}
		if d.chance(0.7) {
			in.DesiredCount = aws.Int32(int32(d.number(0, 6)))
		}
		if d.chance(0.4) {
			in.TaskDefinition = e.definition()
		}
		if d.chance(0.2) {
			in.CapacityProviderStrategy, in.ForceNewDeployment = e.strategy(), true
		}
		e.call("UpdateService", in, nil)
	case f < 0.93:
		e.setScaling(pick(d, types.ManagedScalingStatusEnabled, types.ManagedScalingStatusDisabled), nil)
	default:
		e.call("DeleteService", &ecs.DeleteServiceInput{Cluster: cluster, Service: name, Force: aws.Bool(true)}, nil)
	}
}

func (e *expert) setScaling(status types.ManagedScalingStatus, then func()) {
	in := &ecs.UpdateCapacityProviderInput{Name: aws.String(providerScaled), AutoScalingGroupProvider: &types.AutoScalingGroupProviderUpdate{
		ManagedScaling: &types.ManagedScaling{Status: status}}}
	if then != nil {
		e.must("UpdateCapacityProvider", in, then)
		return
	}
	e.call("UpdateCapacityProvider", in, nil)
}

const (
	watchEvery = 20 * time.Second
	// maxGrown bounds how many machines come for tasks that wait.
	maxGrown = 6
)

// watchWaiting stands in for whoever manages a provider's scaling: a machine
// comes for tasks that wait, mostly. In the end no more do, and managed
// scaling is switched off, so that the rest waits in vain and no other begins
// to.
func (e *expert) watchWaiting() {
	w := e.w
	again := func() { w.clock.after(watchEvery, e.watchWaiting) }
	provider := e.waiting()
	switch {
	case provider == "":
		again()
	case e.grown < maxGrown && (w.troubled && e.dice.chance(0.1) || !w.troubled && e.generous):
		e.grown++
		n := w.addNode("node" + strconv.Itoa(len(w.nodes)+1))
		n.provider, n.cpu, n.memory, n.ports = provider, 4096, 4096, nil
		w.trace.say("expert", "%s is to serve %s", n.name, provider)
		again()
	case w.troubled || provider == providerManaged:
		again()
	default:
		// A call that was long on its way may switch it on once more.
		e.setScaling(types.ManagedScalingStatusDisabled, func() {
			w.trace.say("expert", "no more machines come")
			again()
		})
	}
}

// waiting returns the provider of a task that waits for an instance, "" for
// none.
func (e *expert) waiting() string {
	if e.w.plane == nil {
		return ""
	}
	for t := range store.TasksWithoutInstance(e.w.plane.db.View(), account+"/main") {
		if t.Waiting() && t.Spec.LaunchType != model.LaunchFargate { // no machines come for those
			return t.Spec.CapacityProvider
		}
	}
	return ""
}
