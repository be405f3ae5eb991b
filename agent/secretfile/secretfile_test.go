package secretfile

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFilesAreInMemoryAndReplaced(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting takes root")
	}
	root := filepath.Join(t.TempDir(), "secrets")
	s := New(root)
	t.Cleanup(func() {
		if err := s.Destroy(); err != nil {
			t.Error(err)
		}
	})
	if changed, err := s.Rewrite("c-0", map[string]string{"A": "1"}); changed || err != nil {
		t.Fatalf("there is nothing to rewrite: %v, %v", changed, err)
	}
	dir, err := s.Write("c-0", map[string]string{"A": "1", "B": "2"})
	if err != nil {
		t.Fatal(err)
	}
	var at unix.Statfs_t
	if err := unix.Statfs(dir, &at); err != nil || at.Type != unix.TMPFS_MAGIC {
		t.Errorf("the files are not in memory: %x, %v", at.Type, err)
	}
	if err := os.Chown(dir, 1234, 1235); err != nil { // as the runtime gives it to the container's user
		t.Fatal(err)
	}
	for range 2 {
		changed, err := New(root).Rewrite("c-0", map[string]string{"A": "3", "B": "2"})
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "A")); err != nil || string(text) != "3" {
			t.Errorf("A is %q: %v", text, err)
		}
		t.Logf("changed: %v", changed)
	}
	if changed, err := s.Rewrite("c-0", map[string]string{"A": "3", "B": "2"}); changed || err != nil {
		t.Errorf("nothing is new: %v, %v", changed, err)
	}
	var is unix.Stat_t
	if err := unix.Stat(filepath.Join(dir, "A"), &is); err != nil || is.Mode&0o777 != 0o400 || is.Uid != 1234 || is.Gid != 1235 {
		t.Errorf("A has mode %o and belongs to %d:%d: %v", is.Mode, is.Uid, is.Gid, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
	for _, bad := range []string{"", "..", "a/b"} {
		if _, err := s.Write(bad, nil); err == nil {
			t.Errorf("container %q was taken", bad)
		}
		if _, err := s.Write("c-1", map[string]string{bad: ""}); err == nil {
			t.Errorf("file %q was taken", bad)
		}
	}
	if err := s.Remove("c-0"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}
