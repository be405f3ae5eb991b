package containerd

import "sync"

// taskLocks keeps the removal of a task's container apart from the start of another in the same task: with its last
// container a task loses its shim and its control group, and a start must not be given either in that moment.
type taskLocks struct {
	mu    sync.Mutex
	tasks map[string]*taskLock
}

type taskLock struct {
	sync.RWMutex
	users int
}

func newTaskLocks() *taskLocks { return &taskLocks{tasks: make(map[string]*taskLock)} }

// share admits other sharers; the function that it gives ends it.
func (t *taskLocks) share(task string) (unlock func()) {
	lock := t.enter(task)
	lock.RLock()
	return func() { lock.RUnlock(); t.leave(task, lock) }
}

// own admits nobody else.
func (t *taskLocks) own(task string) (unlock func()) {
	lock := t.enter(task)
	lock.Lock()
	return func() { lock.Unlock(); t.leave(task, lock) }
}

func (t *taskLocks) enter(task string) *taskLock {
	t.mu.Lock()
	defer t.mu.Unlock()
	lock, ok := t.tasks[task]
	if !ok {
		lock = &taskLock{}
		t.tasks[task] = lock
	}
	lock.users++
	return lock
}

func (t *taskLocks) leave(task string, lock *taskLock) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if lock.users--; lock.users == 0 {
		delete(t.tasks, task)
	}
}
