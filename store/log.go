package store

import (
	"context"

	"github.com/roadstead/roadstead/model"
)

// Mutation is one write of a transaction of the log: a nil Value deletes.
type Mutation struct {
	Key   model.Key
	Value []byte
}

// Entry is one stored value and the revision of its last change.
type Entry struct {
	Key   model.Key
	Value []byte
	Rev   model.Revision
}

// Term is a time during which a process leads.
type Term struct {
	// Head is the revision of the log's last transaction.
	Head model.Revision
	// Lost is closed once the term is known to have ended.
	Lost <-chan struct{}
	// Lasts asks the log whether the term has ended: ErrNotLeader when another
	// has begun, or when it is known to have ended. When it returns nil, the
	// term lasted at some moment after the call. Any other error leaves it open.
	Lasts func(context.Context) error
}

// Log is where transactions are made durable. Its contract is tested by
// package logtest.
//
// Every transaction moves the log's head to a higher revision, and all its
// mutations get that revision. Beginning a term is a transaction without
// mutations. Errors that are not documented as definite leave the outcome
// unknown.
type Log interface {
	// Load gives every entry to page, in key order within a kind, at one
	// revision, which it returns. The entries and their values belong to page.
	Load(ctx context.Context, page func([]Entry) error) (model.Revision, error)

	// Lead waits until this is the only process that can append and begins
	// its term. The head that it returns cannot move but by Append.
	Lead(ctx context.Context) (Term, error)

	// Append adds one transaction of at least one mutation, with no key twice,
	// to a log whose head is at after. ErrNotLeader, ErrNoSpace, ErrTooLarge
	// and ConflictError mean that nothing was added.
	Append(ctx context.Context, after model.Revision, batch []Mutation) (model.Revision, error)

	// Settle finds out what became of an Append after the given revision that
	// failed with another error. When it was added, Settle returns its
	// revision and true. When it was not, it never will be, and Settle returns
	// the head to append after. ErrNotLeader means that another process leads
	// and that nothing is known.
	Settle(ctx context.Context, after model.Revision) (head model.Revision, added bool, err error)

	// Follow gives every transaction behind after to apply, in order, with
	// the head it led to, until ctx ends or apply fails; it returns that error. ErrCompacted
	// means that the transactions are no longer kept: Load again.
	Follow(ctx context.Context, after model.Revision, apply func(model.Revision, []Mutation) error) error
}
