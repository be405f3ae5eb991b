package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// Metadata that is not flushed with every change (Options.Durable) survives any crash of the daemon, because the
// kernel has it, but not always a crash of the machine. After one, containers are gone in any case; what can be lost
// is the images, which are pulled again. So the daemon looks at its metadata once after each boot and, when it is torn,
// starts from nothing rather than not at all.

const bootID = "/proc/sys/kernel/random/boot_id"

// databases are the metadata files, relative to Root.
var databases = []string{
	"io.containerd.metadata.v1.bolt/meta.db",
	"io.containerd.snapshotter.v1.overlayfs/metadata.db",
}

func discardTorn(options Options) error {
	content, err := os.ReadFile(bootID)
	if err != nil {
		return nil // no such kernel file: nothing can be told
	}
	boot := strings.TrimSpace(string(content))
	mark := filepath.Join(options.Root, "boot-id")
	if last, err := os.ReadFile(mark); err == nil && string(last) == boot {
		return nil
	}
	for _, name := range databases {
		if err := checkDatabase(filepath.Join(options.Root, name)); err != nil {
			fmt.Fprintf(os.Stderr, "%s: metadata did not survive the machine's restart, images will be pulled again: %v\n", Argument, err)
			if err := discard(options.Root); err != nil {
				return err
			}
			break
		}
	}
	if err := os.WriteFile(mark, []byte(boot), 0o600); err != nil {
		return fmt.Errorf("remember boot: %w", err)
	}
	return nil
}

// checkDatabase reads every page. bbolt panics on some damage, which here is a finding like any other.
func checkDatabase(path string) (err error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	// A wrong page number leads out of the mapped file, which is a fault of memory and not a panic of Go.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("check %s: %v", path, cause)
		}
	}()
	database, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true, Timeout: 5 * time.Second})
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer database.Close()
	return database.View(func(transaction *bbolt.Tx) error {
		var first error
		for err := range transaction.Check() {
			if first == nil {
				first = err
			}
		}
		return first
	})
}

func discard(root string) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return fmt.Errorf("discard metadata: %w", err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "io.containerd.") {
			continue
		}
		if err := os.RemoveAll(filepath.Join(root, entry.Name())); err != nil {
			return fmt.Errorf("discard metadata: %w", err)
		}
	}
	return nil
}
