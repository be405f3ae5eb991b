package agent

import (
	"slices"
	"testing"
	"time"
)

func TestLifeOfATask(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web := task("t1", essential("web", port(80, 0)), sidecar("log", after("web", "START")))
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		if got := h.running(); !slices.Equal(got, []string{"t1-0", "t1-1"}) {
			t.Fatalf("running: %v", got)
		}
		r := h.plane.report(web.ARN)
		if b := r.Containers[0].NetworkBindings; len(b) != 1 || *b[0].ContainerPort != 80 || *b[0].HostPort < 32768 || *b[0].BindIP != "0.0.0.0" {
			t.Errorf("bindings: %+v", b)
		}
		if *r.Containers[0].RuntimeId == "" || *r.Containers[0].ImageDigest == "" || r.PullStartedAt == nil || r.PullStoppedAt == nil {
			t.Errorf("report is incomplete: %+v", r)
		}
		h.plane.stop(web.ARN)
		h.untilStatus(web.ARN, "STOPPED")
		r = h.plane.report(web.ARN)
		if r.Reason != nil || *r.Containers[0].ExitCode != 143 || r.ExecutionStoppedAt == nil {
			t.Errorf("report of the end: reason %v, containers %+v", r.Reason, r.Containers)
		}
		h.nothingLeft()
		pass(time.Hour)
		if got := h.plane.told(web.ARN); !slices.Equal(got, []string{"RUNNING", "RUNNING", "STOPPED"}) {
			t.Errorf("reports: %v", got)
		}
	})
}
