package daemon

import (
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

func TestTornMetadataIsDiscardedOncePerBoot(t *testing.T) {
	options := Options{Root: t.TempDir()}
	path := filepath.Join(options.Root, databases[0])
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	database, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = database.Update(func(transaction *bbolt.Tx) error {
		bucket, err := transaction.CreateBucket([]byte("b"))
		if err != nil {
			return err
		}
		for i := range 1000 {
			if err := bucket.Put([]byte{byte(i >> 8), byte(i)}, make([]byte, 100)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := database.Close(); err != nil {
		t.Fatal(err)
	}
	exists := func() bool { _, err := os.Stat(path); return err == nil }
	if err := discardTorn(options); err != nil || !exists() {
		t.Fatalf("sound metadata was discarded: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 3 * os.Getpagesize(); at < len(content)-os.Getpagesize(); at++ {
		content[at] = 0xAA // pages that never reached the disk
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := discardTorn(options); err != nil || !exists() {
		t.Fatalf("it was looked at twice in one boot: %v", err)
	}
	if err := os.WriteFile(filepath.Join(options.Root, "boot-id"), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := discardTorn(options); err != nil || exists() {
		t.Fatalf("torn metadata was kept: %v", err)
	}
	if _, err := os.Stat(options.Root); err != nil {
		t.Error(err)
	}
}
