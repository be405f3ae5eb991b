package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// Where everything is made in.
const (
	region  = "us-east-1"
	account = "000000000000"
)

// world is everything there is under one seed.
type world struct {
	seed    uint64
	options Options
	clock   *clock
	trace   *trace
	shape   shape
	ctx     context.Context // carries the caller's identity
	failure *Failure
	counts  Counts
	// happened counts events.
	happened int

	log   *memlog.Log // the disk that all lives of the control plane share
	plane *plane      // nil while none lives
	stale *plane      // one that goes on after its term has ended
	lives int         // of the control plane, so far
	nodes []*node
	user  *user
	// expert uses what only some worlds have.
	expert *expert
	check  *checker

	// touched is set when the log or a connection was, so that processes are
	// to be asked what it means to them.
	touched bool
	// troubled is set until the world heals.
	troubled bool
	diskFull bool
	pushes   map[string]int // how often a tag was moved to another image

	wire, disk, mind dice // of the network, of the log, of the control plane
	ids              dice // where ids come from
	trouble          dice // of what goes wrong
}

// shape is how large a world is and how much goes wrong in it.
type shape struct {
	nodes   int
	trouble time.Duration // how long things go wrong
	// calm worlds know no faults: what the planners do by themselves is
	// judged more strictly there.
	calm bool
	long bool // goes on until everything old is forgotten
	// every is the mean time between faults, and between the user's calls.
	faults, calls time.Duration
	// commit is the probability that a commit fails in one way or another.
	commit float64
	// lost is the probability that a message of a call gets lost.
	lost float64
	// sudden is the probability that an agent is killed around any one step.
	sudden float64
	// stray is the probability that a report arrives once more.
	stray float64
	// mishaps is how often each comes, against the others.
	mishaps []float64
	// slow is the longest that a message travels.
	slow time.Duration
	// between is the probability that a request arrives between a plan and
	// its commit.
	between float64
	// skew is how far apart the clocks of the nodes and of the server may be.
	skew time.Duration
	// extras are what only some worlds have.
	extras extras
}

func newShape(d dice) shape {
	s := shape{
		nodes: 1 + int(d.Float64()*d.Float64()*12), trouble: d.between(time.Minute, 4*time.Minute),
		calm: d.chance(0.25), long: d.chance(0.1), faults: d.between(4*time.Second, 40*time.Second),
		calls: d.between(500*time.Millisecond, 12*time.Second), between: pick(d, 0.05, 0.2, 0.6),
		slow: pick(d, 20*time.Millisecond, 200*time.Millisecond, 5*time.Second), extras: newExtras(d),
	}
	if s.extras.zones {
		s.nodes = max(s.nodes, 5)
	}
	if s.calm {
		s.slow = 20 * time.Millisecond
		return s
	}
	s.commit = pick(d, 0, 0.01, 0.05, 0.2)
	s.lost = pick(d, 0, 0.02, 0.1, 0.3)
	s.sudden = pick(d, 0, 0.003, 0.02)
	s.stray = pick(d, 0, 0.02, 0.2)
	s.mishaps = frequencies(d)
	s.skew = pick(d, 0, time.Second, 30*time.Second)
	if d.chance(0.1) {
		s.slow = 35 * time.Second // longer than payloads wait for their acknowledgement
	}
	return s
}

func newWorld(seed uint64, s shape, o Options) *world {
	c := newClock()
	w := &world{seed: seed, options: o, clock: c, trace: newTrace(c, o.Trace), shape: s,
		troubled: true, pushes: map[string]int{},
		wire: newDice(seed, "wire"), disk: newDice(seed, "disk"), mind: newDice(seed, "mind"),
		ids: newDice(seed, "ids"), trouble: newDice(seed, "trouble")}
	w.ctx = caller.With(context.Background(), caller.NewRoot(account, "SIMULATION"))
	w.log = memlog.New(memlog.Options{})
	w.check = newChecker(w)
	w.user = newUser(w)
	w.expert = newExpert(w)
	return w
}

// begin starts the control plane, the nodes, the user and the trouble.
func (w *world) begin() {
	w.trace.say("world", "seed %d: %+v", w.seed, w.shape)
	w.startPlane()
	for i := range w.shape.nodes {
		w.addNode(fmt.Sprintf("node%d", i+1))
	}
	w.user.begin()
	w.expert.begin()
	if !w.shape.calm {
		w.nextFault()
	}
}

// heal ends all trouble: what is cut is joined, what is down comes up, images
// can be pulled and programs do not crash any more. Nodes that are lost for
// good stay lost.
func (w *world) heal() {
	w.trace.say("world", "everything heals")
	w.troubled, w.diskFull = false, false
	w.user.rest()
	w.expert.heal()
	for _, n := range w.nodes {
		n.join()
		if !n.lost {
			n.power()
		}
	}
	if w.plane == nil {
		w.startPlane()
	}
}

// rejoin restarts the agents of instances that were deregistered: as long as
// an agent runs it does not join anew by itself.
func (w *world) rejoin() {
	if w.plane == nil {
		return
	}
	v := w.plane.db.View()
	for _, n := range w.nodes {
		i, ok := store.Get[*model.ContainerInstance](v, model.InstanceID(account, n.cluster, taskID(n.arn)))
		if ok && i.Status == model.InstanceInactive && !n.lost {
			n.kill()
			n.start()
		}
	}
}
