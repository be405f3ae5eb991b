package shim

import (
	"context"
	"sync"
)

// callers are those who have containers created, which a command does not show. When the daemon goes away in the middle,
// the next one takes what is there for the remains of a dead shim: it must find either a container or none.
type callers struct {
	mu    sync.Mutex
	calls map[string]*call // by container id
}

// call is the creation of a container, under way.
type call struct {
	ctx     context.Context // ends with the call, with its caller, or when it is given up
	cancel  context.CancelFunc
	ended   chan struct{}
	givenUp bool
}

func newCallers() *callers { return &callers{calls: make(map[string]*call)} }

// enter notes a call until the function that it gives is called.
func (c *callers) enter(ctx context.Context, id string) (leave func()) {
	ctx, cancel := context.WithCancel(ctx)
	made := &call{ctx: ctx, cancel: cancel, ended: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[id] = made
	return func() {
		cancel()
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.calls[id] == made {
			delete(c.calls, id)
		}
		close(made.ended)
	}
}

// giveUp waits for the end of a call whose answer nobody waits for, if there is one.
func (c *callers) giveUp(ctx context.Context, id string) {
	c.mu.Lock()
	under, ok := c.calls[id]
	if ok {
		under.givenUp = true
		under.cancel()
	}
	c.mu.Unlock()
	if !ok {
		return
	}
	select {
	case <-under.ended:
	case <-ctx.Done():
	}
}

func (c *callers) gaveUp(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	under, ok := c.calls[id]
	return ok && under.givenUp
}

// of gives the context of whoever a command is for, whose last argument is a container that is being created.
func (c *callers) of(arguments []string) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if under, ok := c.calls[arguments[len(arguments)-1]]; ok {
		return under.ctx
	}
	return context.Background()
}
