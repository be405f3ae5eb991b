package runtimetest

import (
	"context"
	"strings"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

func pullResolvesADigest(s *scene) {
	if !strings.HasPrefix(s.image.Digest, "sha256:") || len(s.image.Digest) != len("sha256:")+64 {
		s.Errorf("digest %q", s.image.Digest)
	}
	if !strings.HasSuffix(s.image.Ref, "@"+s.image.Digest) {
		s.Errorf("ref %q does not end in the digest %q", s.image.Ref, s.image.Digest)
	}
	again, err := s.Runtime.Pull(s.ctx, s.Image)
	if err != nil || again.Ref != s.image.Ref {
		s.Errorf("second pull: %+v, %v", again, err)
	}
}

func pullOfAMissingImage(s *scene) {
	_, err := s.Runtime.Pull(s.ctx, s.Missing)
	s.wantKind(err, runtime.KindImageNotFound)
}

func startShowsRunning(s *scene) {
	started := s.mustStart("one", Program{})
	event := s.awaitStatus("one", runtime.StatusRunning)
	if started.RuntimeID == "" || started.PID <= 0 || started.StartedAt.IsZero() {
		s.Errorf("started: %+v", started)
	}
	if event.TaskID != "task-one" || event.Labels["com.example.of"] != "one" || len(event.Labels) != 1 {
		s.Errorf("task and labels: %+v", event)
	}
	if event.PID != started.PID || !event.StartedAt.Equal(started.StartedAt) {
		s.Errorf("event %+v of started %+v", event, started)
	}
}

func exitCode(s *scene) {
	s.mustStart("done", Program{Runs: time.Millisecond})
	s.mustStart("seven", Program{Runs: time.Millisecond, ExitCode: 7})
	for _, want := range []struct {
		id   string
		code int
	}{{"done", 0}, {"seven", 7}} {
		var event runtime.Event
		for _, e := range s.seen { // the other's end may have come before
			if e.ID == want.id && e.Status == runtime.StatusExited {
				event = e
			}
		}
		if event.ID == "" {
			event = s.awaitStatus(want.id, runtime.StatusExited)
		}
		if event.ExitCode != want.code || event.OOMKilled || event.Lost {
			s.Errorf("%s: %+v", want.id, event)
		}
		if event.StartedAt.IsZero() || event.ExitedAt.Before(event.StartedAt) {
			s.Errorf("%s ran from %v to %v", want.id, event.StartedAt, event.ExitedAt)
		}
	}
	for _, event := range s.listing(s.Runtime) {
		if event.Status != runtime.StatusExited || event.ID == "seven" && event.ExitCode != 7 {
			s.Errorf("listed: %+v", event)
		}
	}
}

func signalIsHandled(s *scene) {
	s.mustStart("polite", Program{OnTERM: 3})
	s.awaitStatus("polite", runtime.StatusRunning)
	s.awaitReady("polite")
	if err := s.Runtime.Signal(s.ctx, "polite", syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	if event := s.awaitStatus("polite", runtime.StatusExited); event.ExitCode != 3 {
		s.Errorf("%+v", event)
	}
	if err := s.Runtime.Signal(s.ctx, "polite", syscall.SIGTERM); err != nil {
		s.Errorf("a signal to what has ended: %v", err)
	}
}

func signalIsIgnored(s *scene) {
	s.mustStart("stubborn", Program{IgnoresTERM: true})
	s.awaitStatus("stubborn", runtime.StatusRunning)
	s.awaitReady("stubborn") // until then the signal may reach what makes the container, which it ends
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := s.Runtime.Signal(s.ctx, "stubborn", signal); err != nil {
			s.Fatal(err)
		}
	}
	if event := s.awaitStatus("stubborn", runtime.StatusExited); event.ExitCode != 137 || event.OOMKilled {
		s.Errorf("%+v", event)
	}
}

func signalToWhatIsNotThere(s *scene) {
	s.wantKind(s.Runtime.Signal(s.ctx, "nobody", syscall.SIGTERM), runtime.KindNotFound)
}

func removeKills(s *scene) {
	s.mustStart("alive", Program{IgnoresTERM: true})
	s.awaitStatus("alive", runtime.StatusRunning)
	if err := s.Runtime.Remove(s.ctx, "alive"); err != nil {
		s.Fatal(err)
	}
	s.awaitStatus("alive", runtime.StatusRemoved)
	s.wantNone("alive")
}

// What runs and what has run is left as it is; what is not there is undone. Starts that were cut short are made by the
// implementations' own tests.
func undoLeavesWhatRan(s *scene) {
	s.mustStart("alive", Program{})
	s.mustStart("brief", Program{Runs: time.Millisecond, ExitCode: 3})
	s.awaitStatus("brief", runtime.StatusExited)
	s.wantKind(s.Runtime.Undo(s.ctx, "alive"), runtime.KindExists)
	s.wantKind(s.Runtime.Undo(s.ctx, "brief"), runtime.KindExists)
	for _, id := range []string{"nobody", ""} {
		if err := s.Runtime.Undo(s.ctx, id); err != nil {
			s.Errorf("undo %q: %v", id, err)
		}
	}
	list := s.listing(s.Runtime)
	if len(list) != 2 || list[0].Status != runtime.StatusRunning || list[1].Status != runtime.StatusExited || list[1].ExitCode != 3 {
		s.Errorf("listed: %+v", list)
	}
}

func removeTwice(s *scene) {
	s.mustStart("brief", Program{Runs: time.Millisecond})
	s.awaitStatus("brief", runtime.StatusExited)
	for range 2 {
		if err := s.Runtime.Remove(s.ctx, "brief"); err != nil {
			s.Fatal(err)
		}
	}
	if err := s.Runtime.Remove(s.ctx, "never"); err != nil {
		s.Error(err)
	}
	s.mustStart("brief", Program{}) // the id is free again
}

func startTwice(s *scene) {
	s.mustStart("same", Program{})
	s.awaitStatus("same", runtime.StatusRunning)
	_, err := s.start("same", Program{})
	s.wantKind(err, runtime.KindExists)
	for _, event := range s.listing(s.Runtime) {
		if event.ID == "same" && event.Status != runtime.StatusRunning {
			s.Errorf("the first is %v after a second start", event.Status)
		}
	}
}

func startWithoutImage(s *scene) {
	c := s.container("imageless", Program{})
	c.Image = "127.0.0.1:1/none@sha256:" + strings.Repeat("0", 64)
	_, err := s.Runtime.Start(s.ctx, c)
	s.wantKind(err, runtime.KindNotFound)
	s.wantNone("imageless")
}

func startWithBadID(s *scene) {
	for _, id := range []string{"", "a/b", "../up"} {
		_, err := s.start(id, Program{})
		s.wantKind(err, runtime.KindInvalid)
	}
}

func startWithoutCommand(s *scene) {
	_, err := s.start("wordless", Program{NoCommand: true})
	s.wantKind(err, runtime.KindCommandNotFound)
	s.wantNone("wordless")
	s.mustStart("wordless", Program{}) // nothing of the first is in the way
}

func outOfMemory(s *scene) {
	c := s.container("greedy", Program{OutOfMemory: true})
	c.Resources.MemoryLimit = 16 << 20
	if _, err := s.Runtime.Start(s.ctx, c); err != nil {
		s.Fatal(err)
	}
	event := s.awaitStatus("greedy", runtime.StatusExited)
	if !event.OOMKilled || event.ExitCode != 137 {
		s.Errorf("%+v", event)
	}
}

func watchListsFirst(s *scene) {
	s.mustStart("runs", Program{})
	s.mustStart("ended", Program{Runs: time.Millisecond, ExitCode: 4})
	s.awaitStatus("ended", runtime.StatusExited)
	got := make(map[string]runtime.Event)
	for _, event := range s.listing(s.Runtime) {
		got[event.ID] = event
	}
	if len(got) != 2 || got["runs"].Status != runtime.StatusRunning || got["runs"].PID == 0 {
		s.Errorf("listed: %+v", got)
	}
	if e := got["ended"]; e.Status != runtime.StatusExited || e.ExitCode != 4 || e.Labels["com.example.of"] != "ended" {
		s.Errorf("listed: %+v", e)
	}
}

func anotherClientAdopts(s *scene) {
	started := s.mustStart("survivor", Program{OnTERM: 5})
	s.awaitStatus("survivor", runtime.StatusRunning)
	s.awaitReady("survivor")
	next := s.Reopen(s.T)
	list := s.listing(next)
	if len(list) != 1 || list[0].PID != started.PID || list[0].Labels["com.example.of"] != "survivor" || list[0].TaskID != "task-survivor" {
		s.Fatalf("listed: %+v", list)
	}
	s.events = s.watch(next)
	if err := next.Signal(s.ctx, "survivor", syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	if event := s.awaitStatus("survivor", runtime.StatusExited); event.ExitCode != 5 {
		s.Errorf("%+v", event)
	}
	if err := next.Remove(s.ctx, "survivor"); err != nil {
		s.Error(err)
	}
}

func exec(s *scene) {
	s.mustStart("probed", Program{})
	result, err := s.Runtime.Exec(s.ctx, "probed", s.Probe("well", 0), false, 10*time.Second)
	if err != nil || result.ExitCode != 0 || strings.TrimSpace(string(result.Output)) != "well" {
		s.Errorf("%+v, %v", result, err)
	}
	result, err = s.Runtime.Exec(s.ctx, "probed", s.Probe("ill", 9), false, 10*time.Second)
	if err != nil || result.ExitCode != 9 || strings.TrimSpace(string(result.Output)) != "ill" {
		s.Errorf("%+v, %v", result, err)
	}
	_, err = s.Runtime.Exec(s.ctx, "nobody", s.Probe("", 0), false, 10*time.Second)
	s.wantKind(err, runtime.KindNotFound)
	_, err = s.Runtime.Exec(s.ctx, "probed", nil, false, 10*time.Second)
	s.wantKind(err, runtime.KindInvalid)
}

func execTakesTooLong(s *scene) {
	s.mustStart("slow", Program{})
	_, err := s.Runtime.Exec(s.ctx, "slow", s.SlowProbe, false, 100*time.Millisecond)
	s.wantKind(err, runtime.KindTimedOut)
}

func stats(s *scene) {
	s.mustStart("measured", Program{})
	read, err := s.Runtime.Stats(s.ctx, "measured")
	if err != nil || read.ReadAt.IsZero() || read.Pids < 1 || read.MemoryUsage < 1 || read.OnlineCPUs < 1 {
		s.Errorf("%+v, %v", read, err)
	}
	if err := s.Runtime.Signal(s.ctx, "measured", syscall.SIGKILL); err != nil {
		s.Fatal(err)
	}
	s.awaitStatus("measured", runtime.StatusExited)
	_, err = s.Runtime.Stats(s.ctx, "measured")
	s.wantKind(err, runtime.KindNotFound)
	_, err = s.Runtime.Stats(s.ctx, "nobody")
	s.wantKind(err, runtime.KindNotFound)
}

func cancelledStart(s *scene) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	if _, err := s.Runtime.Start(ctx, s.container("abandoned", Program{})); err == nil {
		s.Error("a start whose context had ended succeeded")
	}
	s.wantNone("abandoned")
}
