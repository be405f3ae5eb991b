package disktest

import (
	"io"
	"io/fs"
	"slices"
)

// handle is an open file of a Memory.
type handle struct {
	m      *Memory
	f      *file
	name   string
	closed bool
}

func (h *handle) check(op string) error {
	if h.closed {
		return &fs.PathError{Op: op, Path: h.name, Err: fs.ErrClosed}
	}
	return h.m.fault(op, h.name)
}

// ReadAt implements io.ReaderAt.
func (h *handle) ReadAt(p []byte, off int64) (int, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if err := h.check("read"); err != nil {
		return 0, err
	}
	if off >= int64(len(h.f.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements io.WriterAt. On a full disk it writes what fits.
func (h *handle) WriteAt(p []byte, off int64) (int, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	fault := h.check("write")
	n := len(p)
	if fault != nil {
		n /= 2
	}
	if grow := off + int64(n) - int64(len(h.f.data)); h.m.limit > 0 && grow > 0 {
		if room := h.m.limit - h.m.used(); room < grow {
			n, fault = max(0, n-int(grow-max(0, room))), Full
		}
	}
	w := write{off: off, data: slices.Clone(p[:n])}
	h.f.data = w.apply(h.f.data)
	h.f.pending = append(h.f.pending, w)
	return n, fault
}

// Truncate implements disk.File.
func (h *handle) Truncate(size int64) error {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if err := h.check("truncate"); err != nil {
		return err
	}
	w := write{off: -1, size: size}
	h.f.data = w.apply(h.f.data)
	h.f.pending = append(h.f.pending, w)
	return nil
}

// Sync implements disk.File.
func (h *handle) Sync() error {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if err := h.check("sync"); err != nil {
		return err
	}
	h.f.synced, h.f.pending = slices.Clone(h.f.data), nil
	return nil
}

// Close implements io.Closer.
func (h *handle) Close() error {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if h.closed {
		return &fs.PathError{Op: "close", Path: h.name, Err: fs.ErrClosed}
	}
	h.closed = true
	h.m.open--
	return nil
}
