package shim

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	events "github.com/containerd/containerd/api/events"
	coreevents "github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/pkg/shim"
	"github.com/containerd/log"

	"github.com/roadstead/roadstead/agent/runtime/cgroup"
	"github.com/roadstead/roadstead/agent/runtime/containerd/record"
)

// drainTimeout is how long an end is kept back for its log.
const drainTimeout = 2 * time.Second

// witness passes the shim's events on after writing down those that matter: when the event is known, so is the record.
type witness struct {
	shim.Publisher
	groups cgroup.Tree

	mu   sync.Mutex
	seen map[string]*observed // by container id
}

type observed struct {
	path   string // of the record; "" keeps none
	group  string
	logs   *logs     // nil when there is no log file
	pid    int       // 0 until it is created
	begun  time.Time // when another runtime than runc was asked to start it; zero until then
	record record.Record
}

func newWitness(next shim.Publisher, groups cgroup.Tree) *witness {
	return &witness{Publisher: next, groups: groups, seen: make(map[string]*observed)}
}

// watch learns from the container's OCI configuration where its record goes and which control group is its own.
func (w *witness) watch(id, bundle string, logs *logs) error {
	content, err := os.ReadFile(filepath.Join(bundle, "config.json"))
	if err != nil {
		return fmt.Errorf("read container configuration: %w", err)
	}
	var configuration struct {
		Annotations map[string]string `json:"annotations"`
		Linux       struct {
			CgroupsPath string `json:"cgroupsPath"`
		} `json:"linux"`
	}
	if err := json.Unmarshal(content, &configuration); err != nil {
		return fmt.Errorf("read container configuration: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[id] = &observed{path: configuration.Annotations[record.Annotation], group: configuration.Linux.CgroupsPath, logs: logs}
	return nil
}

func (w *witness) forget(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.seen, id)
}

// Publish implements the publisher. A record that cannot be written (a full disk) must not keep the event back.
func (w *witness) Publish(ctx context.Context, topic string, event coreevents.Event) error {
	var err error
	switch e := event.(type) {
	case *events.TaskStart:
		err = w.started(e.ContainerID, int(e.Pid))
	case *events.TaskExit:
		if e.ID == e.ContainerID {
			w.drain(e.ContainerID)
			err = w.exited(e)
		}
	case *events.TaskDelete:
		w.forget(e.ContainerID)
	}
	if err != nil {
		log.G(ctx).WithError(err).Error("write container record")
	}
	return w.Publisher.Publish(ctx, topic, event)
}

// created notes the process that waits to be let go.
func (w *witness) created(id string, pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o, ok := w.seen[id]; ok {
		o.pid = pid
	}
}

// letGo writes down a start just before it: whenever this process is killed, what ran has a record. If the process turns
// out to have ended before it could be let go, the record says that it began and ended, and the start has failed.
func (w *witness) letGo(id string) {
	w.mu.Lock()
	pid := 0
	if o, ok := w.seen[id]; ok {
		pid = o.pid
	}
	w.mu.Unlock()
	if pid == 0 {
		return
	}
	if err := w.started(id, pid); err != nil {
		log.L.WithError(err).Error("write container record") // on a full disk it runs all the same
	}
}

// begins notes when another runtime than runc is asked to start a container: what runs briefly has ended when it answers.
func (w *witness) begins(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o, ok := w.seen[id]; ok {
		o.begun = time.Now().UTC()
	}
}

// started writes down a start, once: it is told by the answer to Start and by an event, in either order.
func (w *witness) started(id string, pid int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	o, ok := w.seen[id]
	if !ok || o.path == "" || !o.record.StartedAt.IsZero() {
		return nil
	}
	if o.record.PID, o.record.StartedAt = pid, o.begun; o.begun.IsZero() {
		o.record.StartedAt = time.Now().UTC()
	}
	return record.Write(o.path, o.record)
}

// drain waits until the container's log is complete: who knows of the end may read all of it. A process outside the
// container may hold the streams open, so it does not wait for long.
func (w *witness) drain(id string) {
	w.mu.Lock()
	o, ok := w.seen[id]
	w.mu.Unlock()
	if !ok || o.logs == nil {
		return
	}
	select {
	case <-o.logs.drained:
	case <-time.After(drainTimeout):
	}
}

func (w *witness) exited(e *events.TaskExit) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	o, ok := w.seen[e.ContainerID]
	if !ok || o.path == "" || o.record.StartedAt.IsZero() {
		return nil // it was created and never started: its end is an error of Start
	}
	kills, err := w.groups.OOMKills(o.group)
	if err != nil {
		kills = 0
	}
	o.record.Exited = true
	o.record.ExitCode = int(e.ExitStatus)
	o.record.ExitedAt = e.ExitedAt.AsTime()
	o.record.OOMKilled = kills > 0
	return record.Write(o.path, o.record)
}
