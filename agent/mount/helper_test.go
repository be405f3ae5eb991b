package mount

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain makes this program its own helper.
func TestMain(m *testing.M) {
	if code, mine := Main(os.Args, os.Stderr); mine {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func helped(t *testing.T) Table {
	t.Helper()
	helper, err := OwnHelper()
	if err != nil {
		t.Fatal(err)
	}
	return Table{Helper: helper}
}

// A helper does what it is told, and says the kernel's error number.
func TestHelper(t *testing.T) {
	table, dir := helped(t), t.TempDir()
	if err := table.Look(t.Context(), dir); err != nil {
		t.Error(err)
	}
	if err := table.Look(t.Context(), filepath.Join(dir, "absent")); !errors.Is(err, unix.ENOENT) {
		t.Errorf("absent: %v", err)
	}
	if err := table.remotely(t.Context(), "dance"); err == nil || !strings.Contains(err.Error(), `unknown act "dance"`) {
		t.Errorf("dance: %v", err)
	}
	if err := (Table{Helper: []string{filepath.Join(dir, "absent")}}).Look(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "start a helper") {
		t.Errorf("no helper: %v", err)
	}
}

// A helper mounts and unmounts.
func TestHelperMounts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting takes root")
	}
	table, dir := helped(t), t.TempDir()
	target := filepath.Join(dir, "v")
	if err := os.Mkdir(target, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := table.remotely(t.Context(), actMount, "tmpfs", target, "tmpfs", "0", "size=1m"); err != nil {
		t.Fatal(err)
	}
	if mounted, err := Mounted(target); !mounted || err != nil {
		t.Errorf("%t, %v", mounted, err)
	}
	if err := table.detach(target); err != nil {
		t.Error(err)
	}
	if mounted, err := Mounted(target); mounted || err != nil {
		t.Errorf("%t, %v", mounted, err)
	}
	if err := table.detach(target); !errors.Is(err, unix.EINVAL) {
		t.Errorf("twice: %v", err)
	}
}

// A helper whose system call does not return is killed when patience ends: the mount fails as one that timed out.
func TestHelperThatHangs(t *testing.T) {
	table := Table{Helper: []string{"/bin/sh", "-c", "exec sleep 1000"}, Patience: 10 * time.Millisecond}
	err := table.remotely(t.Context(), actMount, "h:/", t.TempDir(), nfsKind, "0", "")
	if !errors.Is(err, unix.ETIMEDOUT) || nfsFailure("h:/", err).Error() != "mount.nfs4: Connection timed out" {
		t.Errorf("%v", err)
	}
	if err := table.detach(t.TempDir()); !errors.Is(err, unix.ETIMEDOUT) {
		t.Errorf("nothing was there to be taken away: %v", err)
	}
}

func TestNFSFailure(t *testing.T) {
	for number, says := range map[unix.Errno]string{
		unix.ENOENT:          "mount.nfs4: mounting h:/x failed, reason given by server: No such file or directory",
		unix.EACCES:          "mount.nfs4: access denied by server while mounting h:/x",
		unix.ETIMEDOUT:       "mount.nfs4: Connection timed out",
		unix.EPROTONOSUPPORT: "mount.nfs4: mounting h:/x failed: protocol not supported",
	} {
		if got := nfsFailure("h:/x", number); got.Error() != says {
			t.Errorf("%v", got)
		}
	}
	if err := nfsFailure("h:/x", nil); err != nil {
		t.Error(err)
	}
}

// A mount point is found without being looked at: through links that lead to it, and where nothing is.
func TestLocated(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "a"), 0o755), os.Symlink("a", filepath.Join(dir, "b"))); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, path := range []string{"/", "/absent", filepath.Join(dir, "b", "v"), filepath.Join(dir, "b") + "/"} {
		at, err := located(path)
		if err != nil {
			t.Error(err)
		}
		got = append(got, at)
	}
	if want := []string{"/", "/absent", filepath.Join(dir, "a", "v"), filepath.Join(dir, "b")}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if mounted, err := Mounted(filepath.Join(dir, "absent", "v")); mounted || err != nil {
		t.Errorf("%t, %v", mounted, err)
	}
}
