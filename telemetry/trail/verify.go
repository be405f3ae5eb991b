package trail

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

// Report is what a verification found.
type Report struct {
	Files, Sealed int
	Records       uint64
	First, Last   uint64
	Begin, End    time.Time // of the oldest and the newest event
	// Removed is how many records retention removed before the first.
	Removed uint64
	// Problems are in order; none means that nothing was changed, added or
	// removed, but for records at the very end of what is not sealed.
	Problems []error
}

// maxProblems is how many problems are told.
const maxProblems = 100

func (r *Report) problem(err error) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, err)
	}
}

// Verify reads a whole trail, which another process may be writing, and checks
// every record against the one before it and every digest against the key.
func Verify(d disk.Disk, key []byte) (Report, error) {
	var r Report
	firsts, err := recordFiles(d)
	if err != nil {
		return r, fmt.Errorf("verify trail: %w", err)
	}
	removed := uint64(1)
	switch f, err := readFloor(d, key); {
	case err == nil:
		removed = f.Before
	case !errors.Is(err, fs.ErrNotExist):
		r.problem(err)
	}
	r.Removed = removed - 1
	if len(firsts) > 0 && firsts[0] > removed {
		r.problem(fmt.Errorf("records %d to %d are missing, and were not removed by retention", removed, firsts[0]-1))
	}
	if len(firsts) == 0 && removed > 1 {
		r.problem(fmt.Errorf("the records from %d on are missing", removed))
	}
	v := verifier{d, key, &r, position{}, "", nil}
	for i, first := range firsts {
		if err := v.file(first, i == 0, i == len(firsts)-1); err != nil {
			return r, fmt.Errorf("verify trail: %w", err)
		}
	}
	return r, nil
}

type verifier struct {
	disk     disk.Disk
	key      []byte
	report   *Report
	end      position
	previous string   // the mac of the digest before
	unsealed []string // files without a digest so far
}

func (v *verifier) file(first uint64, oldest, newest bool) error {
	r, name := v.report, nameOf(first, recordsSuffix)
	d, digestErr := readDigest(v.disk, v.key, first) // before the records: what it says must be there
	text, err := content(v.disk, name)
	if err != nil {
		return err
	}
	start := v.end
	if oldest {
		start = startOf(text, first, v.end)
		if first > 1 && start.hash == v.end.hash {
			r.problem(fmt.Errorf("%s: all records before it were removed, and not by retention", name))
		}
	} else if first != v.end.sequence+1 {
		r.problem(fmt.Errorf("records %d to %d are missing", v.end.sequence+1, first-1))
		start = startOf(text, first, v.end)
	}
	f, torn := scan(text, start, func(err error) { r.problem(fmt.Errorf("%s: %w", name, err)) }, nil)
	r.count(&f)
	switch {
	case digestErr == nil:
		v.compare(&f, &d, oldest)
	case errors.Is(digestErr, fs.ErrNotExist):
		v.unsealed = append(v.unsealed, name)
	default:
		r.problem(digestErr)
	}
	if torn > 0 && (!newest || digestErr == nil) {
		r.problem(fmt.Errorf("%s: %d bytes after the last record are none of ours", name, torn))
	}
	v.end = f.end
	return nil
}

// compare holds a file against its digest.
func (v *verifier) compare(f *file, d *digest, oldest bool) {
	r := v.report
	r.Sealed++
	for _, name := range v.unsealed {
		r.problem(fmt.Errorf("%s: its digest was removed", name))
	}
	v.unsealed = nil
	if d.Last != f.end.sequence || d.Hash != hex.EncodeToString(f.end.hash[:]) || d.Previous != hex.EncodeToString(f.before[:]) {
		r.problem(fmt.Errorf("%s: its records %d to %d are not those that were sealed, %d to %d", d.File, f.first, f.end.sequence, d.First, d.Last))
	}
	if !oldest && d.PreviousDigest != v.previous {
		r.problem(fmt.Errorf("%s: the digest before it is not the one that was there", d.File))
	}
	v.previous = d.MAC
}

func (r *Report) count(f *file) {
	if r.Files++; r.Files == 1 {
		r.First, r.Begin = f.first, f.begin
	}
	r.Records += f.end.sequence - f.first + 1
	r.Last = f.end.sequence
	if f.new.After(r.End) {
		r.End = f.new
	}
}
