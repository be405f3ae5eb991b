package sim

import (
	"errors"
	"time"
)

// Errors of calls that the network makes.
var (
	errUnreachable = errors.New("connection refused")
	errTimeout     = errors.New("no answer in time")
)

// callTimeout is how long a call waits for its answer.
const callTimeout = 20 * time.Second

// travel is how long a message takes.
func (w *world) travel() time.Duration {
	slow := w.shape.slow
	if !w.troubled {
		slow = min(slow, 20*time.Millisecond)
	}
	return w.wire.skewed(200*time.Microsecond, slow)
}

// lose reports whether a message gets lost.
func (w *world) lose() bool { return w.troubled && w.wire.chance(w.shape.lost) }

// reached is the control plane that whoever comes now finds, nil when nobody
// answers: sometimes one that does not know yet that its term has ended.
func (w *world) reached() *plane {
	if w.stale != nil && (w.plane == nil || w.wire.chance(0.5)) {
		return w.stale
	}
	return w.plane
}

// call sends a request of the AWS API to whoever is the control plane when it
// arrives, and hands the answer to done, once. The request or the answer may
// be lost, or the request arrive twice. from is nil for the user, who is never
// cut off.
func (w *world) call(from *node, operation string, in any, done func(out any, err error)) {
	over := false
	finish := func(out any, err error) {
		if !over {
			over = true
			done(out, err)
		}
	}
	w.clock.after(callTimeout, func() { finish(nil, errTimeout) })
	arrive := func() {
		if from != nil && from.cut {
			return
		}
		to := w.reached()
		if to == nil {
			w.clock.after(w.travel(), func() { finish(nil, errUnreachable) })
			return
		}
		out, err := to.serve(operation, in)
		if w.lose() {
			w.happen(AnswerLost)
			return
		}
		w.clock.after(w.travel(), func() {
			if from == nil || !from.cut {
				finish(out, err)
			}
		})
	}
	if w.lose() {
		w.happen(RequestLost)
	} else {
		w.clock.after(w.travel(), arrive).arrival = true
	}
	if w.lose() {
		w.happen(CallRepeated) // whether the first was lost or not
		w.clock.after(w.travel()+w.travel(), arrive).arrival = true
	}
}
