package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/store"
)

// Store is what a loop needs of the store; *store.DB is one.
type Store interface {
	View() store.View
	Watch(kinds ...model.Kind) *store.Watch
	Commit(context.Context, model.Change) (model.Revision, error)
	// CommitAll commits each change by itself, as many in one transaction as
	// it takes.
	CommitAll(context.Context, []model.Change) []store.Outcome
}

// Planner adapts one planner to the loop. Its methods are called by one
// goroutine at a time. Keys are the planner's own words for what is planned
// together.
type Planner interface {
	// Name names the loop, in events.
	Name() string
	// Kinds are the kinds of nouns that wake the planner.
	Kinds() []model.Kind
	// Changed says which keys the change of a noun concerns, and after what
	// delay they are to be planned (0: at once).
	Changed(v store.View, changed model.Key, wake func(key string, after time.Duration))
	// All names all keys. now is when it was asked.
	All(v store.View, now time.Time, wake func(key string))
	// Plan plans one key; a key that means nothing any more has an empty plan.
	Plan(v store.View, key string, now time.Time) plan.Plan
}

// Options of a Loop. The zero value is what production uses.
type Options struct {
	Observer Observer         // nil: nobody listens
	Now      func() time.Time // for Run; nil: time.Now
	// Resync is how often everything is planned, changed or not; 0:
	// DefaultResync.
	Resync time.Duration
	// StepKeys is how many keys one Step plans at most; 0: DefaultStepKeys.
	StepKeys int
}

// The defaults and limits of a Loop.
const (
	DefaultResync   = 5 * time.Minute
	DefaultStepKeys = 256
	// MaxConflicts is how often in a row a plan is made again at once.
	MaxConflicts = 8
	// ConflictDelay is the wait after that.
	ConflictDelay = 20 * time.Millisecond
	// FirstRetry is the wait after a commit that failed; it doubles up to MaxRetry.
	FirstRetry = 50 * time.Millisecond
	MaxRetry   = 10 * time.Second
)

// Loop drives one planner. It is a machine: Step does what is due and
// returns, Run calls it for as long as the process leads.
type Loop struct {
	db       Store
	planner  Planner
	opts     Options
	watch    *store.Watch
	queue    *queue
	failures map[string]int // in a row, by key
	resyncAt time.Time      // zero: at once
}

// New returns the loop of a planner over db. It watches from now on; end it
// with Close, or by the end of Run.
func New(db Store, p Planner, opts Options) *Loop {
	opts.Resync = cmp.Or(opts.Resync, DefaultResync)
	opts.StepKeys = cmp.Or(opts.StepKeys, DefaultStepKeys)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Loop{db: db, planner: p, opts: opts, watch: db.Watch(p.Kinds()...), queue: newQueue(), failures: map[string]int{}}
}

// Close ends the loop's watch.
func (l *Loop) Close() { l.watch.Close() }

// Changed has a value when a Step may have something to do before the time
// that the last Step returned.
func (l *Loop) Changed() <-chan struct{} { return l.watch.C() }

// Step plans the keys that are due at now, as many as one step may, and
// returns when to call it next. Its error says that this process no longer
// leads or that ctx has ended; the loop is then of no further use.
func (l *Loop) Step(ctx context.Context, now time.Time) (next time.Time, err error) {
	l.listen(now)
	if !now.Before(l.resyncAt) {
		l.resync(now)
	}
	for left := l.opts.StepKeys; left > 0; {
		planned, err := l.next(ctx, now, left)
		if err != nil {
			return time.Time{}, fmt.Errorf("control: %s: %w", l.planner.Name(), err)
		}
		if planned == 0 {
			break
		}
		left -= planned
		l.listen(now)
	}
	if due, ok := l.queue.next(); ok && due.Before(l.resyncAt) {
		return due, nil
	}
	return l.resyncAt, nil
}

// listen turns what has changed into keys.
func (l *Loop) listen(now time.Time) {
	changed := l.watch.Take()
	if len(changed) == 0 {
		return
	}
	v := l.db.View()
	for _, k := range changed {
		l.planner.Changed(v, k, func(key string, after time.Duration) { l.queue.add(key, now.Add(after)) })
	}
}

func (l *Loop) resync(now time.Time) {
	n := 0
	l.planner.All(l.db.View(), now, func(key string) {
		l.queue.add(key, now)
		n++
	})
	l.resyncAt = now.Add(l.opts.Resync)
	l.observe(Resynced{l.planner.Name(), n})
}

// next plans what is due first, one key or several together, and returns how
// many those were.
func (l *Loop) next(ctx context.Context, now time.Time, most int) (int, error) {
	if g, ok := l.planner.(Gatherer); ok {
		return l.gather(ctx, g, now, most)
	}
	key, ok := l.queue.take(now)
	if !ok {
		return 0, nil
	}
	return 1, l.plan(ctx, key, now)
}

// plan plans one key and commits the plan. Conflicts are planned again at
// once, other errors after a while. It returns the errors that end the loop.
func (l *Loop) plan(ctx context.Context, key string, now time.Time) error {
	for attempt := 1; attempt <= MaxConflicts; attempt++ {
		began := l.opts.Now()
		p := l.planner.Plan(l.db.View(), key, now)
		var rev model.Revision
		var err error
		if !p.Change.Empty() {
			rev, err = l.db.Commit(ctx, p.Change)
		}
		again, err := l.concluded(ctx, now, key, p, began, attempt, store.Outcome{Rev: rev, Err: err})
		if !again {
			return err
		}
		l.listen(now)
	}
	l.queue.add(key, now.Add(ConflictDelay))
	return nil
}

// concluded does what follows from the outcome of a plan. It reports whether
// the plan is to be made again at once, and returns the errors that end the loop.
func (l *Loop) concluded(ctx context.Context, now time.Time, key string, p plan.Plan, began time.Time, attempt int, o store.Outcome) (again bool, err error) {
	var conflict *store.ConflictError
	switch {
	case o.Err == nil:
		delete(l.failures, key)
		l.wake(key, now, p)
		l.observe(Planned{l.planner.Name(), key, p, o.Rev, l.opts.Now().Sub(began)})
		return false, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(o.Err, store.ErrNotLeader):
		return false, o.Err
	case errors.As(o.Err, &conflict):
		l.observe(Conflicted{l.planner.Name(), key, conflict.Key, attempt})
		return true, nil
	}
	l.retry(key, now, o.Err)
	return false, nil
}

// wake queues the key for when its plan's Wake comes. A plan that writes
// nothing cannot ask for the same view again at once.
func (l *Loop) wake(key string, now time.Time, p plan.Plan) {
	at := p.Wake
	if at.IsZero() {
		return
	}
	if p.Change.Empty() && !at.After(now) {
		at = now.Add(ConflictDelay)
	}
	l.queue.add(key, at)
}

func (l *Loop) retry(key string, now time.Time, err error) {
	delay := FirstRetry
	for range l.failures[key] {
		if delay *= 2; delay >= MaxRetry {
			delay = MaxRetry
			break
		}
	}
	l.failures[key]++
	at := now.Add(delay)
	if !mutant.On(mutant.RetryForgotten) {
		l.queue.add(key, at)
	}
	l.observe(Failed{l.planner.Name(), key, err, at})
}

func (l *Loop) observe(e Event) {
	if l.opts.Observer != nil {
		l.opts.Observer.Observe(e)
	}
}
