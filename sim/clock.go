package sim

import (
	"container/heap"
	"time"
)

// began is when every simulated world begins.
var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// clock is virtual time and what is going to happen. Events at the same
// instant happen in the order in which they were asked for.
type clock struct {
	now    time.Time
	events []*event
	asked  uint64
}

// event is something that will happen.
type event struct {
	at    time.Time
	since time.Duration // from the beginning to at, which compares quicker
	order uint64
	place int // in the heap; -1: no longer there
	run   func()
	// arrival is set for requests on their way to the control plane: they may
	// come between a plan and its commit.
	arrival bool
}

func newClock() *clock { return &clock{now: began} }

// after makes f happen when d has passed.
func (c *clock) after(d time.Duration, f func()) *event { return c.at(c.now.Add(max(d, 0)), f) }

// at makes f happen at t, at once if t has passed.
func (c *clock) at(t time.Time, f func()) *event {
	if t.Before(c.now) {
		t = c.now
	}
	c.asked++
	e := &event{at: t, since: t.Sub(began), order: c.asked, run: f}
	heap.Push(c, e)
	return e
}

// cancel takes back an event, which may be nil or over.
func (c *clock) cancel(e *event) {
	if e != nil && e.place >= 0 {
		heap.Remove(c, e.place)
	}
}

// next moves time to the next event and makes it happen. It does neither and
// returns false if that is not before until; time is then until.
func (c *clock) next(until time.Time) bool {
	if len(c.events) == 0 || !c.events[0].at.Before(until) {
		c.now = until
		return false
	}
	e := heap.Pop(c).(*event)
	c.now = e.at
	e.run()
	return true
}

// early makes the next arrival happen now, if there is one within d.
func (c *clock) early(d time.Duration) bool {
	var first *event
	for _, e := range c.events {
		if e.arrival && !e.at.After(c.now.Add(d)) && (first == nil || earlier(e, first)) {
			first = e
		}
	}
	if first == nil {
		return false
	}
	heap.Remove(c, first.place)
	first.run()
	return true
}

func earlier(a, b *event) bool {
	return a.since < b.since || a.since == b.since && a.order < b.order
}

// Len implements heap.Interface, as do the methods below.
func (c *clock) Len() int           { return len(c.events) }
func (c *clock) Less(i, j int) bool { return earlier(c.events[i], c.events[j]) }

func (c *clock) Swap(i, j int) {
	c.events[i], c.events[j] = c.events[j], c.events[i]
	c.events[i].place, c.events[j].place = i, j
}

func (c *clock) Push(x any) {
	e := x.(*event)
	e.place = len(c.events)
	c.events = append(c.events, e)
}

func (c *clock) Pop() any {
	e := c.events[len(c.events)-1]
	c.events[len(c.events)-1] = nil
	c.events = c.events[:len(c.events)-1]
	e.place = -1
	return e
}
