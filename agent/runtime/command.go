package runtime

import (
	"context"
	"io"
	"time"
)

// Executor runs commands inside running containers, for people.
type Executor interface {
	// Execute runs a command beside the container's process, with its
	// environment, directory, namespaces and limits, and returns its exit code
	// once it has ended and all that it wrote was given to the command's writers.
	// A command that runs and fails is no error. When ctx ends, the command and
	// what it started in its session get SIGHUP, and SIGKILL after HangupGrace;
	// the error is ctx's. KindNotFound is a container that does not exist or has
	// exited, KindCommandNotFound and KindCommandNotExecutable a command that
	// could not be started, KindInvalid one without a word.
	Execute(ctx context.Context, id string, c Command) (exitCode int, err error)

	// EndCommands ends, with SIGKILL, the commands that an earlier life of the
	// caller left in a container. What does not exist has none.
	EndCommands(ctx context.Context, id string) error

	// Process returns the first process of a running container, in the machine's
	// pid namespace. KindNotFound as for Execute.
	Process(ctx context.Context, id string) (pid int, err error)
}

// Concealer is an Executor with containers that cannot be looked into.
type Concealer interface {
	// Conceals reports whether the files of a running container cannot be reached through its first process. KindNotFound
	// as for Execute.
	Conceals(ctx context.Context, id string) (bool, error)
}

// HangupGrace is how long a command may take to end after SIGHUP.
const HangupGrace = 3 * time.Second

// Command is what Execute runs.
type Command struct {
	Args []string
	// Terminal gives it a terminal; both streams then arrive at Stdout, and what
	// ends the input does not end the command's.
	Terminal bool
	User     string   // "uid", "name", "uid:gid" and so on; "": the container's
	Env      []string // "NAME=value"; wins over the container's

	Stdin          io.Reader // nil is at its end. Whoever reads it ends when Read returns
	Stdout, Stderr io.Writer // nil drops what is written
	// Sizes are the terminal's, as they change; nil leaves it at 80 by 24.
	Sizes <-chan TerminalSize
	// Started is called once the command runs; nil is nobody.
	Started func()
}

// TerminalSize is in characters.
type TerminalSize struct{ Cols, Rows uint16 }
