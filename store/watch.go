package store

import (
	"slices"
	"sync"

	"github.com/roadstead/roadstead/model"
)

// Watch collects the keys of nouns that change. It is level-triggered: it
// says that a noun has changed since it was last taken, not how or how often.
// It holds every key at most once, so it is bounded by the number of nouns and
// never makes a commit wait.
type Watch struct {
	db    *DB
	kinds []model.Kind
	ready chan struct{}

	mu   sync.Mutex
	keys map[model.Key]struct{}
}

// Watch watches tables of the given kinds, all tables if none is given. What
// was committed before it returns is not reported: read a View afterwards.
// Close it when it is no longer read.
func (db *DB) Watch(kinds ...model.Kind) *Watch {
	w := &Watch{db: db, kinds: kinds, ready: make(chan struct{}, 1), keys: map[model.Key]struct{}{}}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.watches = append(slices.Clip(db.watches), w)
	return w
}

// C has a value whenever Take may have something to return.
func (w *Watch) C() <-chan struct{} { return w.ready }

// Take returns the keys that have changed since the last Take, each once, in
// key order. A View taken afterwards shows the changes.
func (w *Watch) Take() []model.Key {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.ready:
	default:
	}
	if len(w.keys) == 0 {
		return nil
	}
	keys := make([]model.Key, 0, len(w.keys))
	for k := range w.keys {
		keys = append(keys, k)
	}
	w.keys = map[model.Key]struct{}{}
	slices.SortFunc(keys, compareKeys)
	return keys
}

// Close ends the watch.
func (w *Watch) Close() {
	w.db.mu.Lock()
	defer w.db.mu.Unlock()
	w.db.watches = slices.DeleteFunc(slices.Clone(w.db.watches), func(o *Watch) bool { return o == w })
}

func (w *Watch) add(keys []model.Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range keys {
		if len(w.kinds) == 0 || slices.Contains(w.kinds, k.Kind) {
			w.keys[k] = struct{}{}
		}
	}
	if len(w.keys) == 0 {
		return
	}
	select {
	case w.ready <- struct{}{}:
	default:
	}
}
