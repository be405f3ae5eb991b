package sim

import (
	"slices"
	"strconv"
	"time"
)

// nextFault lets something go wrong after a while, and again and again.
func (w *world) nextFault() {
	mean := w.shape.faults
	w.clock.after(w.trouble.between(mean/4, 2*mean), func() {
		if w.troubled {
			w.fault()
			w.nextFault()
		}
	})
}

// mishap is something that goes wrong by itself, now and then.
type mishap struct {
	name   FaultName
	weight float64 // how often, against the others
	do     func(w *world, n *node)
}

// mishaps returns all of them.
func mishaps() []mishap {
	return []mishap{
		{AgentKilled, 0.30, func(w *world, n *node) {
			n.kill()
			w.whileTroubled(w.trouble.skewed(10*time.Millisecond, 30*time.Second), n.start)
		}},
		{NodeCut, 0.20, func(w *world, n *node) {
			n.part()
			w.whileTroubled(w.trouble.skewed(100*time.Millisecond, 3*time.Minute), n.join)
		}},
		{PowerLost, 0.12, (*world).losePower},
		{LeaderKilled, 0.18, func(w *world, _ *node) {
			if w.plane != nil {
				w.plane.crash("it is killed")
			}
			w.clock.after(w.trouble.skewed(10*time.Millisecond, 40*time.Second), w.startPlane)
		}},
		{LeaderPaused, 0.08, (*world).pauseLeader},
		{DiskFull, 0.08, func(w *world, _ *node) {
			w.diskFull = true
			w.trace.say("disk", "is full")
			w.clock.after(w.trouble.skewed(100*time.Millisecond, 20*time.Second), func() { w.diskFull = false })
		}},
		{ConnectionReset, 0.06, func(w *world, _ *node) { w.cutConnection(w.trouble.IntN(100)) }},
		{OutOfMemory, 0.06, (*world).oom},
		{InstanceArrives, 0.05, func(w *world, _ *node) {
			if len(w.nodes) < maxNodes {
				w.addNode("node" + strconv.Itoa(len(w.nodes)+1))
			}
		}},
	}
}

// maxNodes bounds how many machines a world may come to have.
const maxNodes = 16

// frequencies draws how often each mishap comes in this world; some never do.
func frequencies(d dice) []float64 {
	var f []float64
	for _, m := range mishaps() {
		often := 2 * d.Float64()
		if d.chance(0.15) {
			often = 0
		}
		f = append(f, often*m.weight)
	}
	return f
}

// fault makes one thing go wrong.
func (w *world) fault() {
	n := w.nodes[w.trouble.IntN(len(w.nodes))]
	total := 0.0
	for _, f := range w.shape.mishaps {
		total += f
	}
	at := w.trouble.Float64() * total
	for i, m := range mishaps() {
		if at -= w.shape.mishaps[i]; at < 0 {
			w.happen(m.name)
			m.do(w, n)
			return
		}
	}
}

// losePower switches a machine off, sometimes for good.
func (w *world) losePower(n *node) {
	d := w.trouble
	n.fail()
	if w.shape.nodes > 1 && d.chance(0.4) && w.spare(n) {
		n.lost = true
		w.happen(NodeLost)
		w.trace.say(n.name, "is lost for good")
		return
	}
	w.whileTroubled(d.skewed(time.Second, 3*time.Minute), n.power)
}

// spare reports whether there is a node beside n that is not lost.
func (w *world) spare(n *node) bool {
	return slices.ContainsFunc(w.nodes, func(o *node) bool { return o != n && !o.lost })
}

// whileTroubled makes f happen after d unless the world heals before, which
// does it too.
func (w *world) whileTroubled(d time.Duration, f func()) {
	w.clock.after(d, func() {
		if w.troubled {
			f()
		}
	})
}

// cutConnection closes one of the open connections.
func (w *world) cutConnection(which int) {
	if w.plane == nil || len(w.plane.conns) == 0 {
		return
	}
	c := w.plane.conns[which%len(w.plane.conns)]
	c.hangUp("the connection was reset")
}

// oom makes the kernel end one of a node's containers.
func (w *world) oom(n *node) {
	for _, e := range n.machine.List(n.now()) {
		if w.trouble.chance(0.5) {
			// One that is not there any more cannot be ended: nothing happens.
			_ = n.machine.OOM(n.now(), e.ID)
			n.watch()
			return
		}
	}
}
