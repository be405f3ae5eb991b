package trail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

// KeySize is the length of the key of digests in bytes.
const KeySize = 32

// digest says what a file holds. It is written once, when the file has ended.
type digest struct {
	File           string    `json:"file"`
	First          uint64    `json:"firstSequence"`
	Last           uint64    `json:"lastSequence"`
	Previous       string    `json:"previousHash"` // of the record before the first
	Hash           string    `json:"lastHash"`     // of the last record
	Begin          time.Time `json:"oldestEvent"`
	End            time.Time `json:"newestEvent"`
	Bytes          int64     `json:"bytes"`
	PreviousDigest string    `json:"previousDigest,omitempty"` // the mac of the digest before
	MAC            string    `json:"mac"`                      // HMAC-SHA256 of all before
}

// floor says which records were removed on purpose: those before a number.
type floor struct {
	Before uint64 `json:"removedBefore"`
	MAC    string `json:"mac"`
}

var errForged = errors.New("it was not made with this key, or was changed since")

func (d *digest) sum(key []byte) string {
	unsigned := *d
	unsigned.MAC = ""
	return sum(key, "digest", unsigned)
}

func (f *floor) sum(key []byte) string { return sum(key, "floor", floor{Before: f.Before}) }

func sum(key []byte, kind string, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers, texts and times always have a form
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kind + "\x00"))
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil))
}

func (f *file) digest(key []byte, previous string) digest {
	d := digest{File: nameOf(f.first, recordsSuffix), First: f.first, Last: f.end.sequence,
		Previous: hex.EncodeToString(f.before[:]), Hash: hex.EncodeToString(f.end.hash[:]),
		Begin: f.begin.UTC(), End: f.new.UTC(), Bytes: f.size, PreviousDigest: previous}
	d.MAC = d.sum(key)
	return d
}

// readDigest reads the digest of the file that begins with first. The error is
// errForged if key did not make it.
func readDigest(d disk.Disk, key []byte, first uint64) (got digest, err error) {
	name := nameOf(first, digestSuffix)
	text, err := content(d, name)
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err == nil && (got.First != first || !hmac.Equal([]byte(got.MAC), []byte(got.sum(key)))) {
		err = errForged
	}
	if err != nil {
		return got, fmt.Errorf("digest %s: %w", name, err)
	}
	return got, nil
}

func readFloor(d disk.Disk, key []byte) (got floor, err error) {
	text, err := content(d, floorName)
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err == nil && !hmac.Equal([]byte(got.MAC), []byte(got.sum(key))) {
		err = errForged
	}
	if err != nil {
		return got, fmt.Errorf("what was removed: %w", err)
	}
	return got, nil
}

func writeJSON(d disk.Disk, name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return write(d, name, append(text, '\n'))
}

// known returns what a digest says of its file.
func (d *digest) known() (file, error) {
	f := file{first: d.First, begin: d.Begin, new: d.End, size: d.Bytes, mac: d.MAC}
	f.end.sequence = d.Last
	for _, h := range []struct {
		into *[sha256.Size]byte
		text string
	}{{&f.before, d.Previous}, {&f.end.hash, d.Hash}} {
		b, err := hex.DecodeString(h.text)
		if err != nil || len(b) != sha256.Size {
			return f, fmt.Errorf("digest of %s: %q is no hash", d.File, h.text)
		}
		copy(h.into[:], b)
	}
	return f, nil
}
