package agent

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// The runtime lists its containers anew: what it does not show any more is
// gone, and an old event about a name that is used again is not believed.
func TestListingAnew(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web, other := task("t1", essential("web")), task("t2", essential("web"))
		h.plane.run(web)
		h.plane.run(other)
		h.untilStatus(web.ARN, "RUNNING")
		h.untilStatus(other.ARN, "RUNNING")
		labels := h.containers()["t2-0"].Labels
		h.inject(runtime.Event{Status: runtime.StatusRemoved, ID: "t2-0", Labels: labels})
		synctest.Wait()
		h.mu.Lock()
		h.deaf = true
		h.mu.Unlock()
		if err := h.runtime.Remove(t.Context(), "t1-0"); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if h.plane.last(web.ARN) != "RUNNING" {
			t.Fatal("the agent was told")
		}
		h.inject(runtime.Event{Status: runtime.StatusRunning, ID: "t2-0", Labels: labels})
		h.inject(runtime.Event{Status: runtime.StatusListed})
		h.untilStatus(web.ARN, "STOPPED")
		if c := h.plane.report(web.ARN).Containers[0]; c.ExitCode != nil || !strings.HasPrefix(*c.Reason, "ContainerVanishedError") {
			t.Errorf("container: %+v", c)
		}
		if h.plane.last(other.ARN) != "RUNNING" {
			t.Error("the one that is there was ended")
		}
	})
}
