package agent

import (
	"slices"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// mountedNames notes which directories something is mounted on.
type mountedNames map[string]string

func (m mountedNames) Mount(kind, source, target, options string) error {
	m[target] = kind + " " + source + " " + options
	return nil
}

func (m mountedNames) UnmountBelow(string) error { return nil }

func withNFS(id, name string, v acs.DockerVolume) acs.Task {
	web := task(id, essential("web"))
	web.Volumes = []acs.Volume{{Name: name, Type: "docker", Docker: &v}}
	web.Containers[0].MountPoints = []acs.MountPoint{{SourceVolume: name, ContainerPath: "/v"}}
	return web
}

// Volumes of Docker's local driver whose server is away are waited for and given up as those of EFS are, but a shared one
// that another task has, and one whose server cannot be asked only in the end.
func TestDockerVolumesOfServersAbandoned(t *testing.T) {
	nfs := func(scope, more string) acs.DockerVolume {
		return acs.DockerVolume{Scope: scope, Autoprovision: scope == scopeShared, Driver: "local", DriverOpts: map[string]string{"type": "nfs", "device": ":/export", "o": "addr=nas,rw" + more}}
	}
	for name, c := range map[string]struct {
		volume acs.DockerVolume
		beside bool // another task has it
		want   []string
	}{
		"of the task":           {nfs("task", ""), false, []string{"v nas:/export false", "v nas:/export false", "v nas:/export false", "v nas:/export true"}},
		"shared, and alone":     {nfs(scopeShared, ""), false, []string{"v nas:/export false", "v nas:/export false", "v nas:/export false", "v nas:/export true"}},
		"shared with another":   {nfs(scopeShared, ""), true, nil},
		"on a port of its own":  {nfs("task", ",port=2050"), false, []string{"v nas:/export true"}},
		"of another kind":       {acs.DockerVolume{Scope: "task", DriverOpts: map[string]string{"type": "tmpfs", "device": "tmpfs"}}, false, nil},
		"a directory and named": {acs.DockerVolume{Scope: "task"}, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				h.behave = func(c runtime.Container) fake.Behaviour {
					if c.TaskID == "t2" {
						return fake.Behaviour{}
					}
					return fake.Behaviour{StopTakes: -1, Kills: killsAtMost}
				}
				s := &shares{mounted: map[string]string{}}
				h.shares, h.mounts = s, mountedNames{}
				h.begin()
				web, other := withNFS("t1", "v", c.volume), withNFS("t2", "v", acs.DockerVolume{Scope: scopeShared})
				h.plane.run(web)
				h.untilStatus(web.ARN, "RUNNING")
				if c.beside {
					h.plane.run(other)
					h.untilStatus(other.ARN, "RUNNING")
				}
				h.plane.stop(web.ARN)
				h.until("STOPPED", 10*time.Minute, func() bool { return h.plane.last(web.ARN) == "STOPPED" })
				if !slices.Equal(s.abandoned, c.want) {
					t.Errorf("%q, want %q", s.abandoned, c.want)
				}
				if c.beside {
					h.plane.stop(other.ARN)
				}
				h.nothingLeft()
			})
		})
	}
}

// A container that mounts such a volume waits for its server before it starts.
func TestDockerVolumesOfServersAway(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		s := &shares{mounted: map[string]string{}, away: make(chan struct{})}
		h.shares, h.mounts = s, mountedNames{}
		h.begin()
		options := map[string]string{"type": "nfs4", "device": "nas:/export"}
		never := withNFS("t1", "v", acs.DockerVolume{Scope: "task", DriverOpts: options})
		h.plane.run(never)
		h.until("STOPPED", 5*time.Minute, func() bool { return h.plane.last(never.ARN) == "STOPPED" })
		if got := h.plane.report(never.ARN).Reason; got == nil || *got != "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s" {
			t.Errorf("%v", got)
		}
		late := withNFS("t2", "v", acs.DockerVolume{Scope: "task", DriverOpts: options})
		h.plane.run(late)
		close(s.away)
		h.untilStatus(late.ARN, "RUNNING")
		h.plane.stop(late.ARN)
		h.nothingLeft()
	})
}

func TestNFSVolume(t *testing.T) {
	for _, c := range []struct {
		kind, device, options, server string
		elsewhere                     bool
	}{
		{"nfs", ":/a/b", "addr=10.0.0.1,rw", "10.0.0.1:/a/b", false},
		{"nfs4", "nas:/a", "", "nas:/a", false},
		{"nfs", "nas:/a", "addr=other,port=2049", "other:/a", false},
		{"nfs", "nas:/a", "port=111", "nas:/a", true},
		{"nfs", "nas:/a", "proto=udp", "nas:/a", true},
		{"nfs", "/a", "", "", false},
		{"tmpfs", "nas:/a", "", "", false},
	} {
		r, ok := nfsVolume(map[string]string{"type": c.kind, "device": c.device, "o": c.options})
		if c.server == "" {
			if ok && c.kind == "tmpfs" {
				t.Errorf("%+v: %+v", c, r)
			}
			continue
		}
		if !ok || r.server != c.server || r.elsewhere != c.elsewhere {
			t.Errorf("%+v: %+v, %v", c, r, ok)
		}
	}
}
