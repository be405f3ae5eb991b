package containerd

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/roadstead/roadstead/agent/runtime/containerd/holder"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
)

// Layout is where one node keeps what its containers need. Every path is absolute.
type Layout struct {
	Root    string // images, snapshots, metadata: survives a reboot
	Records string // what shims saw of containers: survives a reboot, so that what ran before it is known
	Shim    string // a link to the shim; if that is the one binary, the link's name tells it its mode
	Run     string // sockets, bundles and files of running containers: need not survive a reboot
	Daemon  string // Run of the node whose daemon this one uses; "" is its own
}

// runDirectory is short because the path of a socket may have 107 characters only.
const runDirectory = "/run/roadstead"

// NewLayout derives the paths from the node's data directory.
func NewLayout(dataDir string) (Layout, error) {
	absolute, err := filepath.Abs(dataDir)
	if err != nil {
		return Layout{}, fmt.Errorf("find data directory: %w", err)
	}
	sum := sha256.Sum256([]byte(absolute))
	return Layout{
		Root:    filepath.Join(absolute, "containerd", "root"),
		Records: filepath.Join(absolute, "containerd", "records"),
		Shim:    filepath.Join(absolute, "containerd", "bin", shim.Name),
		Run:     filepath.Join(runDirectory, hex.EncodeToString(sum[:6])),
	}, nil
}

// Address is the path of the daemon's socket.
func (l Layout) Address() string { return filepath.Join(cmp.Or(l.Daemon, l.Run), "containerd.sock") }

// With returns the layout of a node that uses the daemon of another one on its
// machine, and so that one's images. What it runs it keeps by itself.
func (l Layout) With(other Layout) Layout {
	l.Root, l.Shim, l.Daemon = other.Root, other.Shim, other.Run
	return l
}

func (l Layout) state() string   { return filepath.Join(l.Run, "state") }
func (l Layout) sockets() string { return filepath.Join(l.Run, "s") }
func (l Layout) shims() string   { return filepath.Join(l.Run, "t") }
func (l Layout) runc() string    { return filepath.Join(l.Run, "runc") }

// bundle is where containerd keeps what a shim is told of a container.
func (l Layout) bundle(namespace, id string) string {
	return filepath.Join(cmp.Or(l.Daemon, l.Run), "state", "io.containerd.runtime.v2.task", namespace, id)
}

// looks is where images are mounted while somebody looks at them.
func (l Layout) looks() string { return filepath.Join(l.Run, "looks") }

// runcState is where runc keeps what it knows of a container.
func (l Layout) runcState(namespace, id string) string { return filepath.Join(l.runc(), namespace, id) }

func (l Layout) record(id string) string { return filepath.Join(l.Records, id+".json") }

// shared is where the namespaces are that a task's containers share.
func (l Layout) shared(task string) holder.Holder {
	return holder.Holder{Dir: filepath.Join(l.Run, "shared", task), Program: l.Shim}
}

// files is the directory of the files that are shown inside one container.
func (l Layout) files(id string) string { return filepath.Join(l.Run, "containers", id) }

// prepare makes the directories.
func (l Layout) prepare() error {
	for _, directory := range []string{l.Root, l.Records, filepath.Dir(l.Shim)} {
		if err := os.MkdirAll(directory, 0o700); err != nil {
			return fmt.Errorf("prepare directories for containers: %w", err)
		}
	}
	if err := l.prepareRun(); err != nil {
		return fmt.Errorf("prepare directories for containers: %w", err)
	}
	// Containers in user namespaces must be able to pass through.
	for _, name := range []string{"containers", "shared"} {
		if err := os.MkdirAll(filepath.Join(l.Run, name), 0o711); err != nil {
			return fmt.Errorf("prepare directories for containers: %w", err)
		}
	}
	return nil
}

// linkShim makes the shim's path lead to a program. Shims that run keep the one they were started from.
func (l Layout) linkShim(program string) error {
	if target, err := os.Readlink(l.Shim); err == nil && target == program {
		return nil
	}
	if err := os.Remove(l.Shim + ".new"); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("link shim: %w", err)
	}
	if err := os.Symlink(program, l.Shim+".new"); err != nil {
		return fmt.Errorf("link shim: %w", err)
	}
	if err := os.Rename(l.Shim+".new", l.Shim); err != nil {
		return fmt.Errorf("link shim: %w", err)
	}
	return nil
}
