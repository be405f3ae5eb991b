package sim

import (
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"time"

	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/plan/provision"
)

// Options of a run. The zero value is an honest world.
type Options struct {
	// Trace is where all lines go while they happen; nil: nowhere.
	Trace io.Writer
}

// Result is what came of a run.
type Result struct {
	Seed    uint64
	Failure *Failure // nil: everything held
	Hash    uint64   // of the whole trace
	Lines   int      // of the trace
	Tail    string   // the end of the trace
	Virtual time.Duration
	Counts  Counts
}

// Counts say what a run went through.
type Counts struct {
	Commits, Started, Lives, Conflicts, Refused int
	Faults                                      map[FaultName]int
}

// Failure is a check that did not hold.
type Failure struct {
	Check   string // its name
	Message string
	At      time.Duration // since the world began
}

// Error says which check failed, when and why.
func (f *Failure) Error() string { return fmt.Sprintf("%s after %v: %s", f.Check, f.At, f.Message) }

// The phases of a run.
const (
	// grace is how long a world that looks settled has to stay so before it
	// has to be quiet: every loop has looked at everything once more.
	grace = control.DefaultResync + time.Minute
	// wake is how long what was under way when the world healed may go on:
	// calls, jobs, programs that are about to crash.
	wake = 2 * time.Minute
	// patience is how long a world may take to settle once everything has
	// healed: longer than the longest back-off and than tasks of a lost
	// instance are waited for.
	patience = 25 * time.Minute
	// bakes is how long a deployment may still bake that only then got its
	// last task, or a task wait for room that another took: what looked settled
	// was on its way.
	bakes = provision.DefaultTimeout + 6*time.Minute
	// quiet is for how long nothing may be committed then.
	quiet = 15 * time.Minute
	// maxEvents bounds the events of a run; honest ones have a tenth.
	maxEvents = 500_000
	// memory is when, since the world began, the reaper has forgotten
	// everything that has stopped.
	memory = 3 * time.Hour
)

// Run runs the world of a seed from its beginning to the end, or to the first
// check that does not hold.
func Run(seed uint64, o Options) (r Result) {
	w := newWorld(seed, newShape(newDice(seed, "shape")), o)
	defer func() {
		if p := recover(); p != nil {
			w.fail("panic", "%v\n%s", p, debug.Stack())
		}
		r = w.result()
	}()
	w.begin()
	w.run(w.shape.trouble)
	w.heal()
	w.run(wake)
	w.rejoin()
	w.runUntil(patience, w.check.settled)
	w.run(grace)
	w.runUntil(bakes, w.check.settled)
	w.check.mustBeSettled()
	w.check.hush(true)
	w.run(quiet)
	w.check.hush(false)
	w.check.mustBeSettled()
	w.check.stored()
	if w.shape.long {
		w.run(memory - w.clock.now.Sub(began))
		w.check.mustBeForgotten()
	}
	return r
}

func (w *world) result() Result {
	return Result{Seed: w.seed, Failure: w.failure, Hash: w.trace.hash.Sum64(), Lines: w.trace.lines,
		Tail: w.trace.last(tailLines), Virtual: w.clock.now.Sub(began), Counts: w.counts}
}

// fail notes the first check that does not hold; the world stops there.
func (w *world) fail(check, format string, args ...any) {
	if w.failure != nil {
		return
	}
	if !slices.ContainsFunc(Checks(), func(c Check) bool { return c.Name == check }) {
		panic("sim: there is no check " + check)
	}
	w.failure = &Failure{check, fmt.Sprintf(format, args...), w.clock.now.Sub(began)}
	w.trace.say("FAILED", "%s: %s", check, w.failure.Message)
}

// run lets d pass.
func (w *world) run(d time.Duration) {
	until := w.clock.now.Add(d)
	for w.failure == nil && w.clock.next(until) {
		w.notice()
		if w.happened++; w.happened > maxEvents {
			w.fail("livelock", "%d events have happened", maxEvents)
		}
	}
}

// settleEvery is how often a world is asked whether it has settled.
const settleEvery = 10 * time.Second

// runUntil lets time pass until done or for d.
func (w *world) runUntil(d time.Duration, done func() string) {
	for until := w.clock.now.Add(d); w.failure == nil && w.clock.now.Before(until) && done() != ""; {
		w.check.awake()
		w.run(settleEvery)
	}
}

// notice lets the processes see what the last event has changed.
func (w *world) notice() {
	if w.plane != nil {
		w.plane.notice()
	}
}
