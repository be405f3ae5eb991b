//go:build linux && cgo && seccomp

package direct

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/opencontainers/runc/libcontainer/configs"
	libseccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

func TestWhatIsLeftToRunc(t *testing.T) {
	global := []string{"runc", "--root", "/r", "--log", "/l", "--log-format", "json"}
	for _, test := range []struct {
		words string
		known bool
	}{
		{"create --bundle /b --pid-file /p one", true},
		{"create --bundle /b --pid-file /p --console-socket /c --no-pivot --no-new-keyring one", true},
		{"create --bundle /b --preserve-fds 3 one", false},
		{"exec --process /p --detach --pid-file /p one", true},
		{"exec --process /p one", false}, // it would wait for the end
		{"kill --all one 9", true},
		{"kill one", false},
		{"delete --force one", true},
		{"ps --format json one", true},
		{"ps --format table one", false},
		{"checkpoint --image-path /i one", false},
	} {
		r, err := parse(exec.Command(global[0], append(global[1:], strings.Fields(test.words)...)...))
		if known := err == nil; known != test.known {
			t.Errorf("%s: %v, %v", test.words, known, err)
		}
		if err == nil && (r.root != "/r" || r.log != "/l" || r.id() != "one") {
			t.Errorf("%s: %+v", test.words, r)
		}
	}
	if _, err := parse(exec.Command("runc", "--root", "/r", "--systemd-cgroup", "delete", "one")); err == nil {
		t.Error("a flag that changes what is done was ignored")
	}
}

// TestErrorIsWrittenWhereItIsReadFrom has containerd's reader of the log in mind, which takes the last error.
func TestErrorIsWrittenWhereItIsReadFrom(t *testing.T) {
	directory := t.TempDir()
	log := filepath.Join(directory, "log.json")
	command := exec.Command("runc", "--root", directory, "--log", log, "--log-format", "json", "kill", "none", "9")
	var said strings.Builder
	command.Stderr = &said
	status, done := New("").Do(context.Background(), command)
	if !done || status != 1 {
		t.Fatalf("%d, %v", status, done)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var line struct{ Level, Msg string }
	if err := json.Unmarshal(text, &line); err != nil || line.Level != "error" || line.Msg != "container does not exist" {
		t.Errorf("%s: %v", text, err)
	}
	if said.String() != line.Msg+"\n" {
		t.Errorf("%q", said.String())
	}
}

// TestTwoFiltersAreKept compiles two filters, one of them twice, and looks at what is kept. One that allows what it does
// not name has no short profile.
func TestTwoFiltersAreKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skips compiling filters: the file of them is root's")
	}
	kept := filters{t.TempDir()}
	for range 2 {
		for _, call := range []string{"mount", "reboot"} {
			mark, err := markOf([]byte(call))
			if err != nil {
				t.Fatal(err)
			}
			learned, err := kept.learn(mark, allowedBut(call))
			if err != nil {
				t.Fatal(err)
			}
			if found, ok := kept.find(mark); !ok || found.Short != nil || !bytes.Equal(found.Full, learned.Full) {
				t.Errorf("%s: %+v", call, found)
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(kept.directory, storeName))
	if err != nil {
		t.Fatal(err)
	}
	marks, err := filepath.Glob(filepath.Join(kept.directory, "filter-*"))
	if err != nil || len(marks) != 2 {
		t.Errorf("%v, %v", marks, err)
	}
	if entries := entriesOf(t, text); entries != 2 {
		t.Errorf("%d entries", entries)
	}
}

// refusedBut is a filter that allows some system calls.
func refusedBut(calls ...string) *configs.Seccomp {
	filter := &configs.Seccomp{DefaultAction: configs.Errno, Architectures: []string{"amd64", "x86"}, Syscalls: []*configs.Syscall{}}
	for _, call := range calls {
		filter.Syscalls = append(filter.Syscalls, &configs.Syscall{Name: call, Action: configs.Allow, Args: []*configs.Arg{}})
	}
	return filter
}

// TestShortProfileStandsForItsOwn wants each short profile to lead to the program of its own profile, and to name the
// last system call of each architecture.
func TestShortProfileStandsForItsOwn(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skips compiling filters: the file of them is root's")
	}
	kept := filters{t.TempDir()}
	programs := make(map[string]string) // by description
	for _, full := range []*configs.Seccomp{
		refusedBut("read", "write", "openat2", "exit_group", "mmap2"),
		refusedBut("read", "write", "openat2", "exit_group", "mmap"),
	} {
		text, err := json.Marshal(full)
		if err != nil {
			t.Fatal(err)
		}
		mark, err := markOf(text)
		if err != nil {
			t.Fatal(err)
		}
		learned, err := kept.learn(mark, full)
		if err != nil {
			t.Fatal(err)
		}
		if found, ok := kept.find(mark); !ok || !reflect.DeepEqual(found, learned) || !bytes.Equal(found.Full, text) {
			t.Errorf("%+v, want %+v", found, learned)
		}
		var names []string
		for _, call := range learned.Short.Syscalls {
			names = append(names, call.Name)
		}
		if got := strings.Join(names, " "); goruntime.GOARCH == "amd64" && got != "openat2 openat2 openat2 read" {
			t.Errorf("the short profile names %s", got)
		}
		for i, each := range []*configs.Seccomp{full, learned.Short} {
			text, err := json.Marshal(each)
			if err != nil {
				t.Fatal(err)
			}
			entry, err := compile(text)
			if err != nil {
				t.Fatal(err)
			}
			description, program, err := split(entry)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				programs["of the profile"] = string(program)
			}
			if programs[string(description)] != "" {
				t.Error("two profiles have one description")
			}
			programs[string(description)] = programs["of the profile"]
		}
	}
	delete(programs, "of the profile")
	text, err := os.ReadFile(filepath.Join(kept.directory, storeName))
	if err != nil {
		t.Fatal(err)
	}
	if entries := entriesOf(t, text); entries != len(programs) {
		t.Errorf("%d entries for %d descriptions", entries, len(programs))
	}
	for len(text) > 0 {
		size := 12 + binary.NativeEndian.Uint32(text[4:]) + binary.NativeEndian.Uint32(text[8:])
		description, program, err := split(text[:size])
		if err != nil || programs[string(description)] != string(program) {
			t.Errorf("a description of %d bytes leads to another's program (%v)", len(description), err)
		}
		text = text[size:]
	}
}

// TestFilterIsLibseccompsOwn compares a program that came of noted calls with one of the same calls made.
func TestFilterIsLibseccompsOwn(t *testing.T) {
	text, err := json.Marshal(allowedBut("mount"))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := compile(text)
	if err != nil {
		t.Fatal(err)
	}
	filter, err := libseccomp.NewFilter(libseccomp.ActAllow)
	if err != nil {
		t.Fatal(err)
	}
	defer filter.Release()
	number, err := libseccomp.GetSyscallFromName("mount")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(filter.SetNoNewPrivsBit(false), filter.AddRule(number, libseccomp.ActErrno.SetReturnCode(int16(unix.EPERM)))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "program")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(filter.ExportBPF(file), file.Close()); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil || len(program) == 0 || !bytes.HasSuffix(entry, program) {
		t.Errorf("%x, want %x at the end: %v", entry, program, err)
	}
}

// TestLimitThatIsLiftedForOneContainerIsNotTheNexts lifts the limit for locked memory as libcontainer does.
func TestLimitThatIsLiftedForOneContainerIsNotTheNexts(t *testing.T) {
	var before, after unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &before); err != nil {
		t.Fatal(err)
	}
	direct := New("")
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}); err != nil {
		t.Skipf("skips lifting a limit: %v", err)
	}
	directory := t.TempDir()
	direct.Do(context.Background(), exec.Command("runc", "--root", directory, "--log", filepath.Join(directory, "l"), "--log-format", "json", "kill", "none", "9"))
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &after); err != nil || after != before {
		t.Errorf("%+v, want %+v: %v", after, before, err)
	}
}

// TestLimitOfLockedMemoryIsEachProcesssOwn gives a process the limits that runc would, and does not count on what this
// process has at the moment.
func TestLimitOfLockedMemoryIsEachProcesssOwn(t *testing.T) {
	r := &request{locked: unix.Rlimit{Cur: 8, Max: 9}}
	files, locked := configs.Rlimit{Type: unix.RLIMIT_NOFILE, Soft: 1, Hard: 2}, configs.Rlimit{Type: unix.RLIMIT_MEMLOCK, Soft: 3, Hard: 4}
	given := configs.Rlimit{Type: unix.RLIMIT_MEMLOCK, Soft: 8, Hard: 9}
	for _, test := range []struct{ own, containers, want []configs.Rlimit }{
		{nil, nil, []configs.Rlimit{given}},
		{nil, []configs.Rlimit{files}, []configs.Rlimit{files, given}},
		{[]configs.Rlimit{files}, []configs.Rlimit{locked}, []configs.Rlimit{files, given}},
		{nil, []configs.Rlimit{locked}, []configs.Rlimit{locked}},
		{[]configs.Rlimit{locked, files}, nil, []configs.Rlimit{locked, files}},
	} {
		if got := r.limits(test.own, test.containers); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v of %v: %v, want %v", test.own, test.containers, got, test.want)
		}
	}
}
