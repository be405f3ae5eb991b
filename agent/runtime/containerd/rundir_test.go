package containerd

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestRunIsInMemory(t *testing.T) {
	needRoot(t)
	parent := t.TempDir()
	if in, err := isInMemory(parent); err != nil {
		t.Fatal(err)
	} else if in {
		t.Skip("skips mounting a file system in memory: temporary files are in memory already")
	}
	if !sharesMounts() {
		t.Skip("skips mounting a file system in memory: this process has mounts of its own")
	}
	layout := Layout{Run: filepath.Join(parent, "run")}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := layout.prepareRun(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if in, err := isInMemory(layout.Run); err != nil || !in {
		t.Fatalf("in memory: %v, %v", in, err)
	}
	mark := filepath.Join(layout.Run, "directory", "mark")
	if err := os.MkdirAll(filepath.Dir(mark), 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(mark)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() // in use while it is removed
	if err := layout.prepareRun(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Errorf("after a restart of the node: %v", err)
	}
	for range 2 {
		if err := layout.RemoveRun(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(layout.Run); !os.IsNotExist(err) {
		t.Errorf("it is left: %v", err)
	}
}

func TestRunThatIsInUseStaysOnDisk(t *testing.T) {
	layout := Layout{Run: t.TempDir()}
	before, err := isInMemory(layout.Run)
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(layout.Run, "mark")
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := layout.prepareRun(); err != nil {
		t.Fatal(err)
	}
	if after, err := isInMemory(layout.Run); err != nil || after != before {
		t.Errorf("in memory: %v, %v", after, err)
	}
	if _, err := os.Stat(mark); err != nil {
		t.Error(err)
	}
}
