//go:build linux && cgo && seccomp

package direct

// #cgo LDFLAGS: -Wl,--wrap=seccomp_init -Wl,--wrap=seccomp_release -Wl,--wrap=seccomp_arch_add -Wl,--wrap=seccomp_arch_remove
// #cgo LDFLAGS: -Wl,--wrap=seccomp_attr_set -Wl,--wrap=seccomp_rule_add_array -Wl,--wrap=seccomp_export_bpf -Wl,--wrap=seccomp_load
// #cgo LDFLAGS: -Wl,--wrap=seccomp_merge -Wl,--wrap=seccomp_reset -Wl,--wrap=seccomp_rule_add_exact_array
// #cgo pkg-config: libseccomp
// #include "filters.h"
import "C"

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/seccomp"
	"golang.org/x/sys/unix"
)

const (
	// storeName is the file of compiled filters.
	storeName = "filters"
	// compileArgument is the first argument with which this program compiles a filter.
	compileArgument = "compile-filter"
	// mostFilters bounds the file, which has about 40 kB for each. There is one for each set of capabilities in use;
	// filters beyond these are compiled at each start.
	mostFilters = 64
	entryLimit  = 1 << 20 // bytes
	// entryMark begins an entry (filters.h).
	entryMark = C.ENTRY_MARK
)

// filters are the seccomp filters that were compiled since the machine was started, in a file that all shims of a node
// share and that only root may write. A container's process reads it before it enters the container.
type filters struct{ directory string }

// compile runs this program to compile a filter. libcontainer would also load it, which is why no process with a future
// does it.
func compile(configuration []byte) (entry []byte, err error) {
	reading, writing, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reading.Close()
	command := exec.Command("/proc/self/exe", compileArgument)
	command.Stdin = bytes.NewReader(configuration)
	command.ExtraFiles = []*os.File{writing}
	err = command.Start()
	writing.Close()
	if err != nil {
		return nil, err
	}
	entry, err = io.ReadAll(io.LimitReader(reading, entryLimit))
	if err == nil && len(entry) == entryLimit {
		err = errors.New("the filter is too large")
	}
	return entry, errors.Join(err, command.Wait())
}

// add appends an entry. Who has the file open sees all of it or nothing.
func (f filters) add(entry []byte) error {
	lock, err := os.OpenFile(filepath.Join(f.directory, storeName+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	path := filepath.Join(f.directory, storeName)
	all, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if bytes.Contains(all, entry) {
		return nil
	}
	if known, err := filepath.Glob(filepath.Join(f.directory, "filter-*")); err != nil || len(known) >= mostFilters {
		return errors.New("there are enough filters")
	}
	if err := os.WriteFile(path+".new", append(all, entry...), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// CompileFilter compiles a filter if this process was executed for that, and tells whether it was. The program calls it
// before anything else that looks at its arguments, name included.
func CompileFilter(arguments []string) (code int, mine bool) {
	if len(arguments) != 2 || arguments[1] != compileArgument {
		return 0, false
	}
	var config configs.Seccomp
	if err := json.NewDecoder(os.Stdin).Decode(&config); err != nil {
		return 1, true
	}
	C.filters_compile_to(3)
	_, _ = seccomp.InitSeccomp(&config) // it ends this process, or failed
	return 1, true
}
