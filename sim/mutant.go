package sim

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Mutant is a planted defect. Production code has no hooks for them: each is
// made at a seam, in what a planner is shown or in what it says.
type Mutant int

// The defects. Honest is none.
const (
	Honest         Mutant = iota
	Undistorted           // none, but made the way that planted ones are: the control group
	ForgottenGuard        // the loops commit without guards
	WrongRounding         // minimumHealthyPercent is rounded down
	IgnoredMinimum        // minimumHealthyPercent is not looked at
	IgnoredMaximum        // maximumPercent is not looked at
	IgnoredRoom           // instances are taken for empty
	IgnoredDrain          // DRAINING instances are taken for ACTIVE
	Restless              // a settled service is written again and again
	StepBack              // a late report moves a task's status back
	DoubleStart           // an agent that restarts starts again what has ended
	LostWrite             // some commits are acknowledged and never written
	Deserter              // tasks of lost instances are not replaced
	LatePayload           // an agent forgets which tasks it has ended, and takes late payloads for new tasks
	ForgottenEnd          // an agent does not record that a task has ended that never quite began
	CarelessEnd           // the end of a connection that could not be written is never written
)

// Mutants returns all defects with their names.
func Mutants() map[string]Mutant {
	return map[string]Mutant{"forgotten-guard": ForgottenGuard, "wrong-rounding": WrongRounding, "ignored-minimum": IgnoredMinimum,
		"ignored-maximum": IgnoredMaximum, "ignored-room": IgnoredRoom, "ignored-drain": IgnoredDrain, "restless": Restless,
		"step-back": StepBack, "double-start": DoubleStart, "lost-write": LostWrite, "deserter": Deserter,
		"late-payload": LatePayload, "careless-end": CarelessEnd, "forgotten-end": ForgottenEnd}
}

// plans reports whether the defect is in the services' planner.
func (m Mutant) plans() bool {
	switch m {
	case Undistorted, WrongRounding, IgnoredMinimum, IgnoredMaximum, IgnoredRoom, IgnoredDrain, Restless, Deserter:
		return true
	}
	return false
}

// change returns what a loop commits instead of c.
func (m Mutant) change(c model.Change) model.Change {
	if m == ForgottenGuard {
		c.Guards = nil
	}
	return c
}

// stepBack stores a report as it is, whatever is known already.
func (p *plane) stepBack(in *ecs.SubmitTaskStateChangeInput) {
	id := model.TaskID(account, aws.ToString(in.Cluster), taskID(aws.ToString(in.Task)))
	t, ok := store.Get[*model.Task](p.db.View(), id)
	if !ok || t.Status.Last == model.TaskStatus(aws.ToString(in.Status)) {
		return
	}
	t = t.Clone()
	t.Status.Last = model.TaskStatus(aws.ToString(in.Status))
	var c model.Change
	c.Put(t)
	_, _ = p.db.Commit(p.w.ctx, c) // a defect may fail
}

// forgetfulLog acknowledges some transactions that it never writes.
type forgetfulLog struct {
	store.Log
	w      *world
	behind model.Revision
}

// Append implements store.Log.
func (l *forgetfulLog) Append(ctx context.Context, after model.Revision, batch []store.Mutation) (model.Revision, error) {
	if l.behind > 0 || l.w.disk.chance(0.002) {
		l.behind++
		return after + 1, nil
	}
	return l.Log.Append(ctx, after, batch)
}
