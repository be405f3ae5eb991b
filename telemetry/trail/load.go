package trail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

// recordFiles returns the first numbers of the files of records, in order.
func recordFiles(d disk.Disk) ([]uint64, error) {
	all, err := d.List()
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	var firsts []uint64
	for _, f := range all {
		if first, ours := firstOf(f.Name, recordsSuffix); ours {
			firsts = append(firsts, first)
		}
	}
	slices.Sort(firsts)
	return firsts, nil
}

// load finds the files. What a crash tore off the last is cut when it is sealed.
func (t *Trail) load() error {
	firsts, err := recordFiles(t.disk)
	if err != nil {
		return err
	}
	var end position
	for _, first := range firsts {
		f, err := t.loadFile(first, end)
		if err != nil {
			return err
		}
		if f.size == 0 { // nothing was ever acknowledged in it
			if err := t.disk.Remove(nameOf(first, recordsSuffix)); err != nil {
				return fmt.Errorf("remove an empty file: %w", err)
			}
			continue
		}
		end = f.end
		t.files = append(t.files, f)
	}
	if removed, err := readFloor(t.disk, t.key); err == nil && len(t.files) == 0 {
		t.opts.Observe(Notice{Kind: "damaged", Err: errors.New("all records are gone")})
		t.base.sequence = removed.Before - 1
	}
	return nil
}

// loadFile learns of one file from its digest, or by reading it.
func (t *Trail) loadFile(first uint64, before position) (file, error) {
	name := nameOf(first, recordsSuffix)
	d, err := readDigest(t.disk, t.key, first)
	if err == nil {
		return d.known()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.opts.Observe(Notice{Kind: "damaged", File: name, Err: err})
	}
	text, err := content(t.disk, name)
	if err != nil {
		return file{}, err
	}
	f, torn := scan(text, startOf(text, first, before), func(err error) {
		t.opts.Observe(Notice{Kind: "damaged", File: name, Err: err})
	}, nil)
	if torn > 0 {
		t.opts.Observe(Notice{Kind: "recovered", File: name})
	}
	return f, nil
}

// startOf returns where the chain of a file begins: where the file before it
// ended, or, if that is not there any more, where the first record says.
func startOf(text []byte, first uint64, before position) position {
	if before.sequence+1 == first {
		return before
	}
	start := position{sequence: first - 1}
	line, _, _ := bytes.Cut(text, []byte{'\n'})
	var r Record
	if json.Unmarshal(line, &r) == nil {
		if b, err := hex.DecodeString(r.Chain.Previous); err == nil && len(b) == sha256.Size {
			copy(start.hash[:], b)
		}
	}
	return start
}
