package agent

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/agent/volume"
	"github.com/roadstead/roadstead/dispatch/acs"
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

// volumes notes which are attached where.
type volumes struct {
	attached map[string]volume.Volume // by directory
	released []string
	unsaved  []string // tasks of which there was no record when they got theirs
	err      error
}

func (v *volumes) Attach(of volume.Volume, directory string) error {
	if v.err != nil {
		return v.err
	}
	if _, err := os.Stat(filepath.Join(directory, "..", "..", "..", "tasks", of.Task+".json")); err != nil {
		v.unsaved = append(v.unsaved, of.Task)
	}
	v.attached[directory] = of
	return os.MkdirAll(directory, 0o755)
}

func (v *volumes) Release(task string) error { v.released = append(v.released, task); return nil }
func (v *volumes) Tasks() ([]string, error)  { return []string{"stray"}, nil }

// A volume is attached before the containers start that mount it, told with
// RUNNING, and released with the task; what nobody knows any more is released
// by the next life.
func TestAttachedVolumes(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		mounted := map[string]string{}
		h.behave = func(c runtime.Container) fake.Behaviour {
			for _, m := range c.Mounts {
				mounted[c.ID] = m.Source
			}
			return fake.Behaviour{}
		}
		v := &volumes{attached: map[string]volume.Volume{}}
		h.volumes = v
		h.begin()
		with := func(id, size string) acs.Task {
			db := task(id, essential("db"))
			db.Volumes = []acs.Volume{{Name: "v", Type: acs.VolumeAttached}}
			db.Containers[0].MountPoints = []acs.MountPoint{{SourceVolume: "v", ContainerPath: "/v"}}
			db.Attachments = []acs.Attachment{{ARN: "arn:attachment", Type: acs.AttachmentVolume, Properties: []acs.Property{
				{Name: acs.PropertyVolumeID, Value: "vol-1"}, {Name: acs.PropertyVolumeName, Value: "v"}, {Name: acs.PropertyVolumeSize, Value: size},
				{Name: acs.PropertyFileSystem, Value: "xfs"}, {Name: acs.PropertyDeleteOnTermination, Value: "false"}}}}
			h.plane.run(db)
			return db
		}
		db := with("t1", "3")
		h.untilStatus(db.ARN, "RUNNING")
		dir := filepath.Join(h.life.agent.node.options.Dir, "volumes", "t1", "v")
		if want := (volume.Volume{ID: "vol-1", Name: "v", Task: "t1", FileSystem: "xfs", Size: 3 << 30}); v.attached[dir] != want || mounted["t1-0"] != dir {
			t.Errorf("%+v, %v", v.attached, mounted)
		}
		if r := h.plane.report(db.ARN); len(r.Attachments) != 1 || *r.Attachments[0].AttachmentArn != "arn:attachment" {
			t.Errorf("%+v", r.Attachments)
		}
		if len(v.unsaved) > 0 { // they would be taken for left behind if the agent ended now
			t.Errorf("volumes of tasks that are not saved: %v", v.unsaved)
		}
		if !slices.Equal(v.released, []string{"stray"}) {
			t.Errorf("released: %v", v.released)
		}
		v.err = errors.New("disk full")
		const words = "ResourceInitializationError: failed to attach EBS volume: "
		for id, c := range map[string]struct{ size, says string }{"t2": {"1", words + "disk full"}, "t3": {"x", words + `volume vol-1: "x" is not a size in GiB`}} {
			failing := with(id, c.size)
			h.untilStatus(failing.ARN, "STOPPED")
			if got := h.plane.report(failing.ARN).Reason; got == nil || *got != c.says {
				t.Errorf("%s: %v", id, *got)
			}
		}
		h.plane.stop(db.ARN)
		h.nothingLeft()
		if !slices.Contains(v.released, "t1") {
			t.Errorf("released: %v", v.released)
		}
	})
}
