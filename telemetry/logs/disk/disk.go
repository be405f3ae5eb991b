// Package disk is the file system as the log store sees it: a flat directory
// of files that are written, synced, renamed and removed.
//
// It decides nothing about content. It exists so that a test can put a disk
// underneath that fills up, loses what was not synced, or tears a write in
// half (disktest), and so that every call that must reach the platter is a
// visible call. It may not buffer: what WriteAt took is in the kernel.
package disk

import (
	"errors"
	"io"
	"syscall"
)

// Disk is one flat directory. Names hold no slash.
type Disk interface {
	// Open opens the file, creating an empty one when it is missing and
	// create is set, and returns its size in bytes.
	Open(name string, create bool) (File, int64, error)
	// Rename moves from over to. It is durable after SyncDir.
	Rename(from, to string) error
	// Remove unlinks the file; a missing file is no error. A File that is
	// already open stays readable.
	Remove(name string) error
	// List returns every file's name and size in bytes, sorted by name.
	List() ([]Info, error)
	// SyncDir makes created, renamed and removed names durable.
	SyncDir() error
}

// File is an open file. Reads and writes at different offsets may run
// concurrently.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Truncate cuts the file to size bytes.
	Truncate(size int64) error
	// Sync makes the content and the size durable (fdatasync).
	Sync() error
}

// Info is one file of a listing.
type Info struct {
	Name string
	Size int64
}

// Full reports whether err says that there is no space left (ENOSPC, or a
// quota that is used up).
func Full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
