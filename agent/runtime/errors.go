package runtime

import (
	"errors"
	"fmt"
)

// Kind tells failures apart by what the agent does about them and how it words them.
type Kind int

const (
	// KindUnknown is a failure that nobody foresaw.
	KindUnknown Kind = iota
	// KindInvalid is a request that no machine could fulfil: a malformed image name, an unknown capability.
	KindInvalid
	// KindNotFound is a container, or an image given to Start, that does not exist.
	KindNotFound
	// KindExists is a container id that is taken.
	KindExists
	// KindUnavailable is a runtime that does not answer; trying again later is right.
	KindUnavailable
	// KindTimedOut is a probe that took too long.
	KindTimedOut
	// KindNoSpace is a full disk.
	KindNoSpace

	// KindImageNotFound is a repository, tag or digest that the registry does not have.
	KindImageNotFound
	// KindAuthDenied is a registry that refuses the credentials, or wants some.
	KindAuthDenied
	// KindUnreachable is a registry that does not answer or answers with its own failure.
	KindUnreachable
	// KindBadImage is an image that cannot be used: broken, of another platform, of an unknown format.
	KindBadImage

	// KindCommandNotFound is a command that the image does not have.
	KindCommandNotFound
	// KindCommandNotExecutable is a command that may not or cannot be executed.
	KindCommandNotExecutable
	// KindCannotCreate is a container that could not be set up: a user that the image lacks, a mount whose source is absent.
	KindCannotCreate
)

// OpResolve is the Op of a pull that could not find out what the image's name stands for.
const OpResolve = "resolve"

// Error is a failure of a runtime.
type Error struct {
	Kind    Kind
	Op      string // "pull", OpResolve, "start", "signal", "remove", "exec", "stats"
	Subject string // the image or the container
	Err     error  // the cause, for people
}

// Error gives operation, subject and cause.
func (e *Error) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Subject, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf gives the kind of an error of a runtime, KindUnknown for any other.
func KindOf(err error) Kind {
	var known *Error
	if errors.As(err, &known) {
		return known.Kind
	}
	return KindUnknown
}
