package mount

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		kind, options, data string
		bits                uintptr
	}{
		{"tmpfs", "", "", 0},
		{"tmpfs", "size=1m,ro,mode=1770,noexec", "size=1m,mode=1770", unix.MS_RDONLY | unix.MS_NOEXEC},
		{"tmpfs", "ro,rw,defaults", "", 0},
		{"none", "bind,ro", "", unix.MS_BIND | unix.MS_RDONLY},
		{"nfs", "addr=10.0.0.1,vers=4.1", "addr=10.0.0.1,vers=4.1,nosharecache", 0},
		{"nfs", "addr=10.0.0.1,sharecache", "addr=10.0.0.1,sharecache", 0},
		{"nfs4", "addr=localhost", "addr=127.0.0.1,nosharecache", 0},
	} {
		bits, data, err := parse(c.kind, c.options)
		if err != nil || bits != c.bits || data != c.data {
			t.Errorf("%s %s: 0x%x %q, %v", c.kind, c.options, bits, data, err)
		}
	}
	if _, _, err := parse("nfs", "addr=nowhere.invalid"); err == nil {
		t.Error("a server that is not there is found")
	}
}

func TestReadPoints(t *testing.T) {
	got, remote, err := readPoints(strings.NewReader("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw\n37 35 0:5 / /a\\040b rw - tmpfs t rw\n38 35 0:6 / /n rw - nfs4 h:/ rw\n"))
	if err != nil || !slices.Equal(got, []string{"/mnt2", "/a b", "/n"}) || len(remote) != 1 || !remote["/n"] {
		t.Errorf("%q, %v, %v", got, remote, err)
	}
}

// TestMounts mounts file systems one over another and takes away all of them, and nothing that is beside them.
func TestMounts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting takes root")
	}
	dir := t.TempDir()
	outer, inner, beside := filepath.Join(dir, "v"), filepath.Join(dir, "v", "in side"), filepath.Join(dir, "v2")
	for _, path := range []string{outer, beside} {
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mount := func(kind, source, target, options string) {
		t.Helper()
		if err := (Table{}).Mount(kind, source, target, options); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := (Table{}).UnmountBelow(dir); err != nil {
			t.Error(err)
		}
	})
	mount("tmpfs", "tmpfs", outer, "size=1m")
	mount("tmpfs", "tmpfs", outer, "size=2m") // is there already
	var statfs unix.Statfs_t
	if err := unix.Statfs(outer, &statfs); err != nil || int64(statfs.Blocks)*statfs.Bsize != 1<<20 {
		t.Errorf("%+v, %v", statfs, err)
	}
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	mount("none", outer, inner, "bind,ro")
	if err := os.WriteFile(filepath.Join(inner, "x"), nil, 0o644); err == nil {
		t.Error("a bind mount that is read-only is written to")
	}
	mount("tmpfs", "tmpfs", beside, "")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(outer, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, filepath.Join(dir, "absent")} {
		if err := (Table{}).UnmountBelow(path); err != nil {
			t.Fatal(err)
		}
	}
	left, _, err := points()
	if err != nil || slices.Contains(left, outer) || slices.Contains(left, inner) || !slices.Contains(left, beside) {
		t.Errorf("left: %q, %v", left, err)
	}
	if err := (Table{}).Mount("nothing", "none", outer, ""); err == nil {
		t.Error("a file system that is not there is mounted")
	}
}
