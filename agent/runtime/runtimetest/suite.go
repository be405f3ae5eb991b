package runtimetest

import (
	"context"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// Runtime is all that is under test.
type Runtime interface {
	runtime.Runtime
	runtime.Undoer
	runtime.Prober
	runtime.Executor
	runtime.Meter
}

// Program is what a container of the suite does. Real runtimes run a shell script, the fake a behaviour.
type Program struct {
	Runs        time.Duration // then it ends; 0 is until it is signalled
	ExitCode    int
	OnTERM      int  // the exit code after SIGTERM, which the program handles
	IgnoresTERM bool // only SIGKILL ends it
	OutOfMemory bool // it uses more than its memory limit and the kernel kills it
	NoCommand   bool // what it wants to execute does not exist
}

// Target is an implementation and how to use it.
type Target struct {
	// Open gives a runtime for one test; the runtime and all it made are gone when the test has ended.
	Open func(t *testing.T) Instance
	// Run runs a test, for implementations that need a bubble of testing/synctest around it; nil is directly.
	Run func(t *testing.T, test func(t *testing.T))
	// Patience is how long a change may take.
	Patience time.Duration
}

// Instance is a runtime opened for one test.
type Instance struct {
	Runtime Runtime
	// Image is the request for an image that is there, Missing for one that is not.
	Image, Missing runtime.PullRequest
	// Container makes the container run the program.
	Container func(c runtime.Container, p Program) runtime.Container
	// Reopen gives another client of the same containers, as after a restart of the agent; the old one is not used any more.
	Reopen func(t *testing.T) Runtime
	// Probes are commands that print a word and end with an exit code, and one that takes longer than 1 s.
	Probe     func(word string, exitCode int) []string
	SlowProbe []string
	// Ready is a command that succeeds once the container's program handles signals: being started is not enough.
	Ready []string
	// Commands are what Execute is tried with.
	Commands Commands
}

// Commands are words for Execute.
type Commands struct {
	// Speak writes a word and a line end to each stream and ends with an exit code.
	Speak func(out, err string, exitCode int) []string
	Copy  []string // copies its input to its output until the input ends
	Stay  []string // writes "here" and a line end, and stays until it is signalled
	Size  []string // waits for a line of input and writes the terminal's rows and columns, as "24 80"
	None  []string // does not exist
	Gone  []string // succeeds, as a probe, once no command Stay is left in the container
}

// Run runs the suite.
func Run(t *testing.T, target Target) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(s *scene)
	}{
		{"PullResolvesADigest", pullResolvesADigest},
		{"PullOfAMissingImage", pullOfAMissingImage},
		{"StartShowsRunning", startShowsRunning},
		{"ExitCode", exitCode},
		{"SignalIsHandled", signalIsHandled},
		{"SignalIsIgnored", signalIsIgnored},
		{"SignalToWhatIsNotThere", signalToWhatIsNotThere},
		{"RemoveKills", removeKills},
		{"RemoveTwice", removeTwice},
		{"StartTwice", startTwice},
		{"StartWithoutImage", startWithoutImage},
		{"StartWithBadID", startWithBadID},
		{"StartWithoutCommand", startWithoutCommand},
		{"OutOfMemory", outOfMemory},
		{"WatchListsFirst", watchListsFirst},
		{"AnotherClientAdopts", anotherClientAdopts},
		{"UndoLeavesWhatRan", undoLeavesWhatRan},
		{"Exec", exec},
		{"ExecTakesTooLong", execTakesTooLong},
		{"ExecuteKeepsStreamsApart", executeKeepsStreamsApart},
		{"ExecuteCopiesInput", executeCopiesInput},
		{"ExecuteWithATerminal", executeWithATerminal},
		{"ExecuteIsCancelled", executeIsCancelled},
		{"ExecuteEndsWithTheContainer", executeEndsWithTheContainer},
		{"ExecuteWhatIsNotThere", executeWhatIsNotThere},
		{"EndCommandsOfAnEarlierLife", endCommands},
		{"ProcessOfAContainer", processOf},
		{"Stats", stats},
		{"CancelledStartLeavesNothing", cancelledStart},
	} {
		t.Run(test.name, func(t *testing.T) {
			around := target.Run
			if around == nil {
				around = func(t *testing.T, test func(t *testing.T)) { test(t) }
			}
			around(t, func(t *testing.T) { test.run(newScene(t, target)) })
		})
	}
}

// scene is one test: an instance, its image, and what a watch has seen.
type scene struct {
	*testing.T
	Instance
	ctx      context.Context
	patience time.Duration
	image    runtime.Image
	events   <-chan runtime.Event
	seen     []runtime.Event
}

func newScene(t *testing.T, target Target) *scene {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &scene{T: t, Instance: target.Open(t), ctx: ctx, patience: target.Patience}
	t.Cleanup(cancel)
	image, err := s.Runtime.Pull(ctx, s.Image)
	if err != nil {
		t.Fatalf("pull: %v", err)
	}
	s.image = image
	s.events = s.watch(s.Runtime)
	s.await("the end of the listing", func(e runtime.Event) bool { return e.Status == runtime.StatusListed })
	return s
}

// watch follows until the test ends, and checks how Watch returns.
func (s *scene) watch(r Runtime) <-chan runtime.Event {
	ctx, cancel := context.WithCancel(s.ctx)
	events, ended := make(chan runtime.Event, 1024), make(chan error, 1)
	go func() { ended <- r.Watch(ctx, func(e runtime.Event) { events <- e }) }()
	s.Cleanup(func() {
		cancel()
		if err := <-ended; err == nil || ctx.Err() == nil {
			s.Errorf("watch ended with %v", err)
		}
	})
	return events
}

// await gives the first event that fits, of those that come from now on.
func (s *scene) await(what string, fits func(runtime.Event) bool) runtime.Event {
	s.Helper()
	deadline := time.NewTimer(s.patience)
	defer deadline.Stop()
	for {
		select {
		case event := <-s.events:
			s.seen = append(s.seen, event)
			if fits(event) {
				return event
			}
		case <-deadline.C:
			s.Fatalf("%s was not seen within %v; seen: %+v", what, s.patience, s.seen)
		}
	}
}

func (s *scene) awaitStatus(id string, status runtime.Status) runtime.Event {
	s.Helper()
	return s.await(id+" "+status.String(), func(e runtime.Event) bool { return e.ID == id && e.Status == status })
}

// start starts a container that runs the program.
func (s *scene) start(id string, p Program) (runtime.Started, error) {
	return s.Runtime.Start(s.ctx, s.container(id, p))
}

func (s *scene) container(id string, p Program) runtime.Container {
	return s.Container(runtime.Container{
		ID: id, TaskID: "task-" + id, Name: "main", Image: s.image.Ref, Labels: map[string]string{"com.example.of": id},
	}, p)
}

func (s *scene) mustStart(id string, p Program) runtime.Started {
	s.Helper()
	started, err := s.start(id, p)
	if err != nil {
		s.Fatalf("start %s: %v", id, err)
	}
	return started
}

// awaitReady returns when the program handles signals. The first process of a container ignores those that it does not.
func (s *scene) awaitReady(id string) {
	s.Helper()
	for deadline := time.Now().Add(s.patience); time.Now().Before(deadline); {
		if result, err := s.Runtime.Exec(s.ctx, id, s.Ready, false, s.patience); err == nil && result.ExitCode == 0 {
			return
		}
	}
	s.Fatalf("%s was not ready within %v", id, s.patience)
}

func (s *scene) wantKind(err error, kinds ...runtime.Kind) {
	s.Helper()
	for _, kind := range kinds {
		if err != nil && runtime.KindOf(err) == kind {
			return
		}
	}
	s.Errorf("got error %v of kind %d, want kind %v", err, runtime.KindOf(err), kinds)
}

// wantNone checks that a listing shows no such container.
func (s *scene) wantNone(id string) {
	s.Helper()
	for _, event := range s.listing(s.Runtime) {
		if event.ID == id {
			s.Errorf("%s is still there: %+v", id, event)
		}
	}
}

// listing gives what a new watch begins with.
func (s *scene) listing(r Runtime) []runtime.Event {
	s.Helper()
	events := s.watch(r)
	deadline := time.NewTimer(s.patience)
	defer deadline.Stop()
	var list []runtime.Event
	for {
		select {
		case event := <-events:
			if event.Status == runtime.StatusListed {
				return list
			}
			list = append(list, event)
		case <-deadline.C:
			s.Fatalf("no listing within %v", s.patience)
		}
	}
}
