package containerd

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/mount"
	"github.com/roadstead/roadstead/agent/runtime"
)

// TestCopyIn copies a tree with all that a file can be into a folder that has something already.
func TestCopyIn(t *testing.T) {
	needRoot(t)
	from, to := t.TempDir(), t.TempDir()
	at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	write := func(path, text string, mode os.FileMode, uid int) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chown(path, uid, uid), os.Chmod(path, mode), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.MkdirAll(filepath.Join(from, "deep", "er"), 0o755), os.Chmod(filepath.Join(from, "deep"), 0o1770|os.ModeSticky),
		os.Mkdir(filepath.Join(from, "both"), 0o755), os.Mkdir(filepath.Join(to, "both"), 0o711),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(from, "tool"), "run", 0o755|os.ModeSetuid, 1000)
	write(filepath.Join(from, "deep", "er", "file"), "deep", 0o640, 7)
	write(filepath.Join(from, "both", "old"), "theirs", 0o644, 0)
	write(filepath.Join(from, "both", "new"), "new", 0o644, 0)
	write(filepath.Join(to, "both", "old"), "mine", 0o644, 0)
	for _, err := range []error{
		os.Link(filepath.Join(from, "tool"), filepath.Join(from, "zlink")), os.Symlink("/etc", filepath.Join(from, "out")),
		os.Lchown(filepath.Join(from, "out"), 5, 6), unix.Mkfifo(filepath.Join(from, "pipe"), 0o620), unix.Mknod(filepath.Join(from, "null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))),
		os.Chmod(filepath.Join(from, "pipe"), 0o620), os.Chmod(filepath.Join(from, "null"), 0o666),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	attributed := unix.Lsetxattr(filepath.Join(from, "tool"), "trusted.kept", []byte("yes"), 0) == nil
	for range 2 { // the second time everything is there
		if err := copyIn(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]unix.Stat_t{
		"tool": {Mode: unix.S_IFREG | 0o4755, Uid: 1000, Nlink: 2, Size: 3}, "zlink": {Mode: unix.S_IFREG | 0o4755, Uid: 1000, Nlink: 2, Size: 3},
		"deep": {Mode: unix.S_IFDIR | 0o1770}, "deep/er/file": {Mode: unix.S_IFREG | 0o640, Uid: 7, Nlink: 1, Size: 4}, "both": {Mode: unix.S_IFDIR | 0o711},
		"both/old": {Mode: unix.S_IFREG | 0o644, Nlink: 1, Size: 4}, "both/new": {Mode: unix.S_IFREG | 0o644, Nlink: 1, Size: 3},
		"out": {Mode: unix.S_IFLNK | 0o777, Uid: 5, Nlink: 1, Size: 4}, "pipe": {Mode: unix.S_IFIFO | 0o620, Nlink: 1}, "null": {Mode: unix.S_IFCHR | 0o666, Nlink: 1},
	} {
		var got unix.Stat_t
		err := unix.Lstat(filepath.Join(to, path), &got)
		if err != nil || got.Mode != want.Mode || got.Uid != want.Uid || want.Nlink > 0 && (got.Nlink != want.Nlink || got.Size != want.Size) {
			t.Errorf("%s: %+v, %v, want %+v", path, got, err, want)
		}
		if path == "tool" && got.Mtim.Sec != at.Unix() {
			t.Errorf("%s is of %d", path, got.Mtim.Sec)
		}
	}
	value := make([]byte, 8)
	if n, err := unix.Lgetxattr(filepath.Join(to, "tool"), "trusted.kept", value); attributed && (err != nil || string(value[:n]) != "yes") {
		t.Errorf("attribute: %q, %v", value[:max(n, 0)], err)
	}
	if _, err := os.Lstat(filepath.Join(to, unfinished)); !os.IsNotExist(err) {
		t.Errorf("left: %v", err)
	}
}

// TestFillingIsNotLedAstray has somebody who has a volume's file system before him, while it is filled, put links where
// folders are about to be.
func TestFillingIsNotLedAstray(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	volume, filled, outside := filepath.Join(dir, "v"), filepath.Join(dir, ".v.filled"), filepath.Join(dir, "outside")
	for _, made := range []string{volume, filepath.Join(filled, "a", "b"), outside} {
		if err := os.MkdirAll(made, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := (mount.Table{}).Mount("tmpfs", "tmpfs", volume, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := (mount.Table{}).UnmountBelow(volume); err != nil {
			t.Error(err)
		}
	})
	for _, path := range []string{"0", "a/evil", "a/b/evil", "file"} {
		if err := os.WriteFile(filepath.Join(filled, path), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Stat(outside)
	if err != nil {
		t.Fatal(err)
	}
	// All that a faster enemy could have done by now.
	for name, to := range map[string]string{"a": outside, "file": filepath.Join(outside, "file"), unfinished: outside} {
		if err := os.Symlink(to, filepath.Join(volume, name)); err != nil {
			t.Fatal(err)
		}
	}
	c := &Client{fills: newTaskLocks()}
	err = c.fill(t.Context(), runtime.Container{Mounts: []runtime.Mount{{Source: volume, Destination: "/v", Fill: true}}}, &unpacked{snapshot: "x"})
	t.Logf("filling says %v", err)
	after, errStat := os.Stat(outside)
	if entries, errRead := os.ReadDir(outside); errRead != nil || len(entries) > 0 || errStat != nil || after.Mode() != before.Mode() {
		t.Errorf("outside of the volume: %v, %v, %v, %v", entries, errRead, after, errStat)
	}
	// And one who goes on all the time.
	his, err := os.OpenRoot(volume)
	if err != nil {
		t.Fatal(err)
	}
	defer his.Close()
	stop, gone := make(chan struct{}), sync.WaitGroup{}
	gone.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, name := range []string{"a", "a/b", unfinished} {
				_ = his.RemoveAll(name)
				_ = his.Symlink(outside, name)
			}
		}
	})
	for range 200 {
		_ = copyIn(filled, volume) // it may fail as often as it likes
	}
	close(stop)
	gone.Wait()
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("outside of the volume: %v, %v", entries, err)
	}
}
