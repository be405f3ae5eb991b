package containerd

import (
	"errors"
	"path"
	"sync"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/cgroup"
	"github.com/roadstead/roadstead/agent/runtime/containerd/holder"
)

// groups keeps what the containers of a task share: its control group, and the namespaces of a task that wants them
// shared. It is made before a task's first container and removed after its last, though another may be starting at that
// very moment.
type groups struct {
	tree   cgroup.Tree
	root   string
	shared func(taskID string) holder.Holder

	mu       sync.Mutex
	starting map[string]int // by task: starts under way, whose group may look empty
}

func newGroups(tree cgroup.Tree, root string, shared func(taskID string) holder.Holder) *groups {
	return &groups{tree: tree, root: root, shared: shared, starting: make(map[string]int)}
}

func (g *groups) ofTask(taskID string) string          { return path.Join("/", g.root, taskID) }
func (g *groups) ofContainer(taskID, id string) string { return path.Join("/", g.root, taskID, id) }

// begin makes what the container shares with others of its task and keeps it until end is called.
func (g *groups) begin(taskID string, c runtime.Container) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.tree.Ensure(g.ofTask(taskID), limitsOf(c.Task)); err != nil {
		return err
	}
	if c.PID == runtime.SharedInTask || c.IPC == runtime.SharedInTask {
		if err := g.shared(taskID).Ensure(shmSize(c)); err != nil {
			return err
		}
	}
	g.starting[taskID]++
	return nil
}

func (g *groups) end(taskID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.starting[taskID]--; g.starting[taskID] <= 0 {
		delete(g.starting, taskID)
	}
}

// removeContainer removes what the OCI runtime may have left of a container's group.
func (g *groups) removeContainer(taskID, id string) error {
	return g.tree.Remove(g.ofContainer(taskID, id))
}

// removeTask removes what the task's containers shared unless something is or is about to be in it.
func (g *groups) removeTask(taskID string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.starting[taskID] > 0 || g.tree.Populated(g.ofTask(taskID)) {
		return nil
	}
	if err := g.shared(taskID).End(); err != nil {
		return err
	}
	if err := g.tree.Remove(g.ofTask(taskID)); err != nil && !errors.Is(err, cgroup.ErrBusy) {
		return err
	}
	return nil
}

// removeRoot removes the group above all tasks if none is left.
func (g *groups) removeRoot() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.tree.Remove(g.root)
}
