package sim

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// ahead is how far in the future a request may be that arrives between a plan
// and its commit.
const ahead = 2 * time.Second

// loopStore is the store as a loop sees it: between the View that a plan is
// made from and the commit, others may be quicker.
type loopStore struct {
	plane *plane
	loop  string
	seen  store.View // the last that was handed out
}

// View implements control.Store.
func (s *loopStore) View() store.View {
	s.seen = s.plane.db.View()
	return s.seen
}

// Watch implements control.Store.
func (s *loopStore) Watch(kinds ...model.Kind) *store.Watch { return s.plane.db.Watch(kinds...) }

// Commit implements control.Store.
func (s *loopStore) Commit(ctx context.Context, c model.Change) (model.Revision, error) {
	w, seen := s.plane.w, s.seen
	for w.mind.chance(w.shape.between) && w.clock.early(ahead) {
		w.happen(CallBetween)
	}
	rev, err := s.plane.db.Commit(ctx, c)
	if err == nil {
		w.check.planned(s.loop, seen, c)
	}
	return rev, err
}

// CommitAll implements control.Store.
func (s *loopStore) CommitAll(ctx context.Context, changes []model.Change) []store.Outcome {
	w, seen := s.plane.w, s.seen
	for w.mind.chance(w.shape.between) && w.clock.early(ahead) {
		w.happen(CallBetween)
	}
	outcomes := s.plane.db.CommitAll(ctx, changes)
	for i, o := range outcomes {
		if o.Err == nil {
			w.check.planned(s.loop, seen, changes[i])
		}
	}
	return outcomes
}
