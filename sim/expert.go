package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// extras are the things that only some worlds have, so that worlds stay small.
type extras struct {
	sets      bool // services of task sets
	alarms    bool // services whose deployments alarms fail
	providers bool // capacity providers with managed scaling and without
	daemons   bool // managed daemons, on a provider of managed instances
	zones     bool // services that are evened out over zones, on many instances
	addresses bool // interfaces of tasks, in subnets that have few addresses
	fargate   bool // instances that lend themselves to Fargate, whose tasks can be interrupted
	gpus      bool // instances that have GPUs, now more and now fewer
	volumes   bool // volumes that are made for tasks
}

// rare is how often a world has each of the extras.
const rare = 0.1

func newExtras(d dice) extras {
	return extras{d.chance(rare), d.chance(rare), d.chance(rare), d.chance(rare), d.chance(rare / 2),
		d.chance(rare / 2), d.chance(rare / 2), d.chance(rare / 2), d.chance(rare / 2)}
}

func (x extras) any() bool { return x != extras{} }

// expert is a user of the extras of its world.
type expert struct {
	w       *world
	dice    dice
	ready   bool // what it needs is there
	resting bool
	sets    int      // task sets that it made
	daemons []string // ARNs of definitions of daemons
	// generous is drawn: whether machines come for tasks that wait once the
	// world has healed, as many as grown allows.
	generous bool
	grown    int
	// The definitions of those who use interfaces, Fargate, GPUs and volumes, and
	// the subnets that have few addresses.
	addressUsers, fargateUsers, gpuUsers, volumeUsers, tiny []string
}

func newExpert(w *world) *expert {
	d := newDice(w.seed, "expert")
	return &expert{w: w, dice: d, generous: d.chance(0.7)}
}

// begin makes what everything else needs, and goes on from there.
func (e *expert) begin() {
	x := e.w.shape.extras
	if !x.any() {
		return
	}
	todo := []func(then func()){func(then func()) {
		e.must("CreateCluster", &ecs.CreateClusterInput{ClusterName: aws.String("main")}, then)
	}}
	if x.alarms {
		for _, name := range alarmNames() {
			todo = append(todo, func(then func()) { e.ring(name, alarmStates()[0], then) })
		}
	}
	todo = append(todo, e.makeProviders()...)
	if x.addresses {
		todo = append(todo, e.makeSubnets)
	}
	if x.volumes {
		todo = append(todo, e.makeRole)
	}
	e.all(todo, func() {
		e.ready = true
		e.next()
		if x.providers || x.daemons {
			e.watchWaiting()
		}
	})
}

func (e *expert) all(todo []func(then func()), then func()) {
	if len(todo) == 0 {
		then()
		return
	}
	todo[0](func() { e.all(todo[1:], then) })
}

// must makes a call until it is answered with success, or with the news that
// it was carried out before.
func (e *expert) must(operation string, in any, then func()) {
	e.w.call(nil, operation, in, func(_ any, err error) {
		var api smithy.APIError
		if err == nil || errors.As(err, &api) && exists(api) {
			then()
			return
		}
		e.w.trace.say("expert", "%s: %v", operation, err)
		e.w.clock.after(time.Second, func() { e.must(operation, in, then) })
	})
}

func (e *expert) next() {
	e.w.clock.after(e.dice.between(0, 3*e.w.shape.calls), func() {
		if !e.resting {
			e.do()
			e.next()
		}
	})
}

// do makes a call about one of the extras.
func (e *expert) do() {
	x := e.w.shape.extras
	var can []func()
	for _, c := range []struct {
		has bool
		do  func()
	}{{x.sets, e.doSets}, {x.alarms, e.doAlarms}, {x.providers, e.doProviders}, {x.daemons, e.doDaemons}, {x.zones, e.doZones},
		{x.addresses, e.doAddresses}, {x.fargate, e.doFargate}, {x.gpus, e.doGPUs}, {x.volumes, e.doVolumes}} {
		if c.has {
			can = append(can, c.do)
		}
	}
	if len(e.w.user.definitions) > 0 {
		pick(e.dice, can...)()
	}
}

func (e *expert) call(operation string, in any, done func(out any)) {
	e.w.user.call(operation, in, done)
}

func (e *expert) definition() *string {
	all := e.w.user.definitions
	return aws.String(all[e.dice.IntN(len(all))])
}

// heal does the last that it does: something that is still under way when
// nothing goes wrong any more.
func (e *expert) heal() {
	e.resting = true
	if !e.ready {
		return
	}
	if e.w.shape.extras.alarms {
		e.lastAlarm()
	}
	if e.w.shape.extras.zones && e.dice.chance(0.7) {
		e.w.clock.after(e.dice.between(0, wake), func() {
			e.call("UpdateService", &ecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("zoned1"), DesiredCount: aws.Int32(int32(e.dice.number(2, 6)))}, nil)
		})
	}
}

// doZones makes and changes services that are evened out over the zones.
func (e *expert) doZones() {
	d := e.dice
	name := aws.String("zoned" + pick(d, "1", "2"))
	if d.chance(0.4) {
		e.call("CreateService", &ecs.CreateServiceInput{Cluster: aws.String("main"), ServiceName: name, TaskDefinition: e.definition(),
			DesiredCount: aws.Int32(int32(d.number(2, 6))), AvailabilityZoneRebalancing: types.AvailabilityZoneRebalancingEnabled}, nil)
		return
	}
	in := &ecs.UpdateServiceInput{Cluster: aws.String("main"), Service: name, DesiredCount: aws.Int32(int32(d.number(0, 7)))}
	if d.chance(0.3) {
		in.TaskDefinition = e.definition()
	}
	e.call("UpdateService", in, nil)
}

// exists reports whether an error says that there is such a thing already.
func exists(api smithy.APIError) bool {
	return slices.Contains([]string{
		"The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider."},
		api.ErrorMessage())
}

func numbered(name string, n int) *string { return aws.String(fmt.Sprintf("%s%d", name, n)) }
