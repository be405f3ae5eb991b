package agent

import (
	"slices"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// A container whose policy says so is started again, with all that it was given
// the first time, also when it ended while the agent was away. The control
// plane hears of nothing until it ends for good.
func TestRestartPolicy(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.again = true
		h.vault = &vault{values: map[string]string{"/a": "canary"}}
		lasts, runs := []time.Duration{2 * time.Minute, 2 * time.Minute, 2 * time.Minute, time.Second}, [][]string{}
		h.behave = func(c runtime.Container) fake.Behaviour {
			runs = append(runs, append([]string{c.Image}, c.Env...))
			return fake.Behaviour{StartTakes: time.Millisecond, Runs: lasts[len(runs)-1], ExitCode: 1}
		}
		h.begin()
		web := withSecrets("t1", secretFor("A", "/a"))
		web.Containers[0].RestartPolicy = &acs.RestartPolicy{Enabled: true, AttemptPeriod: 60, IgnoredExitCodes: []int32{3}}
		h.plane.run(web)
		h.plane.roles[web.ARN] = web.ExecutionRoleCredentials // sent again after the agent's restart
		h.untilStatus(web.ARN, "RUNNING")
		pass(3 * time.Minute)
		if len(runs) != 2 || len(h.running()) != 1 {
			t.Fatalf("%d runs", len(runs))
		}
		h.kill()
		pass(3 * time.Minute) // it ends meanwhile
		if len(h.running()) != 0 {
			t.Fatal("it still runs")
		}
		h.begin()
		h.until("third run", time.Minute, func() bool { return len(runs) == 3 })
		if told := h.plane.told(web.ARN); slices.Contains(told, "STOPPED") {
			t.Errorf("told %v", told)
		}
		h.until("the end", 5*time.Minute, func() bool { return h.plane.last(web.ARN) == "STOPPED" })
		for _, r := range runs {
			if !slices.Equal(r, runs[0]) || !slices.Contains(r, "A=canary") {
				t.Errorf("run with %v, the first with %v", r, runs[0])
			}
		}
		if code := h.plane.report(web.ARN).Containers[0].ExitCode; len(runs) != 4 || code == nil || *code != 1 {
			t.Errorf("%d runs, exit code %v", len(runs), code)
		}
		noCanary(t, h)
		h.nothingLeft()
	})
}

// The end of an earlier run that is told of again does not end the new one.
func TestAnOldEndIsNotANewOne(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.again = true
		runs := 0
		h.behave = func(runtime.Container) fake.Behaviour {
			if runs++; runs == 1 {
				return fake.Behaviour{Runs: 2 * time.Minute}
			}
			return fake.Behaviour{StartTakes: 10 * time.Second}
		}
		h.begin()
		web := task("t1", essential("web"))
		web.Containers[0].RestartPolicy = &acs.RestartPolicy{Enabled: true, AttemptPeriod: 60}
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		var old runtime.Event
		h.until("it ends", 3*time.Minute, func() bool {
			for _, e := range h.containers() {
				if e.Status == runtime.StatusRunning {
					old = e
				}
			}
			return len(h.running()) == 0
		})
		old.Status, old.ExitCode = runtime.StatusExited, 1
		h.inject(old)
		h.until("second run", time.Minute, func() bool { return len(h.running()) == 1 })
		h.inject(old)
		pass(time.Minute)
		if h.plane.last(web.ARN) != "RUNNING" || runs != 2 {
			t.Errorf("%s after %d runs", h.plane.last(web.ARN), runs)
		}
		h.plane.stop(web.ARN)
		h.nothingLeft()
	})
}
