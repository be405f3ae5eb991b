//go:build linux && cgo && seccomp

package direct

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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

// TestTwoFiltersAreKept compiles two filters, one of them twice, and looks at what is kept.
func TestTwoFiltersAreKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("skips compiling filters: the file of them is root's")
	}
	kept := filters{t.TempDir()}
	for range 2 {
		for _, call := range []string{"mount", "reboot"} {
			kept.ensure(allowedBut(call))
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
