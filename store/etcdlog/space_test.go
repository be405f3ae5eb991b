package etcdlog

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func commitCluster(t *testing.T, db *store.DB, text string) error {
	t.Helper()
	var c model.Change
	c.PutUnguarded(&model.Cluster{Account: "1", Name: "a", Status: text})
	_, err := db.Commit(t.Context(), c)
	return err
}

func openDB(t *testing.T, dir string, opts EmbeddedOptions) *store.DB {
	t.Helper()
	l, err := OpenEmbedded(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	db, err := store.Open(t.Context(), l, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to mount a small disk: commits on a full disk are not tested")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256m"); err != nil {
		t.Skip("cannot mount a small disk, so commits on a full one are not tested:", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error("unmount:", err)
		}
	})
	db := openDB(t, dir, EmbeddedOptions{Reserve: 32 << 20, Logger: quiet()})
	if err := commitCluster(t, db, "before"); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(dir, "filler")
	fill(t, filler)
	for range 3 {
		if err := commitCluster(t, db, "full"); !errors.Is(err, store.ErrNoSpace) {
			t.Errorf("a commit on a full disk: %v", err)
		}
	}
	if c, _ := store.Get[*model.Cluster](db.View(), "1/a"); c.Status != "before" {
		t.Errorf("the tables show %q", c.Status)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := commitCluster(t, db, "after"); err != nil {
		t.Errorf("a commit once there is space: %v", err)
	}
}

// fill writes a file until the disk has no byte left.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
}

// A database that has reached its quota with old history frees itself.
func TestQuota(t *testing.T) {
	db := openDB(t, t.TempDir(), EmbeddedOptions{Quota: 8 << 20, Logger: quiet()})
	refused := 0
	for i := range 200 {
		err := commitCluster(t, db, strings.Repeat(string(rune('a'+i%26)), 128<<10))
		switch {
		case errors.Is(err, store.ErrNoSpace):
			refused++
		case err != nil:
			t.Fatal(err)
		case refused > 0:
			t.Log("refused", refused, "of", i+1)
			return
		}
	}
	t.Errorf("%d commits were refused and none accepted again", refused)
}
