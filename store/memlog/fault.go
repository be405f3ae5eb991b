package memlog

import (
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/store"
)

// Op is an operation that a Fault can befall.
type Op int

// The operations of a log.
const (
	OpLoad Op = iota
	OpLead
	OpAppend
	OpSettle
	OpFollow
	OpLasts
)

// Fault is what goes wrong in an operation.
type Fault int

// The faults. Those that are not about Append alone befall any operation.
const (
	None        Fault = iota
	LostRequest       // nothing is done and the outcome is unknown to the caller
	LostAnswer        // it is done and the outcome is unknown to the caller
	Conflict          // Append: a ConflictError for the first key; nothing is done
	NoSpace           // Append: ErrNoSpace; nothing is done
	Deposed           // Append, Settle, Term.Lasts: the term ends first; ErrNotLeader
)

// ErrInjected is the cause of the errors of LostRequest and LostAnswer.
var ErrInjected = errors.New("memlog: injected fault")

func (l *Log) ask(op Op) Fault {
	if l.fault == nil {
		return None
	}
	return l.fault(op)
}

// refusal returns the error of a fault that keeps a whole Append from being
// done, nil for any other.
func refusal(f Fault, batch []store.Mutation) error {
	switch f {
	case LostRequest:
		return fmt.Errorf("append: request lost: %w", ErrInjected)
	case Conflict:
		return &store.ConflictError{Key: batch[0].Key}
	case NoSpace:
		return store.ErrNoSpace
	case Deposed:
		return store.ErrNotLeader
	}
	return nil
}
