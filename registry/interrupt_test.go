package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
)

// cutOff sends the head of a request and half of its body, and hangs up.
func (s *server) cutOff(method, path string, content []byte) {
	s.t.Helper()
	connection, err := net.Dial("tcp", s.host)
	if err != nil {
		s.t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprintf(connection, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n", method, path, s.host, len(content))
	if _, err := connection.Write(content[:len(content)/2]); err != nil {
		s.t.Fatal(err)
	}
}

// files lists the regular files below a directory of the store.
func (s *server) files(sub string) []string {
	s.t.Helper()
	var found []string
	err := filepath.WalkDir(filepath.Join(s.dir, sub), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// eventually waits for something that the server does after a client is gone.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func TestInterruptedUploads(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 256<<10/16)
	s := newServer(t, serverOptions{}, "a")
	d := sha(content)

	s.cutOff("POST", "/v2/a/blobs/uploads/?digest="+d, content)
	eventually(t, "a single POST that is cut off leaves no upload", func() bool { return len(s.files("uploads")) == 0 })

	location := s.want(202, "POST", "/v2/a/blobs/uploads/", nil).header.Get("Location")
	s.cutOff("PUT", location+"?digest="+d, content)
	eventually(t, "a PUT that is cut off is taken back", func() bool {
		a := s.want(204, "GET", location, nil)
		return a.header.Get("Range") == "0-0"
	})

	s.cutOff("PATCH", location, content)
	half := fmt.Sprintf("0-%d", len(content)/2-1)
	eventually(t, "a PATCH that is cut off keeps what arrived", func() bool {
		return s.want(204, "GET", location, nil).header.Get("Range") == half
	})
	for _, sub := range []string{"blobs", "repositories"} {
		if found := s.files(sub); len(found) != 0 {
			t.Errorf("%s has %v", sub, found)
		}
	}
	s.wantCode(404, registry.CodeBlobUnknown, "HEAD", "/v2/a/blobs/"+d, nil)
	s.want(201, "PUT", location+"?digest="+d, content[len(content)/2:], fmt.Sprintf("Content-Range: %d-%d", len(content)/2, len(content)-1))
	wantBody(t, s.want(200, "GET", "/v2/a/blobs/"+d, nil), content)

	abandoned := s.want(202, "POST", "/v2/a/blobs/uploads/", nil).header.Get("Location")
	s.cutOff("PATCH", abandoned, content)
	eventually(t, "the upload has something", func() bool { return s.want(204, "GET", abandoned, nil).header.Get("Range") == half })
	if n, err := s.blobs.Sweep(time.Now().Add(2 * blob.DefaultUploadAge)); n != 1 || err != nil {
		t.Errorf("Sweep = %d, %v", n, err)
	}
	s.wantCode(404, registry.CodeUploadUnknown, "GET", abandoned, nil)
	if errs := s.failures(); len(errs) != 0 {
		t.Errorf("internal errors: %v", errs)
	}
}

func TestConcurrentUploadsOfOneBlob(t *testing.T) {
	s := newServer(t, serverOptions{}, "a", "b")
	content := bytes.Repeat([]byte("same"), 64<<10)
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			repository := []string{"a", "b"}[i%2]
			s.upload(repository, content)
			s.want(200, "HEAD", "/v2/"+repository+"/blobs/"+sha(content), nil)
		})
	}
	wait.Wait()
	if found := s.files("blobs"); len(found) != 1 {
		t.Errorf("blobs: %v", found)
	}
	if found := s.files("uploads"); len(found) != 0 {
		t.Errorf("uploads: %v", found)
	}
}

func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skipping the full disk: mounting a small tmpfs needs root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("skipping the full disk: a tmpfs cannot be mounted: %v", err)
	}
	t.Cleanup(func() { // after the server's cleanup
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	s := newServer(t, serverOptions{dir: dir}, "a")
	large := bytes.Repeat([]byte("x"), 2<<20)
	small := []byte("a small blob")
	fits := large[:512<<10]
	d := s.upload("a", fits)

	s.wantCode(507, registry.CodeUnknown, "POST", "/v2/a/blobs/uploads/?digest="+sha(large), large)
	location := s.want(202, "POST", "/v2/a/blobs/uploads/", nil).header.Get("Location")
	s.want(202, "PATCH", location, small)
	a := s.wantCode(507, registry.CodeUnknown, "PATCH", location, large)
	if strings.Contains(string(a.body), dir) {
		t.Errorf("the client sees our paths: %s", a.body)
	}
	wantHeader(t, s.want(204, "GET", location, nil), "Range", fmt.Sprintf("0-%d", len(small)-1))
	s.wantCode(404, registry.CodeBlobUnknown, "GET", "/v2/a/blobs/"+sha(large), nil)
	s.want(201, "PUT", location+"?digest="+sha(small), nil)
	wantBody(t, s.want(200, "GET", "/v2/a/blobs/"+sha(small), nil), small)
	wantBody(t, s.want(200, "GET", "/v2/a/blobs/"+d, nil), fits)
	if found := s.files("uploads"); len(found) != 0 {
		t.Errorf("uploads: %v", found)
	}
	if errs := s.failures(); len(errs) != 2 || !blob.IsFull(errs[0]) {
		t.Errorf("reported failures: %v", errs)
	}
}

func TestLimits(t *testing.T) {
	s := newServer(t, serverOptions{blobs: blob.Options{MaxBlobBytes: 100, MaxUploads: 2}}, "a")
	content := bytes.Repeat([]byte("x"), 101)
	s.wantCode(413, registry.CodeSizeInvalid, "POST", "/v2/a/blobs/uploads/?digest="+sha(content), content)
	location := s.want(202, "POST", "/v2/a/blobs/uploads/", nil).header.Get("Location")
	s.want(202, "PATCH", location, content[:60])
	s.wantCode(413, registry.CodeSizeInvalid, "PATCH", location, content[60:])
	s.want(202, "POST", "/v2/a/blobs/uploads/", nil)
	a := s.wantCode(429, registry.CodeTooManyRequests, "POST", "/v2/a/blobs/uploads/", nil)
	wantHeader(t, a, "Retry-After", "1")
	s.want(201, "PUT", location+"?digest="+sha(content[:100]), content[60:100])
	s.want(202, "POST", "/v2/a/blobs/uploads/", nil)
}
