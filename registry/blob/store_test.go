package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashDirVariable) != "" {
		uploadForever(os.Getenv(crashDirVariable))
	}
	goleak.VerifyTestMain(m)
}

func open(t testing.TB, dir string, options Options) *Store {
	t.Helper()
	s, err := Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func read(t testing.TB, s *Store, d Digest) []byte {
	t.Helper()
	f, size, err := s.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil || int64(len(content)) != size {
		t.Fatalf("read %d of %d bytes: %v", len(content), size, err)
	}
	return content
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

func TestParse(t *testing.T) {
	for text, ok := range map[string]bool{
		"sha256:" + strings.Repeat("0a", 32): true,
		"sha512:" + strings.Repeat("0a", 64): true,
		"sha256:" + strings.Repeat("0A", 32): false,
		"sha256:" + strings.Repeat("0g", 32): false,
		"sha256:" + strings.Repeat("0a", 31): false,
		"sha256:" + strings.Repeat("0a", 64): false,
		"sha384:" + strings.Repeat("0a", 48): false,
		"sha256" + strings.Repeat("0a", 32):  false,
		"sha256:":                            false,
		":":                                  false,
		"":                                   false,
	} {
		d, err := Parse(text)
		if (err == nil) != ok || ok && d.String() != text {
			t.Errorf("%s: %v, %v", text, d, err)
		}
		if !ok {
			wantErr(t, err, ErrDigestInvalid)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("sha256:" + strings.Repeat("0a", 32))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		if string(d.Algorithm())+":"+d.Hex() != text || filepath.Base(d.Hex()) != d.Hex() {
			t.Errorf("%q is parsed as %q", text, d)
		}
	})
}

func TestDirectoryBelongsToOneStore(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Options{})
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("the second Open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, Options{})
}

func TestGraceHasALeast(t *testing.T) {
	if _, err := Open(t.TempDir(), Options{Grace: MinGrace - 1}); err == nil {
		t.Error("no error")
	}
}

func TestUploadSurvivesReopening(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	content := bytes.Repeat([]byte("content"), 1000)
	for _, algorithm := range []Algorithm{SHA256, SHA512} {
		s := open(t, dir, Options{})
		id, err := s.Begin("repo", algorithm)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Append(ctx, "repo", id, Chunk{Begin: 0, Bytes: -1}, bytes.NewReader(content[:1234])); err != nil {
			t.Fatal(err)
		}
		s.Close()

		s = open(t, dir, Options{})
		if size, err := s.Size(ctx, "repo", id); size != 1234 || err != nil {
			t.Errorf("Size = %d, %v", size, err)
		}
		if _, err := s.Append(ctx, "repo", id, Chunk{Begin: 1234, Bytes: -1}, bytes.NewReader(content[1234:])); err != nil {
			t.Fatal(err)
		}
		d := Of(algorithm, content)
		if size, err := s.Commit(ctx, "repo", id, d); size != int64(len(content)) || err != nil {
			t.Errorf("Commit = %d, %v", size, err)
		}
		if !bytes.Equal(read(t, s, d), content) {
			t.Error("the blob has other content")
		}
		s.Close()
	}
}

func TestInterruptedChunks(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), Options{})
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	broken := func(n int) io.Reader {
		return io.MultiReader(bytes.NewReader(content[:n]), iotest.ErrReader(errors.New("connection reset")))
	}
	id, err := s.Begin("repo", "")
	if err != nil {
		t.Fatal(err)
	}
	size, err := s.Append(ctx, "repo", id, Chunk{Begin: -1, Bytes: int64(len(content)), Whole: true}, broken(700_000))
	wantErr(t, err, ErrInterrupted)
	if size != 0 {
		t.Errorf("%d bytes of a whole chunk were kept", size)
	}
	if info, err := os.Stat(filepath.Join(s.dir, "uploads", uploadName("repo", id))); err != nil || info.Size() != 0 {
		t.Errorf("the disk still has the chunk: %v, %v", info.Size(), err)
	}
	size, err = s.Append(ctx, "repo", id, Chunk{Begin: 0, Bytes: -1}, broken(700_000))
	wantErr(t, err, ErrInterrupted)
	if size != 700_000 {
		t.Errorf("%d bytes were kept", size)
	}
	for _, chunk := range []Chunk{{Begin: -1, Bytes: 5}, {Begin: -1, Bytes: 50}} {
		_, err = s.Append(ctx, "repo", id, chunk, bytes.NewReader(content[:10]))
		wantErr(t, err, ErrSizeInvalid)
	}
	var offset *OffsetError
	if _, err = s.Append(ctx, "repo", id, Chunk{Begin: 1, Bytes: -1}, broken(1)); !errors.As(err, &offset) || offset.Have != 700_000 {
		t.Errorf("error is %v", err)
	}
	if _, err = s.Append(ctx, "repo", id, Chunk{Begin: 700_000, Bytes: 300_000}, bytes.NewReader(content[700_000:])); err != nil {
		t.Fatal(err)
	}
	d := Of(SHA256, content)
	if _, err := s.Commit(ctx, "repo", id, d); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, s, d), content) {
		t.Error("the blob has other content")
	}
}

func TestWaitingForAnUploadEndsWithTheContext(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	id, err := s.Begin("repo", "")
	if err != nil {
		t.Fatal(err)
	}
	reader, writer := io.Pipe()
	var wait sync.WaitGroup
	wait.Go(func() {
		s.Append(context.Background(), "repo", id, Chunk{Begin: 0, Bytes: -1}, reader)
	})
	writer.Write([]byte("x")) // Append is reading
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = s.Size(ctx, "repo", id)
	wantErr(t, err, context.Canceled)
	if n, err := s.Sweep(time.Now().Add(2 * DefaultUploadAge)); n != 0 || err != nil {
		t.Errorf("a receiving upload was swept: %d, %v", n, err)
	}
	writer.Close()
	wait.Wait()
	if size, err := s.Size(context.Background(), "repo", id); size != 1 || err != nil {
		t.Errorf("Size = %d, %v", size, err)
	}
}

func TestCommitRepairsADamagedBlob(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	content := []byte("content")
	d := Of(SHA256, content)
	for range 2 {
		if err := s.Put(context.Background(), "repo", content, d); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(read(t, s, d), content) {
			t.Fatal("the blob has other content")
		}
		if err := os.WriteFile(s.blobPath(d), []byte("torn"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRunSweepsAtOnceAndLater(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var paths []string
	for range 2 {
		id, err := s.Begin("repo", "")
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, filepath.Join(s.dir, "uploads", uploadName("repo", id)))
	}
	there := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	synctest.Test(t, func(t *testing.T) {
		// By the test's own clock one is due now, the other within the hour.
		for i, age := range []time.Duration{DefaultUploadAge, DefaultUploadAge - sweepEvery/2} {
			at := time.Now().Add(-age)
			if err := os.Chtimes(paths[i], at, at); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()
		if there(paths[0]) || !there(paths[1]) {
			t.Errorf("at once: %v, %v", there(paths[0]), there(paths[1]))
		}
		<-time.After(sweepEvery) // of the bubble's clock
		synctest.Wait()
		if there(paths[1]) {
			t.Error("the second upload is still there")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if s.uploads.files != 0 || len(s.uploads.active) != 0 {
		t.Errorf("%d uploads are counted, %d remembered", s.uploads.files, len(s.uploads.active))
	}
}

func TestForget(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), Options{})
	d := Of(SHA256, []byte("x"))
	for _, repository := range []string{"one", "two"} {
		if err := s.Put(ctx, repository, []byte("x"), d); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Forget("one"), s.Forget("never seen")); err != nil {
		t.Fatal(err)
	}
	_, err := s.Held("one", d)
	wantErr(t, err, ErrUnknown)
	if size, err := s.Held("two", d); size != 1 || err != nil {
		t.Errorf("Held = %d, %v", size, err)
	}
}

// age sets back the time at which files were last used.
func age(t *testing.T, paths ...string) {
	t.Helper()
	old := time.Now().Add(-2 * DefaultGrace)
	for _, path := range paths {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCollectSparesWhatIsYoung(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), Options{})
	content := []byte("content")
	d := Of(SHA256, content)

	// A slow upload: its content is old when it becomes a blob.
	id, err := s.Begin("repo", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(ctx, "repo", id, Chunk{Begin: 0, Bytes: -1}, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	age(t, filepath.Join(s.dir, "uploads", uploadName("repo", id)))
	if _, err := s.Commit(ctx, "repo", id, d); err != nil {
		t.Fatal(err)
	}
	var done Collected
	if err := s.collectBlobs(ctx, time.Now().Add(-DefaultGrace), nil, &done); err != nil || done.Blobs != 0 {
		t.Errorf("collected %+v, %v", done, err)
	}

	for name, use := range map[string]func() error{
		"Use":  func() error { _, err := s.Use("repo", d); return err },
		"Hold": func() error { return s.Hold("repo", d) },
		"Put":  func() error { return s.Put(ctx, "repo", content, d) },
	} {
		age(t, s.blobPath(d), s.holdPath("repo", d))
		if err := use(); err != nil {
			t.Fatal(err)
		}
		if done, err := s.Collect(ctx, time.Now(), nil); err != nil || done != (Collected{}) {
			t.Errorf("after %s, collected %+v, %v", name, done, err)
		}
	}

	// Whatever became of the blob's own time, it is held.
	age(t, s.blobPath(d))
	if done, err := s.Collect(ctx, time.Now(), nil); err != nil || done != (Collected{}) {
		t.Errorf("collected %+v, %v", done, err)
	}
	age(t, s.blobPath(d), s.holdPath("repo", d))
	if done, err := s.Collect(ctx, time.Now(), nil); err != nil || done != (Collected{Blobs: 1, Holdings: 1, Bytes: 7}) {
		t.Errorf("collected %+v, %v", done, err)
	}
}
