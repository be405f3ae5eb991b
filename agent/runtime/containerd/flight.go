package containerd

import (
	"context"
	"sync"

	"github.com/roadstead/roadstead/agent/runtime"
)

// flights lets equal pulls that overlap be one. A pull goes on while anybody waits for it and is cancelled when nobody does.
type flights struct {
	mu  sync.Mutex
	now map[flightKey]*flight
}

type flightKey struct {
	name      string
	auth      runtime.BasicAuth
	plainHTTP bool
	insecure  bool
	policy    runtime.PullPolicy
}

type flight struct {
	cancel  context.CancelFunc
	waiters int
	done    chan struct{}
	image   runtime.Image // after done
	err     error         // after done
}

func newFlights() *flights { return &flights{now: make(map[flightKey]*flight)} }

// join waits for the pull of key, which it starts when there is none.
func (f *flights) join(ctx context.Context, key flightKey, pull func(context.Context) (runtime.Image, error)) (runtime.Image, error) {
	f.mu.Lock()
	current, ok := f.now[key]
	if !ok {
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), pullTimeout)
		current = &flight{cancel: cancel, done: make(chan struct{})}
		f.now[key] = current
		go f.fly(shared, key, current, pull)
	}
	current.waiters++
	f.mu.Unlock()

	select {
	case <-current.done:
		return current.image, current.err
	case <-ctx.Done():
	}
	f.mu.Lock()
	if current.waiters--; current.waiters == 0 {
		current.cancel()
		if f.now[key] == current {
			delete(f.now, key) // who comes now must not join a pull that is being cancelled
		}
	}
	last := current.waiters == 0
	f.mu.Unlock()
	if last {
		<-current.done // whoever starts waits
	}
	return runtime.Image{}, ctx.Err()
}

func (f *flights) fly(ctx context.Context, key flightKey, current *flight, pull func(context.Context) (runtime.Image, error)) {
	defer current.cancel()
	current.image, current.err = pull(ctx)
	f.mu.Lock()
	if f.now[key] == current {
		delete(f.now, key)
	}
	f.mu.Unlock()
	close(current.done)
}
