package store

import (
	"errors"

	"github.com/roadstead/roadstead/model"
)

// Errors of Commit, to be told apart with errors.Is. All but ErrUnknown mean
// that nothing was written.
var (
	// ErrNotLeader: another process leads, or none does. The caller may ask
	// the leader, or try again once this process leads.
	ErrNotLeader = errors.New("this process does not lead")
	// ErrNoSpace: the log's disk or quota is full. Commits succeed again once
	// there is space; an API answers with a server fault.
	ErrNoSpace = errors.New("no space left for the log")
	// ErrTooLarge: the change exceeds MaxChangeWrites or MaxChangeBytes.
	ErrTooLarge = errors.New("change is too large")
	// ErrInvalid: the change contradicts itself or names what the store has
	// no table for.
	ErrInvalid = errors.New("change is invalid")
	// ErrUnavailable: the log could not be reached.
	ErrUnavailable = errors.New("log is unavailable")
	// ErrUnknown: the change may or may not have been written. Nothing else
	// is committed before the store has found out; read a later View.
	ErrUnknown = errors.New("outcome of the commit is unknown")
	// ErrCompacted is returned by Log.Follow.
	ErrCompacted = errors.New("log was compacted")
)

// ConflictError means that the noun at Key is not as the change's guard says.
// Read a new View and decide again.
type ConflictError struct{ Key model.Key }

// Error names the noun.
func (e *ConflictError) Error() string { return e.Key.String() + " has changed" }
