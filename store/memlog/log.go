package memlog

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/store"
)

// Load implements store.Log.
func (l *Log) Load(ctx context.Context, page func([]store.Entry) error) (model.Revision, error) {
	if l.ask(OpLoad) != None {
		return 0, fmt.Errorf("load: %w", ErrInjected)
	}
	l.disk.mu.Lock()
	head := l.disk.head
	all := make([]store.Entry, 0, len(l.disk.entries))
	for _, e := range l.disk.entries {
		all = append(all, e)
	}
	l.disk.mu.Unlock()
	slices.SortFunc(all, func(a, b store.Entry) int {
		return cmp.Or(cmp.Compare(a.Key.Kind, b.Key.Kind), cmp.Compare(a.Key.ID, b.Key.ID))
	})
	for part := range slices.Chunk(all, pageSize) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := page(part); err != nil {
			return 0, err
		}
	}
	return head, nil
}

// Lead implements store.Log. It never waits: it ends the term of whoever
// leads, as the loss of a lease would.
func (l *Log) Lead(ctx context.Context) (store.Term, error) {
	if err := ctx.Err(); err != nil {
		return store.Term{}, err
	}
	if l.ask(OpLead) != None {
		return store.Term{}, fmt.Errorf("lead: %w", ErrInjected)
	}
	l.disk.mu.Lock()
	defer l.disk.mu.Unlock()
	l.disk.depose()
	l.disk.leader, l.lost = l, make(chan struct{})
	l.disk.add(nil)
	lost := l.lost
	return store.Term{Head: l.disk.head, Lost: lost, Lasts: func(ctx context.Context) error { return l.lasts(ctx, lost) }}, nil
}

// lasts reports whether the term that lost stands for is the current one.
func (l *Log) lasts(ctx context.Context, lost chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	fault := l.ask(OpLasts)
	l.disk.mu.Lock()
	defer l.disk.mu.Unlock()
	switch {
	case fault == Deposed:
		l.disk.depose()
	case fault != None:
		return fmt.Errorf("ask for the term: %w", ErrInjected)
	}
	if l.disk.leader != l || l.lost != lost {
		return store.ErrNotLeader
	}
	return nil
}

// Append implements store.Log.
func (l *Log) Append(_ context.Context, after model.Revision, batch []store.Mutation) (model.Revision, error) {
	fault := l.ask(OpAppend)
	l.disk.mu.Lock()
	defer l.disk.mu.Unlock()
	if fault == Deposed {
		l.disk.depose()
	}
	if (l.disk.leader != l || l.disk.head != after) && !mutant.On(mutant.FenceOpen) {
		return 0, store.ErrNotLeader
	}
	if err := refusal(fault, batch); err != nil {
		return 0, err
	}
	l.disk.add(batch)
	if fault == LostAnswer {
		return 0, fmt.Errorf("append: answer lost: %w", ErrInjected)
	}
	return l.disk.head, nil
}

// Settle implements store.Log.
func (l *Log) Settle(_ context.Context, after model.Revision) (model.Revision, bool, error) {
	fault := l.ask(OpSettle)
	l.disk.mu.Lock()
	defer l.disk.mu.Unlock()
	if fault == Deposed {
		l.disk.depose()
	}
	switch {
	case l.disk.leader != l:
		return 0, false, store.ErrNotLeader
	case fault == LostRequest:
		return 0, false, fmt.Errorf("settle: request lost: %w", ErrInjected)
	}
	added := l.disk.head > after && l.disk.head != l.disk.fenced
	if l.disk.head == after {
		l.disk.fence()
	}
	if fault == LostAnswer {
		return 0, false, fmt.Errorf("settle: answer lost: %w", ErrInjected)
	}
	return l.disk.head, added, nil
}

// Follow implements store.Log.
func (l *Log) Follow(ctx context.Context, after model.Revision, apply func(model.Revision, []store.Mutation) error) error {
	if l.ask(OpFollow) != None {
		return fmt.Errorf("follow: %w", ErrInjected)
	}
	for {
		behind, moved, err := l.disk.behind(after)
		if err != nil {
			return err
		}
		for _, t := range behind {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := apply(t.rev, t.muts); err != nil {
				return err
			}
			after = t.rev
		}
		if len(behind) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}
