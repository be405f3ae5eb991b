//go:build linux && cgo && seccomp

package direct

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Runtime does runc's commands.
type Runtime struct {
	filters filters
	locked  unix.Rlimit // memory that this process might lock when it began
}

// New gives a Runtime that keeps compiled seccomp filters in a directory, which it shares with others; "" keeps none. The
// directory is told to those who become containers by the name that this process is called by, which New changes.
func New(directory string) Runtime {
	if directory != "" && filepath.IsAbs(directory) && len(os.Args) > 0 {
		os.Args[0] = filepath.Join(directory, filepath.Base(os.Args[0]))
	}
	// The process that becomes the container does one thing after the other; more threads only cost.
	_ = os.Setenv("GOMAXPROCS", "1") // it concerns this process no more
	t := Runtime{filters: filters{directory}}
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &t.locked); err != nil {
		panic(err) // it fails for a limit that does not exist only
	}
	return t
}

// request is a command line of runc, as far as go-runc writes them.
type request struct {
	command       *exec.Cmd
	root, log     string // directory of the containers' states; file for errors
	verb          string
	bundle        string
	pidFile       string
	consoleSocket string
	processFile   string
	noPivot       bool
	noNewKeyring  bool
	all, force    bool
	arguments     []string    // the rest: the container's id first
	locked        unix.Rlimit // memory that a process may lock for which nothing else is said
}

var errUnknown = errors.New("not done here")

// Do does a command if it is one that it knows, and gives runc's exit status. What it does not know is left to runc.
// An error is written where runc writes it: to the log, and to the command's standard error if that is not a container's.
func (t Runtime) Do(ctx context.Context, command *exec.Cmd) (status int, done bool) {
	r, err := parse(command)
	if err != nil {
		return 0, false
	}
	// To load a container's rules for devices libcontainer lifts this limit of its own process, which runc's next
	// container would not inherit. Others may be doing that at this moment, so each process is also given the limit.
	_ = unix.Setrlimit(unix.RLIMIT_MEMLOCK, &t.locked)
	r.locked = t.locked
	switch r.verb {
	case "create":
		err = r.create(ctx, t.filters)
	case "exec":
		err = r.exec()
	case "kill":
		err = r.kill()
	case "delete":
		err = r.delete()
	case "ps":
		err = r.processes()
	default:
		return 0, false
	}
	if errors.Is(err, errUnknown) {
		return 0, false
	}
	if err != nil {
		r.fail(err)
		return 1, true
	}
	return 0, true
}

// parse reads a command line. A flag that it does not know may change what is to be done, so it is an error.
func parse(command *exec.Cmd) (*request, error) {
	r := &request{command: command}
	if len(command.Args) == 0 || len(command.ExtraFiles) > 0 {
		return nil, errUnknown
	}
	var format string
	flags := newFlags()
	flags.StringVar(&r.root, "root", "", "")
	flags.StringVar(&r.log, "log", "", "")
	flags.StringVar(&format, "log-format", "", "")
	if err := flags.Parse(command.Args[1:]); err != nil {
		return nil, err
	}
	if r.root == "" || r.log == "" || format != "json" || flags.NArg() < 2 {
		return nil, errUnknown
	}
	r.verb = flags.Arg(0)
	own, rest := newFlags(), flags.Args()[1:]
	var detach bool
	switch r.verb {
	case "create":
		own.StringVar(&r.bundle, "bundle", "", "")
		own.StringVar(&r.pidFile, "pid-file", "", "")
		own.StringVar(&r.consoleSocket, "console-socket", "", "")
		own.BoolVar(&r.noPivot, "no-pivot", false, "")
		own.BoolVar(&r.noNewKeyring, "no-new-keyring", false, "")
	case "exec":
		own.StringVar(&r.processFile, "process", "", "")
		own.StringVar(&r.pidFile, "pid-file", "", "")
		own.StringVar(&r.consoleSocket, "console-socket", "", "")
		own.BoolVar(&detach, "detach", false, "")
	case "kill":
		own.BoolVar(&r.all, "all", false, "")
	case "delete":
		own.BoolVar(&r.force, "force", false, "")
	case "ps":
		own.StringVar(&format, "format", "", "")
	}
	if err := own.Parse(rest); err != nil {
		return nil, err
	}
	r.arguments = own.Args()
	wanted := 1
	if r.verb == "kill" {
		wanted = 2
	}
	if len(r.arguments) != wanted || r.verb == "exec" && !detach || format != "json" {
		return nil, errUnknown
	}
	return r, nil
}

func newFlags() *flag.FlagSet {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

func (r *request) id() string { return r.arguments[0] }

// fail writes an error down as runc does: containerd reads the last one of the log.
func (r *request) fail(err error) {
	if r.verb == "create" || r.verb == "exec" {
		err = fmt.Errorf("runc %s failed: %w", r.verb, err) // the words that runc begins with, which errors are known by
	}
	line, _ := json.Marshal(map[string]string{"level": "error", "msg": err.Error(), "time": time.Now().Format(time.RFC3339)}) // strings always can be
	if log, failed := os.OpenFile(r.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY|os.O_SYNC, 0o644); failed == nil {
		_, _ = log.Write(append(line, '\n')) // on a full disk the error has no words
		log.Close()
	}
	if _, file := r.command.Stderr.(*os.File); !file && r.command.Stderr != nil {
		fmt.Fprintln(r.command.Stderr, err)
	}
}
