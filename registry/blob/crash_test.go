package blob

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// crashDirVariable makes the test binary the process that is to be killed.
const crashDirVariable = "BLOB_CRASH_DIR"

// crashContent is the n-th blob of the process that is to be killed.
func crashContent(n int) []byte {
	return bytes.Repeat([]byte(fmt.Sprintf("blob %d\n", n)), 200_000)
}

// uploadForever uploads blobs in pieces and says which are complete, until it
// is killed.
func uploadForever(dir string) {
	ctx := context.Background()
	s, err := Open(dir, Options{MaxUploads: 1 << 20})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for n := 0; ; n++ {
		content := crashContent(n)
		id, err := s.Begin("repo", "")
		for i := 0; err == nil && i < len(content); i += 600_000 {
			_, err = s.Append(ctx, "repo", id, Chunk{Begin: int64(i), Bytes: -1}, bytes.NewReader(content[i:min(i+600_000, len(content))]))
		}
		if err == nil {
			_, err = s.Commit(ctx, "repo", id, Of(SHA256, content))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

// TestKilledProcess kills a process while it uploads, several times over one
// directory: whatever it called complete is there and whole, nothing else can
// be seen, and what it left half done is swept.
func TestKilledProcess(t *testing.T) {
	dir := t.TempDir()
	for round := range 5 {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), crashDirVariable+"="+dir)
		command.Stderr = os.Stderr
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		complete := 0
		for lines := bufio.NewScanner(out); complete < 3+2*round && lines.Scan(); {
			complete++
		}
		// It is somewhere in the next upload.
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		command.Wait()
		checkAfterCrash(t, dir, complete)
	}
}

func checkAfterCrash(t *testing.T, dir string, complete int) {
	t.Helper()
	s := open(t, dir, Options{})
	defer s.Close()
	for n := range complete {
		content := crashContent(n)
		d := Of(SHA256, content)
		if size, err := s.Held("repo", d); err != nil || size != int64(len(content)) {
			t.Errorf("blob %d: %d bytes, %v", n, size, err)
		}
	}
	err := eachFile(context.Background(), dir+"/blobs/sha256", func(in, name string) error {
		content, err := os.ReadFile(in + "/" + name)
		if err == nil && Of(SHA256, content).Hex() != name {
			t.Errorf("%s has other content", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := s.Sweep(time.Now().Add(2 * DefaultUploadAge)); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir + "/uploads"); err != nil || len(entries) != 0 {
		t.Errorf("uploads are left: %v, %v", entries, err)
	}
}
