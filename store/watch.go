package store

import (
	"slices"
	"sync"

	"github.com/roadstead/roadstead/model"
)

// Watch collects the keys of nouns that change. It is level-triggered: it
// says that a noun has changed since it was last taken, not how or how often.
// It holds about twice as many keys as nouns have changed at most, so it is
// bounded by their number, and never makes a commit wait for long.
type Watch struct {
	db    *DB
	kinds []model.Kind
	ready chan struct{}

	mu sync.Mutex
	// changed are the keys of transactions, as they were published: shared with
	// other watches. They are gathered into one when they have doubled.
	changed [][]model.Key
	held    int // keys in changed
	folded  int // as many were held when they were gathered last
}

// minFold is how many keys a watch holds at least before it looks for those
// that it holds twice.
const minFold = 4096

// Watch watches tables of the given kinds, all tables if none is given. What
// was committed before it returns is not reported: read a View afterwards.
// Close it when it is no longer read.
func (db *DB) Watch(kinds ...model.Kind) *Watch {
	w := &Watch{db: db, kinds: kinds, ready: make(chan struct{}, 1)}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.watches = append(slices.Clip(db.watches), w)
	return w
}

// C has a value whenever Take may have something to return.
func (w *Watch) C() <-chan struct{} { return w.ready }

// Take returns the keys that have changed since the last Take, each once, in
// key order; they are shared and must not be written to. A View taken
// afterwards shows the changes.
func (w *Watch) Take() []model.Key {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.ready:
	default:
	}
	keys := w.fold()
	w.changed, w.held, w.folded = nil, 0, 0
	return keys
}

// fold returns what is held, each key once, in key order. What a single
// transaction has changed is shared and must not be written to.
func (w *Watch) fold() []model.Key {
	if len(w.changed) == 0 {
		return nil
	}
	if len(w.changed) == 1 {
		return w.changed[0]
	}
	keys := slices.Concat(w.changed...)
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys)
}

// Close ends the watch.
func (w *Watch) Close() {
	w.db.mu.Lock()
	defer w.db.mu.Unlock()
	w.db.watches = slices.DeleteFunc(slices.Clone(w.db.watches), func(o *Watch) bool { return o == w })
}

// add notes the keys of a transaction, which are in key order and each there
// once, and are not written to any more.
func (w *Watch) add(keys []model.Key) {
	keys = w.mine(keys)
	if len(keys) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed, w.held = append(w.changed, keys), w.held+len(keys)
	if w.held >= max(2*w.folded, minFold) && len(w.changed) > 1 {
		keys = w.fold()
		w.changed, w.held, w.folded = [][]model.Key{keys}, len(keys), len(keys)
	}
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// mine returns those of the keys whose kinds are watched.
func (w *Watch) mine(keys []model.Key) []model.Key {
	other := func(k model.Key) bool { return len(w.kinds) > 0 && !slices.Contains(w.kinds, k.Kind) }
	if !slices.ContainsFunc(keys, other) {
		return keys
	}
	mine := make([]model.Key, 0, len(keys))
	for _, k := range keys {
		if !other(k) {
			mine = append(mine, k)
		}
	}
	return mine
}
