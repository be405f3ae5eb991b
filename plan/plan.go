// Package plan is the answer that every planner gives: what to write, when to
// ask again, and why. The planners in its folders decide; they read a view of
// nouns that they are handed and return a Plan. They may not read a clock,
// draw random numbers, do I/O, log, or change anything they were handed.
package plan

import (
	"time"

	"github.com/roadstead/roadstead/model"
)

// MaxWrites is how many writes one plan may hold, so that no transaction is
// large. A planner with more to do stops there and sets Wake to now.
const MaxWrites = 100

// Plan is what a planner wants done: one transaction, or nothing at all when
// its Change is empty, which is the answer to a settled view.
type Plan struct {
	Change model.Change
	// Wake is when the answer could change although nothing is written by
	// anybody; zero when nothing changes by itself.
	Wake time.Time
	// Reasons say why things are done, and why they are not.
	Reasons []Reason
}

// Reason is one sentence about one noun.
type Reason struct {
	Subject model.Key
	// Code is a word for programs, such as "Started" or "NotPlaced".
	Code string
	// Message is the sentence for people.
	Message string
	// Instance is the id of the container instance it is about, if any.
	Instance string
}

// WakeAt makes the plan's Wake t unless it is to wake earlier; a zero t is
// no wish.
func (p *Plan) WakeAt(t time.Time) {
	if t.IsZero() || (!p.Wake.IsZero() && !t.Before(p.Wake)) {
		return
	}
	p.Wake = t
}

// Because adds a reason.
func (p *Plan) Because(subject model.Key, code, message string) {
	p.Reasons = append(p.Reasons, Reason{Subject: subject, Code: code, Message: message})
}
