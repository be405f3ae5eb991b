package containerd

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/errdefs"

	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
)

// Inside a sandbox processes have numbers of their own, and what stands for a command outside is a program that waits for
// it: killing that leaves the command running. The runtime tells a command's number to a file, lists the processes inside
// and signals them.

// session is a command in a container and all that it started.
type session struct {
	client *Client
	task   containerd.Task
	id     string // the command's, as containerd knows it
	leader int    // its process, in the machine's numbers
	// The program and the directory of states of a runtime that is sandboxed; "" of others.
	program, root string
	found         map[int]bool // processes inside that belong to the session
}

func (c *Client) session(ctx context.Context, task containerd.Task, id string, leader int) *session {
	s := &session{client: c, task: task, id: id, leader: leader, found: make(map[int]bool)}
	labels, err := c.labelsOf(ctx, task.ID())
	if err == nil && labels[labelSandboxed] != "" && labels[labelUnrecorded] == "" {
		name := labels[labelRuntime]
		s.program, s.root = c.layout.program(name), filepath.Join(c.layout.ociState(name), c.options.Namespace)
	}
	return s
}

// signal signals all processes of the command. It does what it can: what has ended meanwhile needs no signal, and what has
// left the session has done so on purpose.
func (s *session) signal(ctx context.Context, signal syscall.Signal) {
	if s.program != "" {
		s.signalInside(ctx, signal)
		return
	}
	processes, err := s.task.Pids(ctx)
	if err != nil || s.leader <= 0 {
		return
	}
	for _, p := range processes {
		signalSession(int(p.Pid), s.leader, signal)
	}
}

// signalInside signals the command, what it started, and what was found to belong to it before.
func (s *session) signalInside(ctx context.Context, signal syscall.Signal) {
	text, err := os.ReadFile(s.client.layout.inside(s.client.options.Namespace, s.task.ID(), s.id))
	if err != nil {
		return // it never began
	}
	first, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return
	}
	list, err := exec.CommandContext(ctx, s.program, "--root", s.root, "ps", s.task.ID()).Output()
	if err != nil {
		return
	}
	s.found[first] = true
	for _, pid := range descendants(parents(string(list)), s.found) {
		s.found[pid] = true
		_ = exec.CommandContext(ctx, s.program, "--root", s.root, "kill", "--pid", strconv.Itoa(pid), s.task.ID(), strconv.Itoa(int(signal))).Run() // it may have ended
	}
}

// process is a process inside and its parent.
type process struct{ pid, parent int }

// parents reads the table of a runtime's ps, in its order: columns have names, and the command's, which may have blanks, is
// the last.
func parents(table string) (all []process) {
	pid, parent := -1, -1
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		if pid < 0 || parent < 0 {
			for i, name := range words {
				switch name {
				case "PID":
					pid = i
				case "PPID":
					parent = i
				}
			}
			continue
		}
		if len(words) <= max(pid, parent) {
			continue
		}
		p, err := strconv.Atoi(words[pid])
		of, err2 := strconv.Atoi(words[parent])
		if errors.Join(err, err2) == nil {
			all = append(all, process{p, of})
		}
	}
	return all
}

// descendants gives those of the processes that are among the given ones or come from them, in the table's order.
func descendants(all []process, from map[int]bool) (found []int) {
	belongs := make(map[int]bool)
	for more := true; more; {
		more = false
		for _, p := range all {
			if !belongs[p.pid] && (from[p.pid] || belongs[p.parent]) {
				belongs[p.pid], more = true, true
			}
		}
	}
	for _, p := range all {
		if belongs[p.pid] {
			found = append(found, p.pid)
		}
	}
	return found
}

// Conceals implements runtime.Concealer: what a sandbox's own process sees are not the files inside.
func (c *Client) Conceals(ctx context.Context, id string) (bool, error) {
	labels, err := c.labelsOf(ctx, id)
	return labels[labelSandboxed] != "", failure("exec", id, err)
}

// labelsOf gives a container's labels.
func (c *Client) labelsOf(ctx context.Context, id string) (map[string]string, error) {
	if labels, ok := c.known.get(id); ok {
		return labels, nil
	}
	container, err := c.conn.ContainerService().Get(ctx, id)
	if err != nil {
		return nil, err
	}
	c.known.put(id, container.Labels)
	return container.Labels, nil
}

// inside is the file with the number that a command has inside.
func (l Layout) inside(namespace, container, command string) string {
	return filepath.Join(l.bundle(namespace, container), command+".pid"+shim.InsideSuffix)
}

// leftInside gives the commands in a sandbox of which there are files, in their order.
func (c *Client) leftInside(container string) (names []string) {
	files, _ := filepath.Glob(c.layout.inside(c.options.Namespace, container, commandPrefix+"*")) // an id has no character that a pattern gives a meaning
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".pid"+shim.InsideSuffix))
	}
	return names
}

// endLeftInside ends one command of an earlier life in a sandbox.
func (c *Client) endLeftInside(ctx context.Context, task containerd.Task, name string) error {
	if err := c.endLeft(ctx, task, name, 0); !errdefs.IsNotFound(err) {
		return err
	}
	return nil // it has ended
}
