package volume

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// disks keeps empty files, and notes what is mounted.
type disks struct {
	mounts []string
	err    error
}

func (d *disks) Create(path, kind string, size int64) error {
	if d.err != nil {
		return d.err
	}
	return os.WriteFile(path, []byte(kind), 0o600)
}

func (d *disks) Mount(path, kind, directory string) error {
	if text, err := os.ReadFile(path); err != nil || string(text) != kind {
		return errors.Join(errors.New("not such a file system"), err)
	}
	d.mounts = append(d.mounts, filepath.Base(path)+" "+directory)
	return nil
}

func (d *disks) Remove(path string) error { return os.Remove(path) }

// A volume is made once, stays for the next life, and goes with its task or not as it was made.
func TestStore(t *testing.T) {
	d := &disks{}
	dir := filepath.Join(t.TempDir(), "volumes")
	open := func() *Store { return New(d, dir, func() time.Time { return time.Unix(1, 0) }) }
	s := open()
	if tasks, err := s.Tasks(); len(tasks) != 0 || err != nil {
		t.Errorf("%v, %v", tasks, err)
	}
	gone := Volume{ID: "vol-00000001", Task: "one", FileSystem: "xfs", Size: 1, Deleted: true}
	kept := Volume{ID: "vol-00000002", Task: "two", FileSystem: "ext4", Size: 1}
	for _, v := range []Volume{gone, kept} {
		if err := s.Attach(v, "/"+v.Task); err != nil {
			t.Fatal(err)
		}
	}
	s = open()
	if err := s.Attach(gone, "/one"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"vol-00000001.disk /one", "vol-00000002.disk /two", "vol-00000001.disk /one"}; !slices.Equal(d.mounts, want) {
		t.Errorf("mounts: %q", d.mounts)
	}
	if tasks, err := s.Tasks(); !slices.Equal(tasks, []string{"one", "two"}) || err != nil {
		t.Errorf("%v, %v", tasks, err)
	}
	for _, task := range []string{"one", "two", "one", "two", "three"} {
		if err := s.Release(task); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(entries) != 2 || !strings.Contains(entries[0], "vol-00000002") {
		t.Errorf("left: %q, %v", entries, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "vol-00000002.json")); err != nil || !strings.Contains(string(text), `"available": true`) {
		t.Errorf("%s, %v", text, err)
	}
	if tasks, err := s.Tasks(); len(tasks) != 0 || err != nil {
		t.Errorf("%v, %v", tasks, err)
	}
}

// What cannot be made is made by the next attempt; what is another's, or is called like a path, is refused.
func TestStoreRefuses(t *testing.T) {
	d := &disks{err: errors.New("disk full")}
	s := New(d, t.TempDir(), time.Now)
	v := Volume{ID: "vol-00000001", Task: "one", FileSystem: "xfs", Size: 1, Deleted: true}
	if err := s.Attach(v, "/one"); !errors.Is(err, d.err) {
		t.Errorf("%v", err)
	}
	d.err = nil
	if err := s.Attach(v, "/one"); err != nil {
		t.Errorf("%v", err)
	}
	v.Task = "two"
	if err := s.Attach(v, "/two"); err == nil || !strings.Contains(err.Error(), "it is that of task one") {
		t.Errorf("%v", err)
	}
	v.ID = "vol-../../etc"
	if err := s.Attach(v, "/two"); err == nil {
		t.Error("an id that is a path is taken")
	}
	if err := os.WriteFile(filepath.Join(s.dir, "vol-00000003.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Release("one"); err == nil || !strings.Contains(err.Error(), "vol-00000003") {
		t.Errorf("%v", err)
	}
}

// What is left of a record whose writer was killed goes when the next life looks at what there is.
func TestTornRecord(t *testing.T) {
	dir := t.TempDir()
	torn := filepath.Join(dir, drafts+"123")
	if err := os.WriteFile(torn, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if tasks, err := New(&disks{}, dir, time.Now).Tasks(); len(tasks) != 0 || err != nil {
		t.Errorf("%v, %v", tasks, err)
	}
	if _, err := os.Stat(torn); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is left: %v", err)
	}
}
