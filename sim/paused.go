package sim

import "time"

// pauseLeader lets the control plane stand still. Another leads meanwhile, and
// when the old one goes on it does not know that its term has ended.
func (w *world) pauseLeader(*node) {
	p := w.plane
	if p == nil {
		return
	}
	p.pause()
	w.clock.after(w.trouble.between(time.Second, 5*time.Second), w.startPlane)
	w.clock.after(w.trouble.between(6*time.Second, 40*time.Second), p.resume)
}

// pause lets the control plane stand still until it is resumed.
func (p *plane) pause() {
	w := p.w
	w.trace.say("plane", "life %d stands still", p.life)
	p.paused, w.plane = true, nil
	for _, d := range p.loops {
		w.clock.cancel(d.wake)
	}
}

// resume ends the pause. If nobody has tried to lead instead, nothing has
// happened. Otherwise the loops and connections go on for a moment, and nothing that
// they want written may be; then the end of the term is heard of.
func (p *plane) resume() {
	w := p.w
	p.paused = false
	w.trace.say("plane", "life %d goes on", p.life)
	if w.lives == p.life {
		w.plane, w.touched = p, true
		w.clock.after(reconnect, p.dropLate)
	}
	stalled := p.stalled
	p.stalled = nil
	for _, f := range stalled {
		f()
	}
	for _, d := range p.loops {
		p.step(d, 0)
	}
	if w.plane == p {
		return
	}
	w.stale = p
	w.clock.after(w.trouble.between(50*time.Millisecond, 3*time.Second), func() {
		w.stale = nil
		p.crash("it has heard that its term has ended")
	})
}

// unlessPaused does f now, or when the pause is over.
func (p *plane) unlessPaused(f func()) {
	if p.paused {
		p.stalled = append(p.stalled, f)
		return
	}
	f()
}
