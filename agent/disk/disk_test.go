package disk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/roadstead/roadstead/agent/mount"
)

const mib = 1 << 20

func needDisks(t *testing.T, kind string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting takes root")
	}
	if err := (Loop{}).Usable(kind); err != nil {
		t.Skipf("skips disks of kind %s: %v", kind, err)
	}
}

// devices are the loop devices that have a file of a directory, by what the kernel says.
func devices(t *testing.T, directory string) (files []string) {
	t.Helper()
	paths, err := filepath.Glob("/sys/block/loop*/loop/backing_file")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(text), directory+"/") {
			files = append(files, strings.TrimSpace(string(text)))
		}
	}
	return files
}

func fill(t *testing.T, path string, size int) error {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	block := make([]byte, mib)
	for range size / mib {
		if _, err := file.Write(block); err != nil {
			return err
		}
	}
	return file.Sync()
}

// TestScratch fills a disk, whose neighbour has room all the same, and finds nothing left of both.
func TestScratch(t *testing.T) {
	needDisks(t, Ext4)
	dir := t.TempDir()
	t.Cleanup(func() {
		if err := (mount.Table{}).UnmountBelow(dir); err != nil {
			t.Error(err)
		}
	})
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	for _, directory := range []string{one, two, one} { // the third time it is there
		if err := (Loop{}).Scratch(directory, 64*mib); err != nil {
			t.Fatal(err)
		}
	}
	if held := devices(t, dir); len(held) != 2 {
		t.Errorf("loop devices: %q", held)
	}
	if err := fill(t, filepath.Join(one, "file"), 80*mib); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("writing more than there is room for: %v", err)
	}
	if err := fill(t, filepath.Join(two, "file"), 8*mib); err != nil {
		t.Errorf("beside a disk that is full: %v", err)
	}
	used, size, err := (Loop{}).Usage(two)
	if err != nil || used < 8*mib || used > 10*mib || size < 50*mib || size > 64*mib {
		t.Errorf("usage: %d of %d, %v", used, size, err)
	}
	if err := (mount.Table{}).UnmountBelow(dir); err != nil {
		t.Fatal(err)
	}
	if used, size, err := (Loop{}).Usage(two); used != 0 || size != 0 || err != nil {
		t.Errorf("usage of what is not mounted: %d of %d, %v", used, size, err)
	}
	entries, err := filepath.Glob(filepath.Join(dir, ".*"))
	if held := devices(t, dir); len(held) != 0 || err != nil || len(entries) != 0 {
		t.Errorf("left: %q %q %v", held, entries, err)
	}
}

// TestDisks writes to disks of each kind, and finds it again when they are mounted anew.
func TestDisks(t *testing.T) {
	for _, kind := range []string{Ext4, Ext3, XFS} {
		t.Run(kind, func(t *testing.T) {
			needDisks(t, kind)
			dir := t.TempDir()
			t.Cleanup(func() {
				if err := (mount.Table{}).UnmountBelow(dir); err != nil {
					t.Error(err)
				}
			})
			path, target := filepath.Join(dir, "disk"), filepath.Join(dir, "target")
			loop := Loop{}
			if err := loop.Create(path, kind, 512*mib); err != nil {
				t.Fatal(err)
			}
			if err := loop.Create(path, kind, 512*mib); !errors.Is(err, os.ErrExist) {
				t.Errorf("a disk is made over another: %v", err)
			}
			for _, step := range []func() error{
				func() error { return loop.Mount(path, kind, target) },
				func() error { return loop.Mount(path, kind, target) },
				func() error { return os.WriteFile(filepath.Join(target, "kept"), []byte("x"), 0o600) },
				func() error { return mount.Table{}.UnmountBelow(target) },
				func() error { return loop.Mount(path, kind, target) },
				func() error { _, err := os.Stat(filepath.Join(target, "kept")); return err },
				func() error { return mount.Table{}.UnmountBelow(target) },
				func() error { return loop.Remove(path) },
				func() error { return loop.Remove(path) },
			} {
				if err := step(); err != nil {
					t.Fatal(err)
				}
			}
			if held := devices(t, dir); len(held) != 0 {
				t.Errorf("left: %q", held)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		kind string
		size int64
		want string
	}{{"btrfs", mib, `kind "btrfs" are not supported`}, {Ext4, 0, "a disk of 0 bytes"}, {Ext4, MaxSize + 1, "a disk of"}} {
		err := (Loop{}).Create(filepath.Join(dir, "disk"), c.kind, c.size)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %d: %v", c.kind, c.size, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// BenchmarkScratch measures what a task of Fargate waits for, if it waits for nothing else.
func BenchmarkScratch(b *testing.B) {
	if os.Geteuid() != 0 || (Loop{}).Usable(Ext4) != nil {
		b.Skip("skips disks: this machine cannot make them, or this is not root")
	}
	dir := b.TempDir()
	for b.Loop() {
		if err := (Loop{}).Scratch(filepath.Join(dir, "v"), 20<<30); err != nil {
			b.Fatal(err)
		}
		if err := (mount.Table{}).UnmountBelow(dir); err != nil {
			b.Fatal(err)
		}
	}
}
