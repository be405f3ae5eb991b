package trail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

const (
	recordsSuffix = ".jsonl"
	digestSuffix  = ".digest"
	floorName     = "floor"
)

// maxFileBytes is the largest file that is read: a batch may overshoot
// MaxFile.
const maxFileBytes = 1 << 30

func nameOf(first uint64, suffix string) string { return fmt.Sprintf("%016d%s", first, suffix) }

// firstOf returns the number that a name of ours begins with.
func firstOf(name, suffix string) (uint64, bool) {
	stem, ours := strings.CutSuffix(name, suffix)
	first, err := strconv.ParseUint(stem, 10, 64)
	return first, ours && err == nil && nameOf(first, suffix) == name
}

// position is the end of a chain: the last record's number and hash.
type position struct {
	sequence uint64
	hash     [sha256.Size]byte // of the last line; zero before the first
}

// file is what is known of one file of records.
type file struct {
	first      uint64
	before     [sha256.Size]byte // the hash before its first record
	end        position
	begin, new time.Time // of its oldest and newest event
	size       int64
	mac        string // of its digest; "" if it has none
}

// add counts one line that ends the chain at p.
func (f *file) add(p position, at time.Time, bytes int) {
	if f.begin.IsZero() || at.Before(f.begin) {
		f.begin = at
	}
	if at.After(f.new) {
		f.new = at
	}
	f.end = p
	f.size += int64(bytes)
}

// appendLink finishes the record that begins at from in buf and follows p, and
// returns where the chain ends then.
func appendLink(buf []byte, from int, p position) ([]byte, position) {
	buf = append(buf, `,"chain":{"sequence":`...)
	buf = strconv.AppendUint(buf, p.sequence+1, 10)
	buf = append(buf, `,"previous":"`...)
	buf = hex.AppendEncode(buf, p.hash[:])
	buf = append(buf, `"}}`...)
	return buf, position{p.sequence + 1, sha256.Sum256(buf[from:])}
}

// errBroken is a line that does not continue the chain.
var errBroken = errors.New("the chain is broken")

// follow reads one line and checks that it continues the chain at p.
func follow(p position, line []byte) (Record, position, error) {
	r := Record{Line: line}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, p, fmt.Errorf("after record %d: %w: not a record: %w", p.sequence, errBroken, err)
	}
	next := position{r.Chain.Sequence, sha256.Sum256(line)}
	switch {
	case r.Chain.Sequence != p.sequence+1:
		return r, next, fmt.Errorf("after record %d: %w: record %d follows", p.sequence, errBroken, r.Chain.Sequence)
	case r.Chain.Previous != hex.EncodeToString(p.hash[:]):
		return r, next, fmt.Errorf("record %d: %w: the one before it was changed", r.Chain.Sequence, errBroken)
	}
	return r, next, nil
}

// content reads a whole file.
func content(d disk.Disk, name string) ([]byte, error) {
	f, size, err := d.Open(name, false)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	defer f.Close()
	if size > maxFileBytes {
		return nil, fmt.Errorf("%s has %d bytes: it is none of ours", name, size)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), text); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}

// scan walks over a file whose chain begins at p. Problems go to report, and
// the walk goes on. torn is how many bytes at the end are no whole line.
func scan(text []byte, p position, report func(error), visit func(Record)) (f file, torn int) {
	f = file{first: p.sequence + 1, before: p.hash, end: p}
	for len(text) > 0 {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		if !whole {
			return f, len(text)
		}
		r, next, err := follow(f.end, line)
		if err != nil {
			report(err)
		}
		f.add(next, r.EventTime, len(line)+1)
		if visit != nil {
			visit(r)
		}
		text = rest
	}
	return f, 0
}

// write replaces a small file as a whole.
func write(d disk.Disk, name string, text []byte) error {
	temporary := name + ".new"
	if err := d.Remove(temporary); err != nil {
		return err
	}
	f, _, err := d.Open(temporary, true)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(text, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.Rename(temporary, name)
	}
	if err == nil {
		err = d.SyncDir()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
