package control

import (
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

// Observer hears what the loops do. It must not block; it is called by the
// loop itself.
type Observer interface {
	Observe(Event)
}

// Event is one of the types below.
type Event interface{ event() }

// Planned: a plan was made, and committed at Revision if it wrote anything
// (0 if not).
type Planned struct {
	Loop, Key string
	Plan      plan.Plan
	Revision  model.Revision
	Took      time.Duration // from the View to the end of the commit; 0 without Options.Now
}

// Conflicted: what the plan was made from had changed; it is made again.
type Conflicted struct {
	Loop, Key string
	With      model.Key
	Attempt   int // 1 for the first
}

// Failed: a plan could not be committed. It is made again at RetryAt.
type Failed struct {
	Loop, Key string
	Err       error
	RetryAt   time.Time
}

// Resynced: the loop looked at everything, changed or not.
type Resynced struct {
	Loop string
	Keys int
}

func (Planned) event()    {}
func (Conflicted) event() {}
func (Failed) event()     {}
func (Resynced) event()   {}
