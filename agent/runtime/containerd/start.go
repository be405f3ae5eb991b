package containerd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	tasks "github.com/containerd/containerd/api/services/tasks/v1"
	runcoptions "github.com/containerd/containerd/api/types/runc/options"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
	"github.com/containerd/typeurl/v2"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/containerd/record"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
)

// Labels of ours on a container; all others are the caller's.
const (
	labelPrefix     = "roadstead."
	labelTask       = labelPrefix + "task"
	labelName       = labelPrefix + "name"
	labelStopSignal = labelPrefix + "stop-signal"
)

// Start implements runtime.Runtime.
func (c *Client) Start(ctx context.Context, container runtime.Container) (runtime.Started, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.starts.Acquire(ctx, 1); err != nil {
		return runtime.Started{}, failure("start", container.ID, err)
	}
	defer c.starts.Release(1)
	started, err := c.start(ctx, container)
	return started, failure("start", container.ID, err)
}

func (c *Client) start(ctx context.Context, container runtime.Container) (runtime.Started, error) {
	on, err := c.on(container)
	if err == nil {
		container, err = on.fit(container)
	}
	if err != nil {
		return runtime.Started{}, err
	}
	users, giveBack, err := c.usersOf(ctx, container)
	if err != nil {
		return runtime.Started{}, err
	}
	spec, image, err := c.prepareSpec(ctx, container, users)
	if err != nil {
		giveBack()
		return runtime.Started{}, err
	}
	if container.Isolated || on.sandboxed() {
		if err := setNetworkSysctls(container.NetNS, takeNetworkSysctls(spec)); err != nil {
			giveBack()
			return runtime.Started{}, err
		}
	}
	registered, started, err := c.startPrepared(ctx, container, on, spec, image)
	if err == nil || !registered {
		return started, err
	}
	if c.shortOfMemory(on, spec.Linux.CgroupsPath, err) {
		err = fmt.Errorf("%w: the sandbox of %s did not find room in the container's memory: %w", err, on.Name, errCannotCreate)
	}
	// What was begun is undone although the caller may have lost its patience.
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
	defer cancel()
	take := c.remove
	if unanswered(err) || abandoned(ctx, err) {
		take = c.undo // nobody knows how far it came
	}
	undone := take(undo, container.ID)
	if errors.Is(undone, errRan) {
		return c.begun(container.ID), nil
	}
	if undone != nil {
		err = fmt.Errorf("%w (and cleaning up failed: %w)", err, undone)
	}
	return runtime.Started{}, err
}

// startPrepared also tells whether the container was registered: an id that is taken must not remove what has it.
func (c *Client) startPrepared(ctx context.Context, container runtime.Container, on *OCIRuntime, spec *specs.Spec, image *unpacked) (registered bool, _ runtime.Started, _ error) {
	unlock := c.locks.share(container.TaskID)
	defer unlock()
	shim, done := "", func() {}
	if on == nil || on.Shim == "" {
		var err error
		alone := container.Isolated || on != nil
		if shim, done, err = c.shims.acquire(ctx, container.TaskID, container.ID, alone); err != nil {
			return false, runtime.Started{}, err
		}
	}
	defer done()
	if err := c.register(ctx, container, on, image, spec, shim); err != nil {
		if !errdefs.IsAlreadyExists(err) {
			c.shims.release(container.TaskID, container.ID)
			c.ranges.release(container.TaskID, container.ID)
		}
		return false, runtime.Started{}, err
	}
	// gofail: var runtimeRegistered struct{}
	if err := c.groups.begin(container.TaskID, container); err != nil {
		return true, runtime.Started{}, err
	}
	defer c.groups.end(container.TaskID)
	if err := c.writeFiles(container); err != nil {
		return true, runtime.Started{}, err
	}
	// The container's record refers to the snapshot before it exists, so it is at no time garbage.
	mounts, err := c.snapshot(ctx, container, spec, image)
	if err != nil {
		return true, runtime.Started{}, err
	}
	started, err := c.run(ctx, container, c.shimOf(on), mounts, shim)
	return true, started, err
}

// usersOf gives the first of the users of an isolated container.
func (c *Client) usersOf(ctx context.Context, container runtime.Container) (first uint32, undo func(), err error) {
	if !container.Isolated {
		return 0, func() {}, nil
	}
	return c.ranges.acquire(ctx, container.TaskID, container.ID)
}

func (c *Client) snapshot(ctx context.Context, container runtime.Container, spec *specs.Spec, image *unpacked) ([]mount.Mount, error) {
	var options []snapshots.Opt
	if container.Isolated {
		options = append(options, snapshots.WithLabels(snapshotUsers(spec.Linux.UIDMappings[0].HostID)))
	}
	mounts, err := c.conn.SnapshotService(c.options.Snapshotter).Prepare(ctx, container.ID, image.snapshot, options...)
	if err == nil && container.Scratch != "" {
		err = moveWrites(mounts, filepath.Join(container.Scratch, container.ID))
	}
	return mounts, err
}

func (c *Client) prepareSpec(ctx context.Context, container runtime.Container, first uint32) (*specs.Spec, *unpacked, error) {
	image, err := c.images.get(ctx, container.Image)
	if errdefs.IsNotFound(err) {
		return nil, nil, &runtime.Error{Kind: runtime.KindNotFound, Op: "start", Subject: container.ID, Err: fmt.Errorf("image %s: %w", container.Image, err)}
	}
	if err != nil {
		return nil, nil, err
	}
	users, err := c.images.accountsOf(ctx, image)
	if err != nil {
		return nil, nil, err
	}
	own := c.machine
	own.group = c.groups.ofContainer(container.TaskID, container.ID)
	own.record = c.layout.record(container.ID)
	own.shared, own.users = c.layout.shared(container.TaskID), first
	own.hostnameFile = filepath.Join(c.layout.files(container.ID), "hostname")
	spec, err := buildSpec(container, image.config, users, own)
	if err == nil {
		err = c.fill(ctx, container, image)
	}
	if err == nil {
		err = give(container.Mounts, first, spec.Process.User)
	}
	return spec, image, err
}

// register makes the container known to containerd, and so to every listing from now on.
func (c *Client) register(ctx context.Context, container runtime.Container, on *OCIRuntime, image *unpacked, spec *specs.Spec, shim string) error {
	encoded, err := typeurl.MarshalAny(spec)
	if err != nil {
		return fmt.Errorf("encode configuration: %w", err)
	}
	options, err := c.runtimeOptions(on)
	if err != nil {
		return err
	}
	labels := maps.Clone(container.Labels)
	if labels == nil {
		labels = make(map[string]string)
	}
	for name := range labels {
		if strings.HasPrefix(name, labelPrefix) {
			return fmt.Errorf("label %q: names beginning with %q are reserved: %w", name, labelPrefix, errInvalid)
		}
	}
	labels[labelTask] = container.TaskID
	labels[labelName] = container.Name
	if container.Isolated {
		labels[labelUsers] = strconv.FormatUint(uint64(spec.Linux.UIDMappings[0].HostID), 10)
	}
	if signal := first(container.StopSignal, image.config.StopSignal); signal != "" {
		labels[labelStopSignal] = signal
	}
	on.label(labels)
	record := containers.Container{
		ID:          container.ID,
		Labels:      labels,
		Image:       container.Image,
		Runtime:     containers.RuntimeInfo{Name: c.shimOf(on), Options: options},
		Spec:        encoded,
		Snapshotter: c.options.Snapshotter,
		SnapshotKey: container.ID,
	}
	if shim != "" {
		labels[labelShim], record.SandboxID = shim, sandboxID
	}
	_, err = c.conn.ContainerService().Create(ctx, record)
	if err == nil {
		c.known.put(container.ID, labels)
	}
	return err
}

// runtimeOptions tell the node's shim what to execute; a runtime's own shim is told nothing.
func (c *Client) runtimeOptions(on *OCIRuntime) (typeurl.Any, error) {
	// Root must be set, or every node on the machine shares the runtime's default directory.
	options := &runcoptions.Options{BinaryName: c.options.Runc, Root: c.layout.runc()}
	if on != nil {
		options = &runcoptions.Options{BinaryName: c.layout.program(on.Name), Root: c.layout.ociState(on.Name)}
	}
	if on != nil && on.Shim != "" {
		return nil, nil
	}
	encoded, err := typeurl.MarshalAny(options)
	if err != nil {
		return nil, fmt.Errorf("encode options: %w", err)
	}
	return encoded, nil
}

// writeFiles makes the files that are shown inside the container.
func (c *Client) writeFiles(container runtime.Container) error {
	directory := c.layout.files(container.ID)
	if err := os.MkdirAll(directory, 0o711); err != nil {
		return fmt.Errorf("make container's files: %w", err)
	}
	name := hostnameOf(container, c.machine) + "\n"
	if err := os.WriteFile(filepath.Join(directory, "hostname"), []byte(name), 0o644); err != nil {
		return fmt.Errorf("make container's files: %w", err)
	}
	if container.OpenStdin {
		if err := unix.Mkfifo(filepath.Join(directory, "stdin"), 0o600); err != nil {
			return fmt.Errorf("make container's standard input: %w", err)
		}
	}
	return nil
}

// logTo lets the shim append both streams to the log file. Our shim understands the address "file:" better than
// containerd's own, which shares one open file between the streams and closes it with the first that ends: what the
// other still says is lost. That one is given two names of the file, which it opens twice.
func logTo(request *tasks.CreateTaskRequest, container runtime.Container, ours bool) error {
	if container.LogPath == "" {
		return nil
	}
	if ours || container.TTY {
		address := url.URL{Scheme: "file", Path: container.LogPath}
		if ours {
			address.RawQuery = shim.LogQuery(container.LogFrames, container.LogLimit)
		}
		request.Stdout = address.String()
		if !container.TTY {
			request.Stderr = request.Stdout
		}
		return nil
	}
	directory, name := filepath.Split(container.LogPath)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return fmt.Errorf("make log's directory: %w", err)
	}
	file, err := os.OpenFile(container.LogPath, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("make log: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("make log: %w", err)
	}
	request.Stdout, request.Stderr = container.LogPath, directory+"./"+name
	return nil
}

func (c *Client) run(ctx context.Context, container runtime.Container, runtimeName string, mounts []mount.Mount, shim string) (runtime.Started, error) {
	request := &tasks.CreateTaskRequest{
		ContainerID: container.ID,
		Rootfs:      mount.ToProto(mounts),
		Terminal:    container.TTY,
	}
	if shim != "" {
		request.TaskApiAddress, request.TaskApiVersion = "ttrpc+"+shim, shimVersion
	}
	if err := logTo(request, container, c.ours(runtimeName)); err != nil {
		return runtime.Started{}, err
	}
	if container.OpenStdin {
		request.Stdin = filepath.Join(c.layout.files(container.ID), "stdin")
	}
	asked, answered := outlast(ctx, c.answers)
	defer answered()
	created, err := c.conn.TaskService().Create(asked, request)
	if err != nil {
		return runtime.Started{}, err
	}
	if !c.ours(runtimeName) { // before the process can end
		if err := record.Write(c.layout.record(container.ID), record.Record{PID: int(created.Pid), StartedAt: time.Now().UTC()}); err != nil {
			return runtime.Started{}, err
		}
	}
	// gofail: var runtimeCreated struct{}
	if err := ctx.Err(); err != nil {
		return runtime.Started{}, err
	}
	response, err := c.conn.TaskService().Start(asked, &tasks.StartRequest{ContainerID: container.ID})
	if err != nil {
		return runtime.Started{}, err
	}
	started := runtime.Started{RuntimeID: container.ID, PID: int(response.Pid)}
	if seen, ok := c.seen(container.ID); ok {
		started.StartedAt = seen.StartedAt
	}
	return started, nil
}

// outlast gives a context that ends so long after another: what a shim has begun it goes on with, so the answer is waited
// for although nobody wants it any more. The function that is also given ends it at once.
func outlast(ctx context.Context, by time.Duration) (longer context.Context, end func()) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(by, cancel) })
	return longer, func() { stop(); cancel() }
}

// give lets folders that are shown to a container, and the files in them,
// belong to its user; first is the machine's user who is root in the container.
func give(mounts []runtime.Mount, first uint32, user specs.User) error {
	uid, gid := int(first+user.UID), int(first+user.GID)
	for _, m := range mounts {
		if !m.Given {
			continue
		}
		files, err := os.ReadDir(m.Source)
		for _, f := range files {
			err = errors.Join(err, os.Lchown(filepath.Join(m.Source, f.Name()), uid, gid))
		}
		if err = errors.Join(err, os.Lchown(m.Source, uid, gid)); err != nil {
			return fmt.Errorf("give %s to the container's user: %w", m.Destination, err)
		}
	}
	return nil
}
