package containerd

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Users of isolated containers are, to the machine, users of a range that belongs to their task alone and to nobody
// else: root inside is an ordinary number outside, without any right.
const (
	// usersPerTask is the size of a range: as many as programs expect to find.
	usersPerTask = 1 << 16
	// firstUsers is where the first range begins, above those that distributions give to people.
	firstUsers = 1 << 24
	// maxRanges bounds the tasks that are isolated at a time. The last range ends below 2^30.
	maxRanges = 8192
)

const labelUsers = labelPrefix + "users"

// ranges gives each task its range of users and takes it back with the task's last container. What it knows is in the
// containers' labels.
type ranges struct {
	conn containerLister

	mu     sync.Mutex
	loaded bool
	taken  map[uint32]bool
	tasks  map[string]*taskUsers
	next   uint32
}

type taskUsers struct {
	base       uint32
	containers map[string]bool
}

// newRanges begins somewhere else for each instance on a machine: they do not know each other's ranges.
func newRanges(conn containerLister, instance string) *ranges {
	place := fnv.New32a()
	_, _ = place.Write([]byte(instance)) // never fails
	return &ranges{conn: conn, taken: make(map[uint32]bool), tasks: make(map[string]*taskUsers), next: place.Sum32() % maxRanges}
}

// acquire gives the first user of the task's range and counts the container among those that use it; undo takes that
// back. Ranges are given
// out in turn, so that one rests before it is used again.
func (r *ranges) acquire(ctx context.Context, task, container string) (base uint32, undo func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.load(ctx); err != nil {
		return 0, nil, err
	}
	undo = func() { r.release(task, container) }
	if known, ok := r.tasks[task]; ok {
		if known.containers[container] {
			undo = func() {} // another start's
		}
		known.containers[container] = true
		return known.base, undo, nil
	}
	for range maxRanges {
		base := firstUsers + (r.next%maxRanges)*usersPerTask
		r.next++
		if !r.taken[base] {
			r.note(task, container, base)
			return base, undo, nil
		}
	}
	return 0, nil, fmt.Errorf("all %d ranges of users are taken: %w", maxRanges, errCannotCreate)
}

func (r *ranges) note(task, container string, base uint32) {
	known, ok := r.tasks[task]
	if !ok {
		known = &taskUsers{base: base, containers: make(map[string]bool)}
		r.tasks[task], r.taken[base] = known, true
	}
	known.containers[container] = true
}

// load makes up for what was learned before a restart of the agent, once.
func (r *ranges) load(ctx context.Context) error {
	if r.loaded {
		return nil
	}
	all, err := r.conn.labelsByID(ctx)
	if err != nil {
		return err
	}
	for id, labels := range all {
		if base, err := strconv.ParseUint(labels[labelUsers], 10, 32); err == nil {
			r.note(labels[labelTask], id, uint32(base))
			if n := (uint32(base)-firstUsers)/usersPerTask + 1; n > r.next { // those used last rest longest
				r.next = n
			}
		}
	}
	r.loaded = true
	return nil
}

// release forgets a container, and its task's range with the last one.
func (r *ranges) release(task, container string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.tasks[task]
	if !ok {
		return
	}
	delete(known.containers, container)
	if len(known.containers) == 0 {
		delete(r.tasks, task)
		delete(r.taken, known.base)
	}
}

// isolate gives the container a user namespace. The network namespace is the machine's to give and not of that user
// namespace, so a sysfs of its own cannot be mounted: the machine's is shown, without its network interfaces.
func isolate(spec *specs.Spec, base uint32) {
	linux := spec.Linux
	linux.Namespaces = append(linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: base, Size: usersPerTask}}
	linux.GIDMappings = linux.UIDMappings
	for i := range spec.Mounts {
		mount := &spec.Mounts[i]
		if mount.Type == "sysfs" {
			mount.Type, mount.Source = "bind", "/sys"
			mount.Options = []string{"rbind", "nosuid", "noexec", "nodev", "ro"}
		}
	}
	linux.MaskedPaths = append(linux.MaskedPaths, hiddenSys...)
}

// hiddenSys is what the machine's /sys tells that is not a container's business.
var hiddenSys = []string{"/sys/class/net", "/sys/devices/virtual/net", "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/security", "/sys/fs/bpf"}

// snapshotUsers are the labels that make a snapshot belong to the range.
func snapshotUsers(base uint32) map[string]string {
	mapping := fmt.Sprintf("0:%d:%d", base, usersPerTask)
	return map[string]string{"containerd.io/snapshot/uidmapping": mapping, "containerd.io/snapshot/gidmapping": mapping}
}
