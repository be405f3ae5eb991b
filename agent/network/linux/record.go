package linux

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/roadstead/roadstead/agent/network"
	"golang.org/x/sys/unix"
)

// record is what is remembered of a sandbox.
type record struct {
	Request    network.Request
	Attachment network.Attachment
	// Link is the host's end of an awsvpc sandbox's veth.
	Link string `json:",omitempty"`
}

func (r record) slot() slot {
	if r.Request.Mode == network.AWSVPC {
		return slot{path: r.Attachment.NetNSPath} // the bridge knows nothing of it
	}
	return slot{path: r.Attachment.NetNSPath, addr: r.Attachment.IPv4}
}

// routed is the namespace of an awsvpc sandbox.
func (r record) routed() routed {
	return routed{path: r.Attachment.NetNSPath, link: r.Link, iface: *r.Request.Interface}
}

// instance is what is remembered of the instance itself.
type instance struct {
	Subnet netip.Prefix
	// EnabledForwarding says that ip_forward was off before the instance.
	EnabledForwarding bool
}

// stateDir is Options.Dir. Files are replaced by renaming and never synced:
// they describe kernel objects and need not survive the kernel.
type stateDir struct {
	path     string
	lock     *os.File
	released *os.File
}

const (
	netnsDir     = "netns"
	sandboxesDir = "sandboxes"
	recordSuffix = ".json"
)

// ErrLocked means that another process uses the instance's directory.
var ErrLocked = errors.New("in use by another process")

func openStateDir(path string) (*stateDir, error) {
	for _, dir := range []string{path, filepath.Join(path, netnsDir), filepath.Join(path, sandboxesDir)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make state directory: %w", err)
		}
	}
	d := &stateDir{path: path}
	var err error
	if d.lock, err = os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err = unix.Flock(int(d.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = d.lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrLocked
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if d.released, err = os.OpenFile(filepath.Join(path, "released"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		_ = d.lock.Close()
		return nil, fmt.Errorf("open history of addresses: %w", err)
	}
	return d, nil
}

func (d *stateDir) close() {
	_ = d.released.Close()
	_ = d.lock.Close()
}

// remove removes the directory, which must hold no namespace any more.
func (d *stateDir) remove() error {
	d.close()
	for _, name := range []string{sandboxesDir, netnsDir, "instance.json", "released", "lock", ""} {
		// Not RemoveAll: a namespace still mounted below must not be walked.
		entries, _ := os.ReadDir(filepath.Join(d.path, name))
		for _, entry := range entries {
			if name == sandboxesDir {
				_ = os.Remove(filepath.Join(d.path, name, entry.Name()))
			}
		}
		if err := os.Remove(filepath.Join(d.path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove state directory: %w", err)
		}
	}
	return nil
}

func (d *stateDir) netns(name string) string { return filepath.Join(d.path, netnsDir, name) }

func (d *stateDir) recordPath(id string) string {
	return filepath.Join(d.path, sandboxesDir, id+recordSuffix)
}

func (d *stateDir) save(r record) error { return replaceFile(d.recordPath(r.Request.ID), r) }

func (d *stateDir) forget(id string) error {
	if err := os.Remove(d.recordPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove record: %w", err)
	}
	return nil
}

func (d *stateDir) saveInstance(i instance) error {
	return replaceFile(filepath.Join(d.path, "instance.json"), i)
}

func (d *stateDir) loadInstance() (i instance, err error) {
	raw, err := os.ReadFile(filepath.Join(d.path, "instance.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return i, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &i)
	}
	if err != nil {
		return i, fmt.Errorf("read instance record: %w", err)
	}
	return i, nil
}

// records returns every sandbox's record, ordered by file name. A file that
// was being written when its process was killed is removed: its sandbox was
// never handed out.
func (d *stateDir) records() ([]record, error) {
	dir := filepath.Join(d.path, sandboxesDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	var records []record
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if !strings.HasSuffix(entry.Name(), recordSuffix) {
			if err := os.Remove(path); err != nil {
				return nil, fmt.Errorf("remove unfinished record: %w", err)
			}
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read record: %w", err)
		}
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			return nil, fmt.Errorf("read record %s: %w", path, err)
		}
		records = append(records, r)
	}
	return records, nil
}

// history reads when the addresses were last released.
func (d *stateDir) history() (func(offset uint32) uint64, uint64, error) {
	raw, err := os.ReadFile(d.released.Name())
	if err != nil {
		return nil, 0, fmt.Errorf("read history of addresses: %w", err)
	}
	at := func(offset uint32) uint64 {
		if end := int(offset)*8 + 8; end <= len(raw) {
			return binary.LittleEndian.Uint64(raw[end-8:])
		}
		return 0
	}
	var latest uint64
	for offset := range uint32(len(raw) / 8) {
		latest = max(latest, at(offset))
	}
	return at, latest, nil
}

// noteRelease remembers the release of an address, the serial-th of all.
func (d *stateDir) noteRelease(offset uint32, serial uint64) error {
	if _, err := d.released.WriteAt(binary.LittleEndian.AppendUint64(nil, serial), int64(offset)*8); err != nil {
		return fmt.Errorf("write history of addresses: %w", err)
	}
	return nil
}

func replaceFile(path string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	next := path + ".next"
	if err := os.WriteFile(next, raw, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
