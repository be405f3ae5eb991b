package trail

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

// Query asks for records, the newest first.
type Query struct {
	// From and To bound the events' times, both included; zero is no bound.
	From, To time.Time
	// Contains must be in the record's line; nil asks for nothing. It spares the
	// work of reading others.
	Contains []byte
	// Match is asked about what is left; nil takes all.
	Match func(*Record) bool
	// Before is the number that the records' are below; 0 begins at the end.
	Before uint64
	// Limit is how many records are wanted at most.
	Limit int
}

// Find returns records, and the number to continue before; 0 when there are no
// more. There may be more even if fewer than Limit came: it reads only so much
// at once. What was appended a moment ago may be missing unless it was awaited.
func (t *Trail) Find(q Query) (found []Record, next uint64, err error) {
	t.mu.RLock()
	files := slices.Clone(t.files)
	t.mu.RUnlock()
	return find(t.disk, files, q)
}

// Read is Find over the files of a trail that another process may be writing.
func Read(d disk.Disk, q Query) (found []Record, next uint64, err error) {
	firsts, err := recordFiles(d)
	if err != nil {
		return nil, 0, err
	}
	files := make([]file, len(firsts))
	for i, first := range firsts {
		files[i] = file{first: first}
	}
	return find(d, files, q)
}

func find(d disk.Disk, files []file, q Query) (found []Record, next uint64, err error) {
	read := 0
	for _, f := range slices.Backward(files) {
		if q.Before > 0 && f.first >= q.Before || !f.new.IsZero() && (!q.From.IsZero() && f.new.Before(q.From) || !q.To.IsZero() && f.begin.After(q.To)) {
			continue
		}
		if read > maxScan {
			return found, f.end.sequence + 1, nil
		}
		text, err := content(d, nameOf(f.first, recordsSuffix))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, 0, fmt.Errorf("find records: %w", err)
		}
		read += len(text)
		if f.size > 0 {
			text = text[:min(f.size, int64(len(text)))]
		}
		var full bool
		if found, full = q.search(text, found); full {
			next = found[len(found)-1].Chain.Sequence
			if next == files[0].first {
				next = 0
			}
			return found, next, nil
		}
	}
	return found, 0, nil
}

// search adds the records of a file, from its end, and reports whether there
// are as many as wanted.
func (q *Query) search(text []byte, found []Record) ([]Record, bool) {
	end := bytes.LastIndexByte(text, '\n')
	for end > 0 {
		begin := bytes.LastIndexByte(text[:end], '\n') + 1
		line := text[begin:end]
		end = begin - 1
		if q.Contains != nil && !bytes.Contains(line, q.Contains) {
			continue
		}
		r := Record{}
		if json.Unmarshal(line, &r) != nil || q.Before > 0 && r.Chain.Sequence >= q.Before ||
			!q.From.IsZero() && r.EventTime.Before(q.From) || !q.To.IsZero() && r.EventTime.After(q.To) || q.Match != nil && !q.Match(&r) {
			continue
		}
		r.Line = bytes.Clone(line)
		if found = append(found, r); len(found) == q.Limit {
			return found, true
		}
	}
	return found, false
}
