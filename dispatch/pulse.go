package dispatch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Timing of a pulse. An agent that pings is known to be gone two to two and a
// half seconds after it was heard last; one that never does, as the stock agent,
// is known by its heartbeats.
const (
	// PingEvery is how often our agent pings.
	PingEvery = 500 * time.Millisecond
	// pulseEvery is how often the server looks whether something was heard.
	pulseEvery = 500 * time.Millisecond
	// quietLooks is how many looks in a row may find nothing.
	quietLooks = 4
)

var errSilent = errors.New("the agent, which sent pings, has fallen silent")

// pulse is what is heard on one connection.
type pulse struct {
	frames atomic.Int64
	first  sync.Once
	pings  chan struct{} // closed by the first
}

func newPulse() *pulse { return &pulse{pings: make(chan struct{})} }

// heard notes that a frame came.
func (p *pulse) heard() { p.frames.Add(1) }

// pinged notes a ping. It has the shape that the websocket library wants, and
// says that the ping is to be answered.
func (p *pulse) pinged(context.Context, []byte) bool {
	p.first.Do(func() { close(p.pings) })
	p.heard()
	return true
}

// watch returns errSilent once nothing more is heard of an agent that pings,
// and nil when ctx ends. It counts its own looks and not the time: while this
// process was stopped itself, it has not looked.
func (p *pulse) watch(ctx context.Context) error {
	select { // ten thousand connections on which nobody pings are not looked at
	case <-ctx.Done():
		return nil
	case <-p.pings:
	}
	every := time.NewTicker(pulseEvery)
	defer every.Stop()
	quiet, last := 0, p.frames.Load()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		now := p.frames.Load()
		if quiet++; now != last {
			quiet, last = 0, now
		}
		if quiet >= quietLooks {
			return errSilent
		}
	}
}
