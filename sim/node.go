package sim

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	netfake "github.com/roadstead/roadstead/agent/network/fake"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// node is one machine: what outlives its agent.
type node struct {
	w       *world
	name    string
	cluster string
	dice    dice
	skew    time.Duration // of its clock against the server's
	cpu     int
	memory  int
	zone    string
	ports   []string // that it keeps for itself
	// provider is the capacity provider that it belongs to; "" for none.
	provider string
	gpus     []string // that it has
	fargate  bool     // it takes tasks of Fargate

	machine *fake.Machine
	host    *netfake.Host
	records map[string]acs.Task // the agent's, by ARN
	volumes map[string]*volume  // by id
	users   map[string]string   // of GPUs: the containers that had them last
	arn     string              // under which it is registered
	wake    *event              // when containers do something by themselves

	on      bool // has power
	lost    bool // never comes back
	cut     bool // hears nobody and is not heard
	stalled []func()
	lag     time.Duration // that messages of the control channel need more to come here
	agent   *agent        // nil while none lives
	lives   int
}

// addNode makes a machine and switches it on in a moment.
func (w *world) addNode(name string) *node {
	d := newDice(w.seed, "node/"+name)
	n := &node{w: w, name: name, cluster: "main", dice: d, records: map[string]acs.Task{}, volumes: map[string]*volume{}, users: map[string]string{},
		cpu: 1024 * d.number(1, 4), memory: 1024 * d.number(1, 4), zone: pick(d, "a", "b", "c")}
	if w.shape.skew > 0 {
		n.skew = d.between(-w.shape.skew, w.shape.skew)
		w.happen(ClockSkewed)
	}
	if d.chance(0.3) {
		n.ports = []string{"8080"}
	}
	if names := w.shape.extras.names(); len(names) > 0 && d.chance(0.6) {
		n.provider = pick(d, names...)
	}
	n.fargate = w.shape.extras.fargate && d.chance(0.6)
	n.machine = fake.NewMachine(fake.Options{Pull: n.pull, Behave: n.behave})
	n.host = emptyHost()
	w.nodes = append(w.nodes, n)
	w.clock.after(d.between(0, 5*time.Second), n.power)
	return n
}

// now is the time by the node's own clock.
func (n *node) now() time.Time { return n.w.clock.now.Add(n.skew) }

// power switches the machine on, and its agent with it.
func (n *node) power() {
	if n.lost {
		return
	}
	if n.on {
		n.start()
		return
	}
	n.on = true
	n.w.trace.say(n.name, "has power")
	n.start()
}

// start starts the agent.
func (n *node) start() {
	if !n.on || n.agent != nil {
		return
	}
	n.lives++
	n.equip()
	a := &agent{w: n.w, node: n, network: n.host.Open(), live: map[string]*live{}, ended: map[string]bool{}, told: map[string]string{}}
	n.agent = a
	n.w.trace.say(n.name, "agent life %d begins", n.lives)
	n.w.clock.after(n.dice.between(time.Millisecond, 500*time.Millisecond), func() {
		if a.alive() {
			a.begin()
		}
	})
}

// kill ends the agent as kill -9 does: containers and records stay.
func (n *node) kill() {
	a := n.agent
	if a == nil {
		return
	}
	n.w.trace.say(n.name, "agent life %d ends", n.lives)
	n.agent = nil
	if a.conn != nil {
		a.conn.leave()
	}
}

// fail takes the machine's power: its containers end and nobody is told.
func (n *node) fail() {
	if !n.on {
		return
	}
	n.on = false
	n.w.trace.say(n.name, "has lost power")
	n.kill()
	n.machine.Crash(n.now())
	n.watch()
	// A machine that restarts has no sandboxes; the fake host keeps them.
	n.host = emptyHost()
}

func emptyHost() *netfake.Host {
	host, err := netfake.NewHost(netfake.Options{FirstPort: 40000, LastPort: 40999})
	if err != nil {
		panic(err) // its options are constants
	}
	return host
}

// part cuts the node off from everybody.
func (n *node) part() {
	n.cut = true
	n.w.trace.say(n.name, "is cut off")
}

// join ends that; what was sent meanwhile on connections that both ends still
// hold arrives now.
func (n *node) join() {
	if !n.cut {
		return
	}
	n.cut = false
	n.w.trace.say(n.name, "is reachable again")
	stalled := n.stalled
	n.stalled = nil
	for _, f := range stalled {
		f()
	}
	if n.agent != nil {
		n.agent.check()
	}
}

// watch hands what has happened to containers to the checker and to the
// agent, and comes back when something will happen by itself.
func (n *node) watch() {
	n.machine.Advance(n.now())
	for _, e := range n.machine.Events() {
		n.w.check.container(n, e)
		if n.agent != nil && n.agent.adopted {
			n.agent.observe(e)
		}
	}
	n.w.clock.cancel(n.wake)
	n.wake = nil
	if at, ok := n.machine.Next(); ok {
		n.wake = n.w.clock.at(at.Add(-n.skew), n.watch)
	}
}

// running returns the containers that run, by id.
func (n *node) running() map[string]runtime.Event {
	all := map[string]runtime.Event{}
	for _, e := range n.machine.List(n.now()) {
		if e.Status == runtime.StatusRunning {
			all[e.ID] = e
		}
	}
	return all
}

// registration is what the agent says of the machine.
func (n *node) registration() *ecs.RegisterContainerInstanceInput {
	in := &ecs.RegisterContainerInstanceInput{
		Cluster: &n.cluster,
		TotalResources: []types.Resource{
			{Name: aws.String("CPU"), Type: aws.String("INTEGER"), IntegerValue: int32(n.cpu)},
			{Name: aws.String("MEMORY"), Type: aws.String("INTEGER"), IntegerValue: int32(n.memory)},
			{Name: aws.String("PORTS"), Type: aws.String("STRINGSET"), StringSetValue: n.ports},
		},
		VersionInfo: &types.VersionInfo{AgentVersion: aws.String("1.0.0")},
		InstanceIdentityDocument: aws.String(`{"instanceId":"i-` + n.name + `","instanceType":"sim","availabilityZone":` +
			strconv.Quote("us-east-1"+n.zone) + `}`),
	}
	for _, a := range model.Capabilities() {
		in.Attributes = append(in.Attributes, types.Attribute{Name: aws.String(a.Name)})
	}
	if n.provider != "" {
		in.Attributes = append(in.Attributes, types.Attribute{Name: aws.String(model.AttributeCapacityProvider), Value: &n.provider})
	}
	if n.fargate {
		in.Attributes = append(in.Attributes, types.Attribute{Name: aws.String(model.AttributeFargate)}, types.Attribute{Name: aws.String(model.CapabilityStorage)})
	}
	if n.w.shape.extras.volumes {
		in.Attributes = append(in.Attributes, types.Attribute{Name: aws.String(model.CapabilityEBS)})
	}
	for _, gpu := range n.gpus {
		in.PlatformDevices = append(in.PlatformDevices, types.PlatformDevice{Id: aws.String(gpu), Type: types.PlatformDeviceTypeGpu})
	}
	if n.arn != "" {
		in.ContainerInstanceArn = aws.String(n.arn)
	}
	return in
}
