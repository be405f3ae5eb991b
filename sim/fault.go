package sim

import (
	"slices"
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

// fault makes one thing go wrong.
func (w *world) fault() {
	d := w.trouble
	n := w.nodes[d.IntN(len(w.nodes))]
	switch f := d.Float64(); {
	case f < 0.30:
		w.counts.Crashes++
		n.kill()
		w.whileTroubled(d.skewed(10*time.Millisecond, 30*time.Second), n.start)
	case f < 0.50:
		w.counts.Cuts++
		n.part()
		w.whileTroubled(d.skewed(100*time.Millisecond, 3*time.Minute), n.join)
	case f < 0.62:
		w.counts.PowerLosses++
		n.fail()
		if w.shape.nodes > 1 && d.chance(0.4) && w.spare(n) {
			n.lost = true
			w.trace.say(n.name, "is lost for good")
			return
		}
		w.whileTroubled(d.skewed(time.Second, 3*time.Minute), n.power)
	case f < 0.80:
		if w.plane != nil {
			w.plane.crash("it is killed")
		}
		w.clock.after(d.skewed(10*time.Millisecond, 40*time.Second), w.startPlane)
	case f < 0.88:
		w.diskFull = true
		w.trace.say("disk", "is full")
		w.clock.after(d.skewed(100*time.Millisecond, 20*time.Second), func() { w.diskFull = false })
	case f < 0.94:
		w.cutConnection(d.IntN(100))
	default:
		w.oom(n)
	}
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
