package linux

import "context"

// idLocks serializes the calls for one sandbox and lets those for others pass.
type idLocks struct {
	turn chan map[string]*idLock // holds the one map when nobody looks at it
}

type idLock struct {
	held  chan struct{}
	users int
}

func newIDLocks() idLocks {
	l := idLocks{turn: make(chan map[string]*idLock, 1)}
	l.turn <- make(map[string]*idLock)
	return l
}

// lock waits for its turn or for the end of ctx.
func (l idLocks) lock(ctx context.Context, id string) (unlock func(), err error) {
	locks := <-l.turn
	lock := locks[id]
	if lock == nil {
		lock = &idLock{held: make(chan struct{}, 1)}
		locks[id] = lock
	}
	lock.users++
	l.turn <- locks

	leave := func() {
		locks := <-l.turn
		if lock.users--; lock.users == 0 {
			delete(locks, id)
		}
		l.turn <- locks
	}
	select {
	case lock.held <- struct{}{}:
		return func() { <-lock.held; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
