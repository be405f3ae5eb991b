package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// The VOLUMEs of an image are the task's: they last over restarts of their
// container and of the agent, others can take them, and they end with the task.
func TestImageVolumes(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.again = true
		given := map[string][]runtime.Mount{}
		h.behave = func(c runtime.Container) fake.Behaviour { given[c.Name] = c.Mounts; return fake.Behaviour{} }
		h.pull = func(r runtime.PullRequest) fake.Pulled {
			pulled := fake.PullAny(r)
			if r.Image == "db:1" {
				pulled.Image.Config.Volumes = []string{"/cache/", "/own", "/tmpfs", "/var/lib/db"}
			}
			return pulled
		}
		h.begin()
		db := task("t1", essential("db", func(c *acs.Container) {
			c.MountPoints = []acs.MountPoint{{SourceVolume: "mine", ContainerPath: "/own/"}}
			c.RestartPolicy = &acs.RestartPolicy{Enabled: true, AttemptPeriod: 60}
			c.DockerConfig = &acs.DockerConfig{HostConfig: `{"Tmpfs": {"/tmpfs": "size=1m"}}`}
		}), sidecar("backup", func(c *acs.Container) {
			c.VolumesFrom = []acs.VolumeFrom{{SourceContainer: "db", ReadOnly: true}}
		}))
		db.Volumes = []acs.Volume{{Name: "mine", Host: &acs.HostVolume{}}}
		h.plane.run(db)
		h.untilStatus(db.ARN, "RUNNING")
		first := given["db"]
		at := func(mounts []runtime.Mount, destination string) (found runtime.Mount) {
			for _, m := range mounts {
				if filepath.Clean(m.Destination) == destination {
					found = m
				}
			}
			return found
		}
		if len(first) != 3 || !at(first, "/cache").Fill || !at(first, "/var/lib/db").Fill || !strings.HasPrefix(at(first, "/cache").Source, filepath.Join(h.dir, "volumes", "t1")) {
			t.Fatalf("mounts: %+v", first)
		}
		for _, m := range first {
			if taken := at(given["backup"], filepath.Clean(m.Destination)); taken.Source != m.Source || taken.Fill || !taken.ReadOnly {
				t.Errorf("%s is taken as %+v", m.Destination, taken)
			}
		}
		h.kill()
		h.begin()
		pass(time.Hour) // a container is restarted only when it has run for a while
		delete(given, "db")
		h.runtime.Script(func(m *fake.Machine, now time.Time) { _ = m.OOM(now, "t1-0") })
		h.until("the restart", time.Minute, func() bool { return given["db"] != nil })
		if !slices.Equal(given["db"], first) {
			t.Errorf("after restarts: %+v, before %+v", given["db"], first)
		}
		h.plane.stop(db.ARN)
		h.untilStatus(db.ARN, "STOPPED")
		h.nothingLeft()
		if left, err := os.ReadDir(filepath.Join(h.dir, "volumes")); err == nil && len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}
