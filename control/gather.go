package control

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/store"
)

// Gatherer is a Planner whose plans for several keys may be made from one View
// and committed together, each with guards of its own: while the log takes one
// transaction, a loop that commits one key at a time does nothing.
type Gatherer interface {
	// Gathered tells of a plan with writes that waits to be committed while the
	// next keys are planned from the same View. It reports whether they may be.
	Gathered(v store.View, p plan.Plan) bool
	// Settled says that those plans have been committed or refused: the Views
	// to come show which.
	Settled()
}

// gatherWrites is how many writes are gathered before they are committed: what a
// plan of a large service has, a few times.
const gatherWrites = 2000

// gathered is a plan that waits to be committed.
type gathered struct {
	key   string
	plan  plan.Plan
	began time.Time
}

// gather plans keys that are due, no more than most of them, and commits what
// they write together. What is refused because of a conflict is planned again by
// itself. It returns how many keys it planned, and the errors that end the loop.
func (l *Loop) gather(ctx context.Context, g Gatherer, now time.Time, most int) (planned int, err error) {
	v := l.db.View()
	var waiting []gathered
	var changes []model.Change
	for writes := 0; planned < most && writes < gatherWrites; {
		key, ok := l.queue.take(now)
		if !ok {
			break
		}
		planned++
		began := l.opts.Now()
		p := l.planner.Plan(v, key, now)
		if p.Change.Empty() {
			if _, err := l.concluded(ctx, now, key, p, began, 1, store.Outcome{}); err != nil {
				return planned, err
			}
			continue
		}
		waiting, changes = append(waiting, gathered{key, p, began}), append(changes, p.Change)
		writes += len(p.Change.Writes)
		if !g.Gathered(v, p) {
			break
		}
	}
	if len(waiting) == 0 {
		return planned, nil
	}
	// gofail: var controlPlanned struct{}
	outcomes := l.db.CommitAll(ctx, changes)
	// gofail: var controlCommitted struct{}
	g.Settled()
	var again []string
	for i, w := range waiting {
		conflict, err := l.concluded(ctx, now, w.key, w.plan, w.began, 1, outcomes[i])
		if err != nil {
			return planned, err
		}
		if conflict {
			again = append(again, w.key)
		}
	}
	for _, key := range again {
		l.listen(now)
		if err := l.plan(ctx, key, now); err != nil {
			return planned, err
		}
	}
	return planned, nil
}
