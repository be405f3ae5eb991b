package mount

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNFSSource(t *testing.T) {
	for _, c := range [][4]string{
		{"h", "", "", "h:/"}, {"h", "", "/", "h:/"}, {"h", "export", "/", "h:/export"}, {"h", "export/", "a/b/", "h:/export/a/b"}, {"h", "export", "/../../etc", "h:/export/etc"},
	} {
		if got := nfsSource(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%q: %s", c, got)
		}
	}
}

// What no server says is told before the kernel is asked.
func TestNFSRefuses(t *testing.T) {
	target := filepath.Join(t.TempDir(), "v")
	for server, says := range map[string]string{"no-export": `"no-export" is no server and export`, ":/x": "is no server", "nowhere.invalid:/x": `Failed to resolve "nowhere.invalid"`} {
		if err := (Table{}).NFS(t.Context(), server, "/", target); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", server, err)
		}
	}
	if mounted, err := Mounted(target); mounted || err != nil {
		t.Errorf("%v, %v", mounted, err)
	}
}

// TestNFSServer mounts what a real server exports, which ROADSTEAD_TEST_NFS names as HOST:/EXPORT and root may write to.
func TestNFSServer(t *testing.T) {
	server := os.Getenv("ROADSTEAD_TEST_NFS")
	switch {
	case os.Geteuid() != 0 || !HasNFS():
		t.Skip("mounting NFS takes root and a kernel with nfs4")
	case server == "":
		t.Skip("ROADSTEAD_TEST_NFS names no server")
	}
	table, dir := helped(t), t.TempDir()
	whole, part := filepath.Join(dir, "whole"), filepath.Join(dir, "part")
	t.Cleanup(func() {
		if err := table.UnmountBelow(dir); err != nil {
			t.Error(err)
		}
	})
	mount := func(directory, target string) error { return table.NFS(t.Context(), server, directory, target) }
	for range 2 { // what is mounted stays as it is
		if err := mount("/", whole); err != nil {
			t.Fatal(err)
		}
	}
	below, err := os.MkdirTemp(whole, "test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(below)
	if err := errors.Join(mount("/"+filepath.Base(below), part), os.WriteFile(filepath.Join(part, "x"), []byte("y"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(below, "x")); string(text) != "y" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if err := mount("/absent", filepath.Join(dir, "absent")); err == nil || !strings.HasSuffix(err.Error(), "failed, reason given by server: No such file or directory") {
		t.Errorf("a directory that is not there: %v", err)
	}
	if err := errors.Join(table.Look(t.Context(), part), table.Abandon(t.Context(), server, part, false)); err != nil {
		t.Error(err)
	}
	if mounted, err := Mounted(part); !mounted || err != nil {
		t.Errorf("a server that answers is given up: %v", err)
	}
	if err := table.UnmountBelow(part); err != nil {
		t.Error(err)
	}
	if mounted, err := Mounted(part); mounted || err != nil {
		t.Errorf("%t, %v", mounted, err)
	}
}
