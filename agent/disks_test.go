package agent

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
)

// disks notes what is asked of it.
type disks struct {
	sizes map[string]int64 // by directory
	err   error
}

func (d *disks) Scratch(directory string, size int64) error {
	if d.err != nil {
		return d.err
	}
	d.sizes[directory] = size
	return os.MkdirAll(directory, 0o755)
}

func (d *disks) Usage(directory string) (used, size int64, err error) {
	return 3 << 20, d.sizes[directory], nil
}

// A task with ephemeral storage has its disk before its containers start, they
// write there, and it goes with them; without a disk the task does not start.
func TestEphemeralStorage(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		scratch := map[string]string{}
		h.behave = func(c runtime.Container) fake.Behaviour {
			scratch[c.ID] = c.Scratch
			return fake.Behaviour{}
		}
		made := &disks{sizes: map[string]int64{}}
		h.disks = made
		h.begin()
		web := task("t1", essential("web"))
		web.EphemeralStorage = 30
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		dir := filepath.Join(h.life.agent.node.options.Dir, "volumes", "t1")
		if made.sizes[dir] != 30<<30 || scratch["t1-0"] != filepath.Join(dir, ".containers") {
			t.Errorf("%v, %v", made.sizes, scratch)
		}
		if got := h.life.agent.node.storageOf(web); got == nil || *got != (storageMetadata{Utilized: 3, Reserved: 30720}) {
			t.Errorf("metadata: %+v", got)
		}
		plain := task("t2", essential("web"))
		h.plane.run(plain)
		h.untilStatus(plain.ARN, "RUNNING")
		if scratch["t2-0"] != "" || len(made.sizes) != 1 {
			t.Errorf("%v, %v", made.sizes, scratch)
		}
		made.err = errors.New("no loop device was free")
		late := task("t3", essential("web"))
		late.EphemeralStorage = 20
		h.plane.run(late)
		h.untilStatus(late.ARN, "STOPPED")
		const want = "ResourceInitializationError: failed to prepare ephemeral storage: no loop device was free"
		if got := h.plane.report(late.ARN).Reason; got == nil || !strings.Contains(*got, want) {
			t.Errorf("reason: %v", got)
		}
		h.plane.stop(web.ARN, plain.ARN)
		h.nothingLeft()
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("the task's disk is still there: %v", err)
		}
	})
}

// A node that makes no disks runs tasks that ask for nothing in particular.
func TestNoDisks(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		plain, large := task("t1", essential("web")), task("t2", essential("web"))
		plain.EphemeralStorage, large.EphemeralStorage = 20, 21
		h.plane.run(plain)
		h.plane.run(large)
		h.untilStatus(plain.ARN, "RUNNING")
		h.untilStatus(large.ARN, "STOPPED")
		const want = "ephemeral storage of 21 GiB is not supported by this container instance"
		if got := h.plane.report(large.ARN).Reason; got == nil || !strings.Contains(*got, want) {
			t.Errorf("reason: %v", got)
		}
		h.plane.stop(plain.ARN)
		h.nothingLeft()
	})
}
