package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is what a store should contain, kept in maps.
type model struct {
	t       *rapid.T
	dir     string
	store   *Store
	now     time.Time
	blobs   map[Digest][]byte
	held    map[string]map[Digest]bool // repository -> digests
	uploads map[[2]string][]byte       // repository and id -> content so far
}

var repositories = []string{"one", "two", "one/deeper"}

// TestModel does random things to a store and to the model, closing and opening
// the store in between, and compares everything after each step.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "blob")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := &model{t: t, dir: dir, now: time.Now(), blobs: map[Digest][]byte{}, held: map[string]map[Digest]bool{},
			uploads: map[[2]string][]byte{}}
		for _, repository := range repositories {
			m.held[repository] = map[Digest]bool{}
		}
		m.open()
		defer func() { m.store.Close() }()
		steps := []func(){m.begin, m.begin, m.append, m.append, m.append, m.commit, m.commit, m.commitWrong, m.abort, m.put, m.put,
			m.hold, m.release, m.forget, m.collect, m.reopen}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			steps[rapid.IntRange(0, len(steps)-1).Draw(t, "step")]()
			m.compare()
		}
	})
}

func (m *model) open() {
	var err error
	if m.store, err = Open(m.dir, Options{}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) reopen() {
	if err := m.store.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.open()
}

func (m *model) ok(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) repository() string {
	return rapid.SampledFrom(repositories).Draw(m.t, "repository")
}

func (m *model) content() []byte {
	return rapid.SliceOfN(rapid.ByteRange('a', 'c'), 0, 3).Draw(m.t, "content")
}

func (m *model) algorithm() Algorithm {
	return rapid.SampledFrom([]Algorithm{SHA256, SHA256, SHA512}).Draw(m.t, "algorithm")
}

// upload picks one that is under way.
func (m *model) upload() ([2]string, bool) {
	var keys [][2]string
	for key := range m.uploads {
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return [2]string{}, false
	}
	slices.SortFunc(keys, func(a, b [2]string) int { return bytes.Compare([]byte(a[1]), []byte(b[1])) })
	return rapid.SampledFrom(keys).Draw(m.t, "upload"), true
}

func (m *model) begin() {
	repository := m.repository()
	id, err := m.store.Begin(repository, m.algorithm())
	m.ok(err)
	m.uploads[[2]string{repository, id}] = []byte{}
}

func (m *model) append() {
	key, ok := m.upload()
	if !ok {
		return
	}
	content := m.content()
	size, err := m.store.Append(context.Background(), key[0], key[1], Chunk{Begin: int64(len(m.uploads[key])), Bytes: -1}, bytes.NewReader(content))
	m.ok(err)
	m.uploads[key] = append(slices.Clone(m.uploads[key]), content...)
	if size != int64(len(m.uploads[key])) {
		m.t.Fatalf("size is %d, want %d", size, len(m.uploads[key]))
	}
}

func (m *model) commit() {
	key, ok := m.upload()
	if !ok {
		return
	}
	content := m.uploads[key]
	d := Of(m.algorithm(), content)
	_, err := m.store.Commit(context.Background(), key[0], key[1], d)
	m.ok(err)
	delete(m.uploads, key)
	m.blobs[d] = content
	m.held[key[0]][d] = true
}

func (m *model) commitWrong() {
	key, ok := m.upload()
	if !ok {
		return
	}
	_, err := m.store.Commit(context.Background(), key[0], key[1], Of(m.algorithm(), []byte("something else")))
	if !errors.Is(err, ErrDigestInvalid) {
		m.t.Fatalf("error is %v", err)
	}
	delete(m.uploads, key)
}

func (m *model) abort() {
	if key, ok := m.upload(); ok {
		m.ok(m.store.Abort(context.Background(), key[0], key[1]))
		delete(m.uploads, key)
	}
}

func (m *model) put() {
	repository, content := m.repository(), m.content()
	d := Of(m.algorithm(), content)
	m.ok(m.store.Put(context.Background(), repository, content, d))
	m.blobs[d] = content
	m.held[repository][d] = true
}

func (m *model) hold() {
	repository, d := m.repository(), Of(m.algorithm(), m.content())
	err := m.store.Hold(repository, d)
	if _, known := m.blobs[d]; known {
		m.ok(err)
		m.held[repository][d] = true
	} else if !errors.Is(err, ErrUnknown) {
		m.t.Fatalf("error is %v", err)
	}
}

func (m *model) release() {
	repository, d := m.repository(), Of(m.algorithm(), m.content())
	err := m.store.Release(repository, d)
	if m.held[repository][d] {
		m.ok(err)
		delete(m.held[repository], d)
	} else if !errors.Is(err, ErrUnknown) {
		m.t.Fatalf("error is %v", err)
	}
}

func (m *model) forget() {
	repository := m.repository()
	m.ok(m.store.Forget(repository))
	m.held[repository] = map[Digest]bool{}
}

// collect wants a random part of what is held, after the grace.
func (m *model) collect() {
	wanted, keep := Wanted{}, map[Digest]bool{}
	for _, repository := range repositories {
		wanted[repository] = map[Digest]struct{}{}
		var digests []Digest
		for d := range m.held[repository] {
			digests = append(digests, d)
		}
		slices.Sort(digests)
		for _, d := range digests {
			if rapid.Bool().Draw(m.t, "wanted") {
				wanted[repository][d] = struct{}{}
				keep[d] = true
			} else {
				delete(m.held[repository], d)
			}
		}
	}
	done, err := m.store.Collect(context.Background(), m.now.Add(2*DefaultGrace), wanted)
	m.ok(err)
	removed := 0
	for d := range m.blobs {
		if !keep[d] {
			delete(m.blobs, d)
			removed++
		}
	}
	if done.Blobs != removed {
		m.t.Fatalf("%d blobs were collected, want %d", done.Blobs, removed)
	}
}

func (m *model) compare() {
	for _, algorithm := range []Algorithm{SHA256, SHA512} {
		for _, content := range [][]byte{{}, []byte("a"), []byte("b"), []byte("ab"), []byte("abc"), []byte("cc")} {
			d := Of(algorithm, content)
			_, known := m.blobs[d]
			if _, err := m.store.Stat(d); (err == nil) != known {
				m.t.Fatalf("blob of %q: %v, want known=%v", content, err, known)
			}
			for _, repository := range repositories {
				if _, err := m.store.Held(repository, d); (err == nil) != m.held[repository][d] {
					m.t.Fatalf("%q in %s: %v", content, repository, err)
				}
			}
		}
	}
	for d, content := range m.blobs {
		got, err := os.ReadFile(m.store.blobPath(d))
		if err != nil || !bytes.Equal(got, content) {
			m.t.Fatalf("blob of %q is %q, %v", content, got, err)
		}
	}
	for key, content := range m.uploads {
		if size, err := m.store.Size(context.Background(), key[0], key[1]); err != nil || size != int64(len(content)) {
			m.t.Fatalf("upload %v: %d, %v", key, size, err)
		}
	}
	if entries, err := os.ReadDir(m.dir + "/uploads"); err != nil || len(entries) != len(m.uploads) || m.store.uploads.files != len(entries) {
		m.t.Fatal(fmt.Sprintf("%d uploads on disk, %d counted, want %d", len(entries), m.store.uploads.files, len(m.uploads)))
	}
}
