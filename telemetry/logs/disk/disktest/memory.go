// Package disktest is a disk for tests: in memory, with a size that can be
// used up, errors that a test plants, and crashes after which only what was
// synced is sure to be there.
package disktest

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

// Memory is a disk.Disk. The zero value is an empty disk without a limit.
type Memory struct {
	mu      sync.Mutex
	names   map[string]*file // as every process sees them
	durable map[string]*file // as they are surely after a crash
	pending []rename         // changes of names since the last SyncDir
	limit   int64
	fail    func(op, name string) error
	open    int
}

// rename is a change of names; to is empty for a removal, from for a creation.
type rename struct {
	from, to string
	file     *file
}

// write is a change of content that is not synced.
type write struct {
	off  int64 // -1: truncate to size
	data []byte
	size int64
}

type file struct {
	data    []byte
	synced  []byte
	pending []write
}

// Limit bounds the disk to n bytes; 0 means no bound.
func (m *Memory) Limit(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit = n
}

// Fail plants a fault: f is asked before every operation ("open", "write",
// "sync", "truncate", "rename", "remove", "syncdir") and its error is the
// operation's. A failed write may leave half of itself behind.
func (m *Memory) Fail(f func(op, name string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = f
}

// OpenFiles returns how many files are open.
func (m *Memory) OpenFiles() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.open
}

// Bytes returns how much is used.
func (m *Memory) Bytes() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used()
}

func (m *Memory) used() int64 {
	n := int64(0)
	for _, f := range m.names {
		n += int64(len(f.data))
	}
	return n
}

func (m *Memory) fault(op, name string) error {
	if m.fail == nil {
		return nil
	}
	return m.fail(op, name)
}

// Crash returns what a machine finds after a power failure: everything synced,
// and of the rest what rnd says. The old disk stays as it is.
func (m *Memory) Crash(rnd *rand.Rand) *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := maps.Clone(m.durable)
	if names == nil {
		names = map[string]*file{}
	}
	for _, r := range m.pending[:rnd.IntN(len(m.pending)+1)] {
		r.apply(names)
	}
	after := &Memory{names: map[string]*file{}, durable: map[string]*file{}}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f := &file{data: names[name].survive(rnd)}
		f.synced = slices.Clone(f.data)
		after.names[name], after.durable[name] = f, f
	}
	return after
}

// Kill returns what a machine finds when only the process died: everything.
func (m *Memory) Kill() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := &Memory{names: map[string]*file{}, durable: map[string]*file{}}
	for name, old := range m.names {
		f := &file{data: slices.Clone(old.data), synced: slices.Clone(old.data)}
		after.names[name], after.durable[name] = f, f
	}
	return after
}

// Edit replaces a file's content by what edit makes of it.
func (m *Memory) Edit(name string, edit func([]byte) []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.names[name]
	f.data = edit(slices.Clone(f.data))
	f.synced, f.pending = slices.Clone(f.data), nil
}

// survive is the content after a crash: unsynced writes happened in part, in
// any order, possibly torn.
func (f *file) survive(rnd *rand.Rand) []byte {
	data := slices.Clone(f.synced)
	for _, w := range f.pending {
		if rnd.IntN(3) == 0 {
			continue
		}
		if w.off >= 0 && rnd.IntN(2) == 0 {
			w.data = w.data[:rnd.IntN(len(w.data)+1)]
		}
		data = w.apply(data)
	}
	return data
}

func (w *write) apply(data []byte) []byte {
	if w.off < 0 {
		return resize(data, w.size)
	}
	if len(w.data) == 0 {
		return data
	}
	if end := w.off + int64(len(w.data)); end > int64(len(data)) {
		data = resize(data, end)
	}
	copy(data[w.off:], w.data)
	return data
}

func resize(data []byte, size int64) []byte {
	if size <= int64(len(data)) {
		return data[:size:size]
	}
	return append(data, make([]byte, size-int64(len(data)))...)
}

func (r *rename) apply(names map[string]*file) {
	if r.from != "" {
		delete(names, r.from)
	}
	if r.to != "" {
		names[r.to] = r.file
	}
}

func (m *Memory) rename(r rename) {
	if m.names == nil {
		m.names = map[string]*file{}
	}
	r.apply(m.names)
	m.pending = append(m.pending, r)
}

// Open implements disk.Disk.
func (m *Memory) Open(name string, create bool) (disk.File, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault("open", name); err != nil {
		return nil, 0, err
	}
	f := m.names[name]
	if f == nil && !create {
		return nil, 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if f == nil {
		f = &file{}
		m.rename(rename{to: name, file: f})
	}
	m.open++
	return &handle{m: m, f: f, name: name}, int64(len(f.data)), nil
}

// Rename implements disk.Disk.
func (m *Memory) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault("rename", from); err != nil {
		return err
	}
	f := m.names[from]
	if f == nil {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	m.rename(rename{from, to, f})
	return nil
}

// Remove implements disk.Disk.
func (m *Memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault("remove", name); err != nil {
		return err
	}
	if m.names[name] != nil {
		m.rename(rename{from: name})
	}
	return nil
}

// List implements disk.Disk.
func (m *Memory) List() ([]disk.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []disk.Info
	for _, name := range slices.Sorted(maps.Keys(m.names)) {
		all = append(all, disk.Info{Name: name, Size: int64(len(m.names[name].data))})
	}
	return all, nil
}

// SyncDir implements disk.Disk.
func (m *Memory) SyncDir() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault("syncdir", ""); err != nil {
		return err
	}
	m.durable, m.pending = maps.Clone(m.names), nil
	return nil
}

// Full is what a full disk answers.
var Full error = syscall.ENOSPC
