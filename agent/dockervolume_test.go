package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// A volume of the task's goes with the task; a shared one is what every task
// finds that names it, and must be what its definition says.
func TestDockerVolumes(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		mounts := map[string]string{} // container and destination: source
		h.behave = func(c runtime.Container) fake.Behaviour {
			for _, m := range c.Mounts {
				mounts[c.ID+m.Destination] = m.Source
			}
			return fake.Behaviour{}
		}
		h.begin()
		with := func(id string, v acs.DockerVolume) acs.Task {
			web := task(id, essential("web"), sidecar("side"))
			web.Volumes = []acs.Volume{{Name: "v", Type: "docker", Docker: &v}}
			for i := range web.Containers {
				web.Containers[i].MountPoints = []acs.MountPoint{{SourceVolume: "v", ContainerPath: "/v"}}
			}
			h.plane.run(web)
			return web
		}
		labels := map[string]string{"k": "v"}
		own := with("t1", acs.DockerVolume{Scope: "task", Driver: "local", Labels: labels})
		one := with("t2", acs.DockerVolume{Scope: "shared", Autoprovision: true, Labels: labels})
		two := with("t3", acs.DockerVolume{Scope: "shared", Autoprovision: true, Labels: labels})
		for _, web := range []acs.Task{own, one, two} {
			h.untilStatus(web.ARN, "RUNNING")
		}
		plain := with("t4", acs.DockerVolume{Scope: "shared"}) // it finds what the others have made
		h.untilStatus(plain.ARN, "RUNNING")
		if mounts["t1-0/v"] != mounts["t1-1/v"] || mounts["t2-0/v"] != mounts["t3-1/v"] || mounts["t2-0/v"] != mounts["t4-0/v"] || mounts["t1-0/v"] == mounts["t2-0/v"] {
			t.Errorf("mounts: %v", mounts)
		}
		for _, source := range mounts {
			text, err := os.ReadFile(filepath.Join(filepath.Dir(source), "volume.json"))
			if err != nil || string(text) != `{"labels":{"k":"v"}}` {
				t.Errorf("%s: %s, %v", source, text, err)
			}
		}
		for id, c := range map[string]struct {
			v    acs.DockerVolume
			says string
		}{
			"t5": {acs.DockerVolume{Scope: "shared", Autoprovision: true}, "other labels"},
			"t6": {acs.DockerVolume{Scope: "task", Driver: "rexray"}, `volume driver "rexray" is not supported`},
			"t7": {acs.DockerVolume{Scope: "task", Driver: "local", DriverOpts: map[string]string{"type": "tmpfs"}}, "driverOpts are not supported"},
		} {
			web := with(id, c.v)
			h.untilStatus(web.ARN, "STOPPED")
			report := h.plane.report(web.ARN)
			said := *report.Containers[0].ContainerName
			for _, r := range report.Containers {
				if r.Reason != nil {
					said += *r.Reason
				}
			}
			if report.Reason != nil {
				said += *report.Reason
			}
			if !strings.Contains(said, c.says) {
				t.Errorf("%s: %s", id, said)
			}
		}
		h.plane.stop(own.ARN, one.ARN, two.ARN, plain.ARN)
		h.nothingLeft()
		if _, err := os.Stat(mounts["t1-0/v"]); !os.IsNotExist(err) {
			t.Errorf("the task's volume is still there: %v", err)
		}
		if _, err := os.Stat(mounts["t2-0/v"]); err != nil {
			t.Errorf("the shared volume: %v", err)
		}
	})
}
