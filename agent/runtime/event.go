package runtime

import "time"

// Status is what is seen of a container.
type Status int

const (
	// StatusListed is not about a container: it ends a listing.
	StatusListed Status = iota
	// StatusCreated is a container without a process: a start is under way or was cut short. Only a listing shows it.
	StatusCreated
	// StatusRunning is a container whose first process lives.
	StatusRunning
	// StatusExited is a container whose first process has ended and which has not been removed.
	StatusExited
	// StatusRemoved is a container of which nothing is left.
	StatusRemoved
)

// String gives the word used in logs and transcripts.
func (s Status) String() string {
	switch s {
	case StatusListed:
		return "listed"
	case StatusCreated:
		return "created"
	case StatusRunning:
		return "running"
	case StatusExited:
		return "exited"
	case StatusRemoved:
		return "removed"
	}
	return "unknown"
}

// Event is one observation of one container. It states what is, not what changed: applying it twice does no harm.
type Event struct {
	Status    Status
	ID        string            // the container's id as given to Start; empty for StatusListed
	TaskID    string            // as given to Start
	Labels    map[string]string // as given to Start; the receiver may not change them
	PID       int               // while running
	StartedAt time.Time         // zero when it never ran or is not known any more
	ExitedAt  time.Time         // when exited
	ExitCode  int               // when exited; 128 + the signal's number when a signal ended it
	// OOMKilled tells, of an exited container, that the kernel killed a process of it because memory ran out.
	OOMKilled bool
	// Lost tells, of an exited container, that nobody saw its end (the machine restarted, its shim was killed):
	// ExitCode is then 255 and ExitedAt is when that was noticed.
	Lost bool
}
