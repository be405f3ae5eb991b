package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// story is a task whose containers use everything: one ends by itself, one
// waits for that, one for the next, one cannot be pulled.
func story(h *host) acs.Task {
	h.behave = func(c runtime.Container) fake.Behaviour {
		b := fake.Behaviour{StartTakes: 10 * time.Millisecond, StopTakes: 50 * time.Millisecond}
		if c.Name == "init" {
			b.Runs = 100 * time.Millisecond
		}
		return b
	}
	h.pull = func(r runtime.PullRequest) fake.Pulled {
		pulled := fake.PullAny(r)
		pulled.Takes = 20 * time.Millisecond
		if r.Image == "absent:1" {
			pulled.Err = &runtime.Error{Kind: runtime.KindImageNotFound, Op: "pull", Subject: r.Image, Err: fmt.Errorf("no such tag")}
		}
		return pulled
	}
	web := task("t1", sidecar("init"), essential("web", after("init", "SUCCESS"), port(80, 0)), sidecar("side", after("web", "START")), sidecar("absent"))
	web.Volumes = []acs.Volume{{Name: "data"}}
	web.Containers[1].MountPoints = []acs.MountPoint{{SourceVolume: "data", ContainerPath: "/data"}}
	return web
}

// TestKilledAtEveryMoment kills the agent before and after every single
// operation of a task's life, and starts it again.
func TestKilledAtEveryMoment(t *testing.T) {
	t.Run("bridge", func(t *testing.T) { killAtEveryMoment(t, func(web acs.Task) acs.Task { return web }) })
	t.Run("awsvpc", func(t *testing.T) { killAtEveryMoment(t, func(web acs.Task) acs.Task { return awsvpc(web, 5) }) })
}

func killAtEveryMoment(t *testing.T, change func(acs.Task) acs.Task) {
	moments := 1 // of a life that is not killed; found out on the way
	for at := 0; at <= moments; at++ {
		if testing.Short() && at%7 != 0 {
			continue
		}
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				web := change(story(h))
				h.killAt = at
				h.begin()
				h.plane.run(web)
				h.untilLiving(web.ARN, "RUNNING")
				h.plane.stop(web.ARN)
				h.untilLiving(web.ARN, "STOPPED")
				for range 100 { // what is still to be removed
					h.revive()
					pass(100 * time.Millisecond)
				}
				h.nothingLeft()
				h.mu.Lock()
				defer h.mu.Unlock()
				if at == 0 {
					moments = h.moments
				}
				if h.starts["t1-0"] != 1 || h.starts["t1-1"] != 1 {
					t.Errorf("starts: %v", h.starts)
				}
				told := h.plane.told(web.ARN)
				if slices.Index(told, "RUNNING") > slices.Index(told, "STOPPED") || !slices.Contains(told, "RUNNING") {
					t.Errorf("reports: %v", told)
				}
			})
		})
	}
	if moments < 40 {
		t.Errorf("only %d moments", moments)
	}
}

// revive starts the agent again if it was killed.
func (h *host) revive() {
	if h.life.ctx.Err() != nil {
		h.kill()
		h.begin()
	}
}

func (h *host) untilLiving(arn, status string) {
	h.t.Helper()
	h.until(arn+" "+status, time.Minute, func() bool { h.revive(); return h.plane.last(arn) == status })
}

func TestWhatRunsIsAdopted(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web := task("t1", essential("web", port(80, 0)))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		before := *h.plane.report(web.ARN).Containers[0].NetworkBindings[0].HostPort
		for range 3 {
			h.kill()
			pass(time.Second)
			h.begin()
			pass(time.Second)
		}
		if got := h.running(); !slices.Equal(got, []string{"t1-0"}) {
			t.Fatalf("running: %v", got)
		}
		r := h.plane.report(web.ARN)
		if *r.Status != "RUNNING" || *r.Containers[0].NetworkBindings[0].HostPort != before || *r.Containers[0].ImageDigest == "" {
			t.Errorf("report after adoption: %+v", r)
		}
		if l := h.logs.open["t1-0"]; !l.Adopted {
			t.Errorf("log was opened as if new: %+v", l)
		}
		h.startedOnce()
	})
}

func TestWhatEndedMeanwhileIsReported(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		h.kill()
		h.runtime.Script(func(m *fake.Machine, now time.Time) {
			if err := m.OOM(now, "t1-0"); err != nil {
				t.Fatal(err)
			}
		})
		h.begin()
		h.untilStatus(web.ARN, "STOPPED")
		if c := h.plane.report(web.ARN).Containers[0]; *c.ExitCode != 137 || *c.Reason != "OutOfMemoryError: Container killed due to memory usage" {
			t.Errorf("container: %+v", c)
		}
		h.nothingLeft()
	})
}

// The machine restarts: nobody saw the containers end.
func TestMachineRestart(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web := task("t1", essential("web"))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		h.kill()
		h.runtime.Script(func(m *fake.Machine, now time.Time) { m.Crash(now) })
		h.begin()
		h.untilStatus(web.ARN, "STOPPED")
		if c := h.plane.report(web.ARN).Containers[0]; c.ExitCode != nil || c.Reason == nil {
			t.Errorf("container: %+v", c)
		}
		h.nothingLeft()
	})
}

// A start that the agent did not see the end of leaves a container that was
// only created. It goes before its name is used again, also when removing it
// takes a few attempts, and the stop that comes meanwhile is not forgotten.
func TestLeftoversGoFirst(t *testing.T) {
	for _, stop := range []bool{false, true} {
		t.Run(fmt.Sprint("stop ", stop), func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				takes := time.Hour
				h.behave = func(runtime.Container) fake.Behaviour { return fake.Behaviour{StartTakes: takes} }
				h.begin()
				web := task("t1", essential("web", port(80, 8080)))
				h.plane.run(web)
				h.until("created", time.Minute, func() bool { return len(h.containers()) == 1 })
				h.kill()
				failures := 2
				h.fail = func(op, id string) error {
					if op == "remove" && failures > 0 {
						failures--
						return fmt.Errorf("device or resource busy")
					}
					return nil
				}
				takes = 10 * time.Millisecond
				h.begin()
				if stop {
					h.plane.stop(web.ARN)
					h.untilStatus(web.ARN, "STOPPED")
				} else {
					h.untilStatus(web.ARN, "RUNNING")
					pass(2 * time.Minute)
					if got := h.running(); !slices.Equal(got, []string{"t1-0"}) || h.plane.last(web.ARN) != "RUNNING" {
						t.Errorf("running: %v, %s", got, h.plane.last(web.ARN))
					}
					h.plane.stop(web.ARN)
					h.untilStatus(web.ARN, "STOPPED")
				}
				h.nothingLeft()
			})
		})
	}
}

// What no record knows is removed: containers, sandboxes, and files alone.
func TestStraysAreRemoved(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web, other := task("t1", essential("web")), task("t2", essential("web"))
		h.plane.run(web)
		h.plane.run(other)
		h.untilStatus(web.ARN, "RUNNING")
		h.untilStatus(other.ARN, "RUNNING")
		h.kill()
		h.plane.forget(web.ARN)
		if err := os.Remove(filepath.Join(h.dir, "tasks", "t1.json")); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{"containers/t3/0", "volumes/t4/data", "containers/t5"} {
			if err := os.MkdirAll(filepath.Join(h.dir, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		h.begin()
		want := []string{"container t2-0", "sandbox t2-0", "log t2-0", "file tasks/t2.json", "file containers/t2"}
		h.until("only t2 is left", time.Minute, func() bool { return slices.Equal(h.left(), want) })
		if !slices.Contains(h.logs.finished, "t3-0") || !slices.Contains(h.logs.finished, "t1-0") {
			t.Errorf("logs that were finished: %v", h.logs.finished)
		}
	})
}

// A task whose record is gone altogether, with or without its containers, is
// reported STOPPED when the control plane lists it among those that run.
func TestLostRecord(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprint("running ", running), func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				h.begin()
				web, other := task("t1", essential("web")), task("t2", essential("web"))
				h.plane.run(web)
				h.plane.run(other)
				h.untilStatus(web.ARN, "RUNNING")
				h.untilStatus(other.ARN, "RUNNING")
				h.kill()
				if err := os.Remove(filepath.Join(h.dir, "tasks", "t1.json")); err != nil {
					t.Fatal(err)
				}
				if !running {
					h.runtime.Script(func(m *fake.Machine, now time.Time) {
						if err := m.Remove(now, "t1-0"); err != nil {
							t.Fatal(err)
						}
					})
				}
				h.begin()
				h.untilStatus(web.ARN, "STOPPED")
				if reason := h.plane.report(web.ARN).Reason; reason == nil || *reason != lostReason {
					t.Errorf("reason: %v", reason)
				}
				want := []string{"container t2-0", "sandbox t2-0", "log t2-0", "file tasks/t2.json", "file containers/t2"}
				h.until("only t2 is left", time.Minute, func() bool { return slices.Equal(h.left(), want) })
				h.startedOnce()
			})
		})
	}
}

// A record that cannot be read takes its own task down and no other.
func TestUnreadableRecord(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprint("running ", running), func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				h.begin()
				web, other := task("t1", essential("web"), sidecar("side")), task("t2", essential("web"))
				if !running {
					h.pull = func(r runtime.PullRequest) fake.Pulled { return fake.Pulled{Takes: time.Hour} }
				}
				h.plane.run(web)
				h.plane.run(other)
				if running {
					h.untilStatus(web.ARN, "RUNNING")
				}
				pass(time.Second) // it has both, and has said so
				h.kill()
				if !running { // without a container, only the id is left of the ARN
					h.plane.mu.Lock()
					h.plane.tasks["t1"] = h.plane.tasks[web.ARN]
					delete(h.plane.tasks, web.ARN)
					h.plane.mu.Unlock()
					web.ARN = "t1"
				}
				h.pull = nil
				if err := os.WriteFile(filepath.Join(h.dir, "tasks", "t1.json"), []byte(`{"arn": "arn:aws:`), 0o600); err != nil {
					t.Fatal(err)
				}
				h.begin()
				h.untilStatus(web.ARN, "STOPPED")
				if reason := h.plane.report(web.ARN).Reason; reason == nil || *reason != "the container instance cannot read its record of the task" {
					t.Errorf("reason: %v", reason)
				}
				pass(time.Minute)
				if got := h.running(); !slices.Equal(got, []string{"t2-0"}) {
					t.Errorf("running: %v", got)
				}
				if _, err := os.Stat(filepath.Join(h.dir, "tasks", "t1.json.unreadable")); err != nil {
					t.Error(err)
				}
				h.startedOnce()
			})
		})
	}
}

// A stop that was acknowledged is not forgotten, even when the control plane
// does not come back.
func TestAcknowledgedStopSurvives(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.pull = func(r runtime.PullRequest) fake.Pulled {
			pulled := fake.PullAny(r)
			if r.Image == "slow:1" {
				pulled.Takes = time.Hour
			}
			return pulled
		}
		h.behave = func(runtime.Container) fake.Behaviour { return fake.Behaviour{StopTakes: -1} }
		h.begin()
		web := task("t1", essential("web"), essential("slow"))
		h.plane.run(web)
		h.until("web runs", time.Minute, func() bool { return len(h.running()) == 1 })
		h.plane.stop(web.ARN)
		pass(time.Second)
		h.kill()
		h.plane.setDown(true)
		h.pull = nil
		h.begin()
		h.until("web is killed", time.Minute, func() bool { return len(h.running()) == 0 })
		if h.starts["t1-1"] != 0 {
			t.Error("a container of a stopped task was started")
		}
		h.plane.setDown(false)
		h.untilStatus(web.ARN, "STOPPED")
		h.nothingLeft()
	})
}

// A start that is still under way when the next life of the agent looks comes
// true after all. The container stays what it is, however often the agent is
// killed before anybody has heard of it.
func TestStartThatComesTrueLate(t *testing.T) {
	for _, stop := range []bool{false, true} {
		t.Run(fmt.Sprint("stop ", stop), func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				h.behave = func(runtime.Container) fake.Behaviour { return fake.Behaviour{StartTakes: 200 * time.Millisecond} }
				h.begin()
				web := task("t1", essential("web", port(80, 8080)))
				h.plane.run(web)
				h.until("created", time.Minute, func() bool { return len(h.containers()) == 1 })
				h.kill()
				h.plane.setDown(true)
				h.fail = func(op, _ string) error {
					if op == "undo" && len(h.running()) == 0 {
						return fmt.Errorf("the daemon is busy")
					}
					return nil
				}
				for range 3 {
					h.begin()
					pass(2 * time.Second)
					h.kill()
				}
				if got := h.running(); !slices.Equal(got, []string{"t1-0"}) {
					t.Fatalf("running: %v", got)
				}
				if stop {
					h.plane.stop(web.ARN)
				}
				h.plane.setDown(false)
				h.begin()
				if !stop {
					h.untilStatus(web.ARN, "RUNNING")
					pass(time.Minute)
					if c := h.plane.report(web.ARN).Containers[0]; h.plane.last(web.ARN) != "RUNNING" || len(c.NetworkBindings) != 1 {
						t.Errorf("reported %s, %+v", h.plane.last(web.ARN), c)
					}
					h.plane.stop(web.ARN)
				}
				h.untilStatus(web.ARN, "STOPPED")
				if told := h.plane.told(web.ARN); told[0] != "RUNNING" {
					t.Errorf("reports: %v", told)
				}
				h.nothingLeft()
			})
		})
	}
}
