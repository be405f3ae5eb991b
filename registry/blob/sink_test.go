package blob

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestLargeChunks sends chunks around the sizes and offsets at which writing
// changes between direct and cached.
func TestLargeChunks(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), Options{})
	content := make([]byte, 4*copyBytes+777)
	rand.NewChaCha8([32]byte{}).Read(content)
	for _, sizes := range [][]int{
		{len(content)},
		{copyBytes, copyBytes, 2*copyBytes + 777},
		{copyBytes + 1, 3*copyBytes + 776},
		{1, len(content) - 1},
		{blockBytes, 2 * copyBytes, 2*copyBytes + 777 - blockBytes},
		{3*copyBytes - 1, 1, copyBytes + 777},
	} {
		id, err := s.Begin("repo", "")
		if err != nil {
			t.Fatal(err)
		}
		sent := 0
		for _, size := range sizes {
			chunk := Chunk{Begin: int64(sent), Bytes: int64(size)}
			if _, err := s.Append(ctx, "repo", id, chunk, bytes.NewReader(content[sent:sent+size])); err != nil {
				t.Fatal(err)
			}
			sent += size
		}
		d := Of(SHA256, content[:sent])
		if _, err := s.Commit(ctx, "repo", id, d); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(read(t, s, d), content[:sent]) {
			t.Errorf("%v: the blob has other content", sizes)
		}
		if err := os.Remove(s.blobPath(d)); err != nil { // so that the next is written too
			t.Fatal(err)
		}
	}
}

// TestSinkWithoutDirectWrites has a kernel file in the place of a file system
// that refuses direct writes: both say EINVAL.
func TestSinkWithoutDirectWrites(t *testing.T) {
	refusing, err := os.OpenFile("/proc/self/oom_score_adj", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("skipping: nothing at hand that refuses writes: %v", err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	to := sink{file: file, direct: refusing, tried: true}
	piece := newBuffer()
	piece[0], piece[copyBytes-1] = 'a', 'z'
	for i := range 2 {
		if err := to.writeAt(piece, int64(i*copyBytes)); err != nil {
			t.Fatal(err)
		}
	}
	if to.direct != nil {
		t.Error("direct writing goes on")
	}
	got, err := os.ReadFile(file.Name())
	if err != nil || !bytes.Equal(got, append(bytes.Clone(piece), piece...)) {
		t.Errorf("the file has %d bytes, %v", len(got), err)
	}
}
