package agent

import "sync"

// turns lets those who want the same thing have it one after the other, and others at once. The zero value is usable.
type turns struct {
	mu    sync.Mutex
	taken map[string]*turn
}

type turn struct {
	sync.Mutex
	users int // who have it or wait for it
}

// take waits for a thing's turn, and returns what ends it.
func (t *turns) take(key string) (end func()) {
	t.mu.Lock()
	if t.taken == nil {
		t.taken = map[string]*turn{}
	}
	mine := t.taken[key]
	if mine == nil {
		mine = &turn{}
		t.taken[key] = mine
	}
	mine.users++
	t.mu.Unlock()
	mine.Lock()
	return func() {
		mine.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.users--; mine.users == 0 {
			delete(t.taken, key)
		}
	}
}
