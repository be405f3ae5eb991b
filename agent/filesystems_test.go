package agent

import (
	"context"
	"errors"
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

// shares notes what is mounted where.
type shares struct {
	mounted map[string]string
	err     error
	// away is closed when the server answers again; nil: it does.
	away      chan struct{}
	abandoned []string // tasks, and whether anyway
}

func (s *shares) Abandon(_ context.Context, server, directory string, anyway bool) error {
	s.abandoned = append(s.abandoned, fmt.Sprint(filepath.Base(filepath.Dir(directory)), " ", server, " ", anyway))
	return nil
}

func (s *shares) Look(ctx context.Context, _ string) error {
	if s.away == nil {
		return nil
	}
	select {
	case <-s.away:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *shares) NFS(_ context.Context, server, directory, target string) error {
	if s.err != nil {
		return s.err
	}
	s.mounted[target] = server + " " + directory
	return os.MkdirAll(target, 0o755)
}

// A file system of EFS is mounted for each task that has it, from where the
// instance knows it to be; else the task does not start, and says why as AWS.
func TestFileSystems(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		sources := map[string]string{}
		h.behave = func(c runtime.Container) fake.Behaviour {
			for _, m := range c.Mounts {
				sources[c.ID] = m.Source
			}
			return fake.Behaviour{}
		}
		s := &shares{mounted: map[string]string{}}
		h.shares, h.options.Node.FileSystems = s, map[string]string{"fs-12345678": "nas:/export"}
		h.begin()
		with := func(id string, e acs.EFSVolume) acs.Task {
			web := task(id, essential("web"))
			web.Volumes = []acs.Volume{{Name: "v", Type: "efs", EFS: &e}}
			web.Containers[0].MountPoints = []acs.MountPoint{{SourceVolume: "v", ContainerPath: "/v"}}
			h.plane.run(web)
			return web
		}
		one, two := with("t1", acs.EFSVolume{FileSystemID: "fs-12345678", RootDirectory: "/a"}),
			with("t2", acs.EFSVolume{FileSystemID: "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/fs-12345678", TransitEncryption: "DISABLED"})
		for id, web := range map[string]acs.Task{"t1": one, "t2": two} {
			h.untilStatus(web.ARN, "RUNNING")
			if dir := filepath.Join(h.life.agent.node.options.Dir, "volumes", id, "v"); s.mounted[dir] == "" || sources[id+"-0"] != dir {
				t.Errorf("%v, %v", s.mounted, sources)
			}
		}
		if got := s.mounted[filepath.Join(h.life.agent.node.options.Dir, "volumes", "t1", "v")]; got != "nas:/export /a" {
			t.Errorf("mounted %s", got)
		}
		const before, after = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: ", " : unsuccessful EFS utils command execution; code: "
		s.err = errors.New("mount.nfs4: Connection timed out")
		for id, c := range map[string]struct {
			volume acs.EFSVolume
			says   string
		}{
			"t3": {acs.EFSVolume{FileSystemID: "fs-12345678"}, before + "mount.nfs4: Connection timed out" + after + "32"},
			"t4": {acs.EFSVolume{FileSystemID: "fs-87654321"}, before + `Failed to resolve "fs-87654321" - check that your file system ID is correct, and that the container instance knows it` + after + "1"},
			"t5": {acs.EFSVolume{FileSystemID: "fs-12345678", TransitEncryption: "ENABLED"}, "CannotCreateContainerError: volume v: transit encryption and authorization of EFS are not supported by this container instance"},
		} {
			web := with(id, c.volume)
			h.untilStatus(web.ARN, "STOPPED")
			if got := h.plane.report(web.ARN).Reason; got == nil || *got != c.says {
				t.Errorf("%s: %v", id, got)
			}
		}
		h.plane.stop(one.ARN, two.ARN)
		h.nothingLeft()
	})
}

// A container that mounts a file system whose server does not answer waits for
// it, and fails as one that does not start where it never does; others of the
// task do not wait.
func TestFileSystemsAway(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		s := &shares{mounted: map[string]string{}, away: make(chan struct{})}
		h.shares, h.options.Node.FileSystems = s, map[string]string{"fs-12345678": "nas:/export"}
		h.begin()
		with := func(id string) acs.Task {
			web := task(id, essential("web"))
			web.Volumes = []acs.Volume{{Name: "v", Type: "efs", EFS: &acs.EFSVolume{FileSystemID: "fs-12345678", RootDirectory: "/"}}}
			web.Containers[0].MountPoints = []acs.MountPoint{{SourceVolume: "v", ContainerPath: "/v"}}
			h.plane.run(web)
			return web
		}
		never := with("t1")
		h.until("STOPPED", 5*time.Minute, func() bool { return h.plane.last(never.ARN) == "STOPPED" })
		if got := h.plane.report(never.ARN).Reason; got == nil || *got != "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s" {
			t.Errorf("%v", got)
		}
		late, beside := with("t2"), task("t3", essential("web"))
		h.plane.run(beside)
		h.untilStatus(beside.ARN, "RUNNING")
		if got := h.plane.last(late.ARN); got == "RUNNING" {
			t.Error("it runs without its files")
		}
		close(s.away)
		h.untilStatus(late.ARN, "RUNNING")
		h.plane.stop(late.ARN, beside.ARN)
		h.nothingLeft()
	})
}

// The file system of a container that was killed and does not end is given up:
// first if its server is away, at last anyway.
func TestFileSystemsAbandoned(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.behave = func(runtime.Container) fake.Behaviour { return fake.Behaviour{StopTakes: -1, Kills: killsAtMost} }
		s := &shares{mounted: map[string]string{}}
		h.shares, h.options.Node.FileSystems = s, map[string]string{"fs-12345678": "nas:/export"}
		h.begin()
		web := task("t1", essential("web"))
		web.Volumes = []acs.Volume{{Name: "v", Type: "efs", EFS: &acs.EFSVolume{FileSystemID: "fs-12345678", RootDirectory: "/"}}, {Name: "host"}}
		web.Containers[0].MountPoints = []acs.MountPoint{{SourceVolume: "v", ContainerPath: "/v"}}
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		h.plane.stop(web.ARN)
		h.until("STOPPED", 10*time.Minute, func() bool { return h.plane.last(web.ARN) == "STOPPED" })
		if want := []string{"t1 nas:/export false", "t1 nas:/export false", "t1 nas:/export false", "t1 nas:/export true"}; !slices.Equal(s.abandoned, want) {
			t.Errorf("%q", s.abandoned)
		}
		h.nothingLeft()
	})
}
