package containerd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime/containerd/shim"
	"github.com/roadstead/roadstead/agent/runtime/containerd/shim/slack"
)

// shims gives tasks their shims. Executing a shim takes a tenth of a container's start, so a few tasks share one, one after
// the other, and some are started ahead; containerd is told the address of the one to use, by the interface that it has
// for sandboxes.
type shims struct {
	layout  Layout
	options Options
	conn    containerLister

	mu      sync.Mutex
	loaded  bool
	waiting []*spare
	tasks   map[string]*taskShim
	started []*os.Process // children that may have ended
	refills sync.WaitGroup
}

// spare is a shim that takes tasks. From its last one on it is that of its tasks alone.
type spare struct {
	address  string   // "unix:///..."
	lifeline *os.File // while it is open the shim lives, whether it has containers or not
	left     int      // tasks that it may still be given
	starting int      // containers that are being started in it
}

// taskShim is the shim of a task and the containers that it has.
type taskShim struct {
	address    string
	containers map[string]bool
	spare      *spare // nil when it was learned of from containerd: it takes no further tasks
}

const (
	// sandboxID names the one sandbox record that containerd wants to see before it uses an address that it is given.
	sandboxID = "roadstead"
	// shimVersion is the version of the task interface that the shim serves.
	shimVersion = 3
	labelShim   = labelPrefix + "shim"
	// shimOOMScore protects shims a little less than the daemon.
	shimOOMScore = "-998"
)

// containerLister finds the shims that tasks already have, after a restart of the agent.
type containerLister interface {
	// labelsByID gives the labels of all containers, and sees to it that containerd takes shims from us.
	labelsByID(ctx context.Context) (map[string]map[string]string, error)
}

func newShims(layout Layout, options Options, conn containerLister) *shims {
	return &shims{layout: layout, options: options, conn: conn, tasks: make(map[string]*taskShim)}
}

// enabled tells whether shims are handed to containerd. One that is not ours may be too old to take them.
func (s *shims) enabled() bool {
	return s.options.Spares >= 0 && s.options.Address == s.layout.Address()
}

// acquire gives the address of the task's shim and counts the container among its own. A task that wants to be alone
// shares its shim with no other. The function that is also given is to be called when the start has succeeded or failed.
func (s *shims) acquire(ctx context.Context, task, container string, alone bool) (address string, done func(), err error) {
	if !s.enabled() {
		return "", func() {}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return "", nil, err
	}
	known, ok := s.tasks[task]
	if !ok || !alive(known.address) {
		chosen := s.choose(alone)
		if chosen == nil {
			if chosen, err = s.launch(); err != nil {
				return "", nil, err
			}
			s.waiting = append(s.waiting, chosen)
		}
		s.give(chosen, alone)
		known = &taskShim{address: chosen.address, containers: make(map[string]bool), spare: chosen}
		s.tasks[task] = known
	}
	known.containers[container] = true
	if known.spare == nil {
		return known.address, func() {}, nil
	}
	known.spare.starting++
	return known.address, func() { s.settle(known.spare) }, nil
}

// choose gives the waiting shim in which the fewest containers are being started; nil when there is none.
func (s *shims) choose(alone bool) *spare {
	for {
		var best *spare
		for _, w := range s.waiting {
			if unused := w.left == s.options.TasksPerShim; (unused || !alone) && (best == nil || w.starting < best.starting) {
				best = w
			}
		}
		if best == nil || alive(best.address) {
			return best
		}
		best.left = 0
		s.cut(best)
		removeDirectory(best.address)
	}
}

// give counts a task to a waiting shim, which waits no more when it is its last.
func (s *shims) give(to *spare, alone bool) {
	if to.left--; alone {
		to.left = 0
	}
	if to.left == 0 {
		s.waiting = slices.DeleteFunc(s.waiting, func(w *spare) bool { return w == to })
	}
}

// settle is called for each start that was begun in a shim. Until the last of them its lifeline holds it, because it may
// not have a container yet.
func (s *shims) settle(in *spare) {
	s.mu.Lock()
	in.starting--
	s.cut(in)
	s.mu.Unlock()
	s.refill()
}

// cut leaves a shim that takes no more tasks to its containers: it ends with the last of them.
func (s *shims) cut(from *spare) {
	if from.left > 0 {
		return
	}
	s.waiting = slices.DeleteFunc(s.waiting, func(w *spare) bool { return w == from })
	if from.starting == 0 {
		from.lifeline.Close()
	}
}

// adopt notes what a listing shows.
func (s *shims) adopt(container string, labels map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(container, labels)
}

func (s *shims) note(container string, labels map[string]string) {
	task, address := labels[labelTask], labels[labelShim]
	if address == "" {
		return
	}
	known, ok := s.tasks[task]
	if !ok || known.address != address && alive(address) {
		known = &taskShim{address: address, containers: make(map[string]bool)}
		s.tasks[task] = known
	}
	known.containers[container] = true
}

// release forgets a container, and a shim with its last: the shim ends by itself then.
func (s *shims) release(task, container string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reap()
	known, ok := s.tasks[task]
	if !ok {
		return
	}
	delete(known.containers, container)
	if len(known.containers) > 0 {
		return
	}
	delete(s.tasks, task)
	if !alive(known.address) { // it was killed and could not clear up
		removeDirectory(known.address)
	}
}

// removeDirectory removes what a shim that was killed could not. What cannot be removed is tried after the next restart.
func removeDirectory(address string) {
	_ = os.RemoveAll(filepath.Dir(strings.TrimPrefix(address, "unix://")))
}

// load makes up for what was learned before a restart of the agent, once.
func (s *shims) load(ctx context.Context) error {
	if s.loaded {
		return nil
	}
	all, err := s.conn.labelsByID(ctx)
	if err != nil {
		return err
	}
	for id, labels := range all {
		s.note(id, labels)
	}
	s.sweep()
	s.loaded = true
	return nil
}

// sweep removes the directories of shims that were killed.
func (s *shims) sweep() {
	entries, err := os.ReadDir(s.layout.shims())
	if err != nil {
		return
	}
	for _, entry := range entries {
		directory := filepath.Join(s.layout.shims(), entry.Name())
		if !alive("unix://" + filepath.Join(directory, socketName)) {
			_ = os.RemoveAll(directory) // what cannot be removed now is tried after the next restart
		}
	}
}

const socketName = "s"

// launch starts a shim. It need not be waited for: the socket is listening before the shim executes.
func (s *shims) launch() (*spare, error) {
	if err := os.MkdirAll(s.layout.shims(), 0o711); err != nil {
		return nil, fmt.Errorf("make directory for shims: %w", err)
	}
	directory, err := os.MkdirTemp(s.layout.shims(), "")
	if err != nil {
		return nil, fmt.Errorf("make directory for shim: %w", err)
	}
	made, err := s.launchIn(directory)
	if err != nil {
		_ = os.RemoveAll(directory)
		return nil, err
	}
	return made, nil
}

func (s *shims) launchIn(directory string) (*spare, error) {
	path := filepath.Join(directory, socketName)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		return nil, fmt.Errorf("listen for shim: %w", err)
	}
	listener.SetUnlinkOnClose(false)
	defer listener.Close()
	socket, err := listener.File()
	if err != nil {
		return nil, fmt.Errorf("listen for shim: %w", err)
	}
	defer socket.Close()
	reading, writing, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make lifeline of shim: %w", err)
	}
	defer reading.Close()
	address := "unix://" + path
	if err := os.WriteFile(filepath.Join(directory, shim.AddressFile), []byte(address), 0o600); err != nil {
		writing.Close()
		return nil, fmt.Errorf("write shim's address: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(directory, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		writing.Close()
		return nil, fmt.Errorf("open shim's log: %w", err)
	}
	defer log.Close()
	command := exec.Command(s.layout.Shim)
	command.Args = shim.Arguments(s.options.Namespace, filepath.Base(directory), s.options.Address)
	command.Env = append(os.Environ(), shim.Environment(s.options.Address)...)
	command.Dir = directory
	command.Stderr = log
	command.ExtraFiles = []*os.File{socket, reading}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it outlives us, and our terminal
	if _, err := slack.With(slack.Calm, func() (struct{}, error) { return struct{}{}, command.Start() }); err != nil {
		writing.Close()
		return nil, fmt.Errorf("start shim: %w", err)
	}
	score := filepath.Join("/proc", strconv.Itoa(command.Process.Pid), "oom_score_adj")
	_ = os.WriteFile(score, []byte(shimOOMScore), 0o644) // not every machine allows it
	s.started = append(s.started, command.Process)
	return &spare{address: address, lifeline: writing, left: s.options.TasksPerShim}, nil
}

// refill starts spares until there are enough, beside what the caller does next.
func (s *shims) refill() {
	s.refills.Go(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reap()
		for len(s.waiting) < s.options.Spares {
			made, err := s.launch()
			if err != nil {
				return // who needs one launches it, and has somebody to tell
			}
			s.waiting = append(s.waiting, made)
		}
	})
}

// reap takes note of children that have ended, which would stay in the kernel's table otherwise.
func (s *shims) reap() {
	left := s.started[:0]
	for _, process := range s.started {
		var status unix.WaitStatus
		if pid, err := unix.Wait4(process.Pid, &status, unix.WNOHANG, nil); pid == 0 && err == nil {
			left = append(left, process)
			continue
		}
		_ = process.Release()
	}
	s.started = left
}

// close lets shims end that have no container.
func (s *shims) close() {
	s.refills.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range slices.Clone(s.waiting) {
		w.left = 0
		s.cut(w)
	}
	s.options.Spares = -1
	s.reap()
}

// alive tells whether somebody listens at the address.
func alive(address string) bool {
	conn, err := net.DialTimeout("unix", strings.TrimPrefix(address, "unix://"), time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

var errNotServing = errors.New("it is not serving")
