package sim

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/reclaim"
	"github.com/roadstead/roadstead/store"
)

// put stores what is made by services that are no part of the simulation, again
// and again until it is stored.
func (e *expert) put(n model.Noun, then func()) {
	again := func() { e.w.clock.after(time.Second, func() { e.put(n, then) }) }
	if e.w.plane == nil {
		again()
		return
	}
	if _, there := e.w.plane.db.View().Lookup(n.Key()); there {
		then()
		return
	}
	err := e.w.plane.db.Decide(e.w.ctx, func(_ store.View, c *model.Change) error {
		c.PutUnguarded(n)
		return nil
	})
	if err != nil {
		e.w.trace.say("expert", "%s is not stored: %v", n.Key(), err)
		again()
		return
	}
	then()
}

// tinySubnets are two of eleven addresses each, in two zones: addresses are given
// again soon after they were free.
func tinySubnets(v store.View) (all []model.Noun) {
	for s := range store.All[*model.Subnet](v) {
		switch {
		case s.Zone == region+"a" && s.Default:
			all = append(all, &model.Subnet{Account: account, ID: "subnet-tiny-a", VPC: s.VPC, CIDR: "172.31.200.0/28", Zone: s.Zone, ZoneID: s.ZoneID})
		case s.Zone == region+"b" && s.Default:
			all = append(all, &model.Subnet{Account: account, ID: "subnet-tiny-b", VPC: s.VPC, CIDR: "172.31.200.16/28", Zone: s.Zone, ZoneID: s.ZoneID})
		}
	}
	return all
}

// makeSubnets stores the tiny subnets.
func (e *expert) makeSubnets(then func()) {
	if e.w.plane == nil {
		e.w.clock.after(time.Second, func() { e.makeSubnets(then) })
		return
	}
	var todo []func(then func())
	for _, s := range tinySubnets(e.w.plane.db.View()) {
		e.tiny = append(e.tiny, s.(*model.Subnet).ID)
		todo = append(todo, func(then func()) { e.put(s, then) })
	}
	e.all(todo, then)
}

// doAddresses runs tasks and services that have interfaces of their own.
func (e *expert) doAddresses() {
	d := e.dice
	if len(e.addressUsers) == 0 || d.chance(0.1) {
		e.define(&e.addressUsers, &ecs.RegisterTaskDefinitionInput{Family: aws.String("addressed"), NetworkMode: types.NetworkModeAwsvpc,
			ContainerDefinitions: []types.ContainerDefinition{e.plain("c0")}})
		return
	}
	network := &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: e.tiny[:d.number(1, len(e.tiny))]}}
	e.runOrServe("addressed"+pick(d, "1", "2"), e.addressUsers, func(in *ecs.RunTaskInput) { in.NetworkConfiguration = network },
		func(in *ecs.CreateServiceInput) { in.NetworkConfiguration = network })
}

// subnets are those of the default VPC, one in each zone.
func (e *expert) subnets() (ids []string) {
	for s := range store.All[*model.Subnet](e.w.check.last) {
		if s.Default {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// doFargate runs tasks and services on Fargate, some of which can be interrupted,
// and interrupts some.
func (e *expert) doFargate() {
	d := e.dice
	switch {
	case len(e.fargateUsers) == 0 || d.chance(0.1):
		size := pick(d, [2]string{"256", "512"}, [2]string{"256", "1024"}, [2]string{"512", "1024"}, [2]string{"512", "2048"})
		e.define(&e.fargateUsers, &ecs.RegisterTaskDefinitionInput{Family: aws.String("lodging"), NetworkMode: types.NetworkModeAwsvpc,
			RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, Cpu: &size[0], Memory: &size[1],
			ContainerDefinitions: []types.ContainerDefinition{e.plain("c0")}})
		return
	case d.chance(0.08):
		e.interrupt()
		return
	}
	network := &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: e.subnets()}}
	var launch types.LaunchType
	var strategy []types.CapacityProviderStrategyItem
	switch f := d.Float64(); {
	case f < 0.4:
		launch = types.LaunchTypeFargate
	case f < 0.8:
		strategy = []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String(model.ProviderFargateSpot), Weight: 1}}
	default:
		strategy = []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String(model.ProviderFargate), Weight: 1, Base: int32(d.number(0, 1))},
			{CapacityProvider: aws.String(model.ProviderFargateSpot), Weight: int32(d.number(1, 2))}}
	}
	e.runOrServe("lodging"+pick(d, "1", "2", "3"), e.fargateUsers, func(in *ecs.RunTaskInput) {
		in.NetworkConfiguration, in.LaunchType, in.CapacityProviderStrategy = network, launch, strategy
	}, func(in *ecs.CreateServiceInput) {
		in.NetworkConfiguration, in.LaunchType, in.CapacityProviderStrategy = network, launch, strategy
	})
}

// interrupt asks to interrupt a task of FARGATE_SPOT.
func (e *expert) interrupt() {
	var ids []string
	for t := range store.All[*model.Task](e.w.check.last) {
		if reclaim.Spot(t) {
			ids = append(ids, t.ARN(region))
		}
	}
	if len(ids) == 0 {
		return
	}
	slices.Sort(ids)
	e.w.happen(SpotReclaimed)
	e.call("TagResource", &ecs.TagResourceInput{ResourceArn: &ids[e.dice.IntN(len(ids))],
		Tags: []types.Tag{{Key: aws.String(reclaim.Tag), Value: aws.String("now")}}}, nil)
}
