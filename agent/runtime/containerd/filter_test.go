package containerd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/agent/runtime"
)

// TestFiltersAreTheProfiles reads the filters of a container's process, of one that the agent starts beside it and of one
// that runc does, and wants all of them to decide alike: the first may have been given a short profile, the second what
// the container's state says, and runc compiles that itself.
func TestFiltersAreTheProfiles(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	var filters [][]unix.SockFilter
	read := func(pid int) {
		t.Helper()
		filter, err := filterOf(pid)
		// Whether filters can be read is the kernel's to say of the first; from then on it is a failure if one cannot.
		if len(filters) == 0 && (errors.Is(err, unix.EIO) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)) {
			t.Skipf("skips reading filters, which this kernel does not allow: %v", err)
		}
		if err != nil || len(filter) < 100 {
			t.Fatalf("the filter of %d has %d instructions: %v", pid, len(filter), err)
		}
		filters = append(filters, filter)
	}
	for _, id := range []string{"first", "second"} { // the second's is known
		read(n.start(t, runtime.Container{ID: id, TaskID: id, Image: image.Ref, Command: []string{"sleep", "1000"}}).PID)
	}
	// Both commands run until their container ends.
	go func() {
		_, _ = n.client.Exec(t.Context(), "second", []string{"sleep", "1001"}, false, patience) // it is killed in the end
	}()
	root := filepath.Join(n.layout.runc(), n.client.options.Namespace)
	if err := exec.Command(n.client.options.Runc, "--root", root, "exec", "--detach", "second", "sleep", "1002").Run(); err != nil { // what it says would be the command's, too
		t.Fatalf("runc exec: %v", err)
	}
	for _, seconds := range []string{"1001", "1002"} {
		pid := 0
		eventually(t, "the command", func() bool { pid = sleeperOf(n.client.groups.ofContainer("second", "second"), seconds); return pid > 0 })
		read(pid)
	}
	for i, filter := range filters[1:] {
		if difference := differ(t, filters[0], filter); difference != "" {
			t.Errorf("filter %d of %d instructions decides otherwise than one of %d: %s", i+1, len(filter), len(filters[0]), difference)
		}
	}
	for _, id := range []string{"first", "second"} {
		if err := n.client.Remove(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
}

// sleeperOf finds the process of a control group that sleeps for so long; 0 for none.
func sleeperOf(group, seconds string) int {
	for _, line := range processLines() {
		if strings.Contains(line.group, group) && line.command == "sleep "+seconds {
			return line.pid
		}
	}
	return 0
}

// differ asks two filters about all system calls of the machine's architectures and of none, with arguments that the
// profile looks at, and gives the first answer that differs.
func differ(t *testing.T, a, b []unix.SockFilter) string {
	t.Helper()
	for _, architecture := range []uint32{unix.AUDIT_ARCH_X86_64, unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_AARCH64, unix.AUDIT_ARCH_ARM, 7} {
		for number := range uint32(1000) {
			for _, argument := range []uint64{0, 1, 8, 0x10000000, 0x20000, 0x20008, 0x7e020000, 0xffffffff, 1<<63 | 5} {
				for _, high := range []uint32{0, 1 << 30, 1 << 31} {
					data := make([]byte, 64)
					binary.NativeEndian.PutUint32(data, number|high)
					binary.NativeEndian.PutUint32(data[4:], architecture)
					for i := range 6 {
						binary.NativeEndian.PutUint64(data[16+8*i:], argument)
					}
					if x, y := decide(t, a, data), decide(t, b, data); x != y {
						return fmt.Sprintf("call %#x of %#x with %#x: %#x and %#x", number|high, architecture, argument, x, y)
					}
				}
			}
		}
	}
	return ""
}

// decide runs a filter as the kernel does, as far as filters go that libseccomp makes.
func decide(t *testing.T, filter []unix.SockFilter, data []byte) uint32 {
	t.Helper()
	var accumulator uint32
	var memory [16]uint32
	for at := 0; at < len(filter); at++ {
		i := filter[at]
		jump := func(so bool) {
			if so {
				at += int(i.Jt)
			} else {
				at += int(i.Jf)
			}
		}
		switch i.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			accumulator = binary.NativeEndian.Uint32(data[i.K:])
		case unix.BPF_LD | unix.BPF_MEM:
			accumulator = memory[i.K]
		case unix.BPF_ST:
			memory[i.K] = accumulator
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			accumulator &= i.K
		case unix.BPF_JMP | unix.BPF_JA:
			at += int(i.K)
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			jump(accumulator == i.K)
		case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
			jump(accumulator > i.K)
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			jump(accumulator >= i.K)
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			jump(accumulator&i.K != 0)
		case unix.BPF_RET | unix.BPF_K:
			return i.K
		default:
			t.Fatalf("instruction %d is %+v", at, i)
		}
	}
	t.Fatal("a filter has no end")
	return 0
}

// filterOf reads the one filter of a process.
func filterOf(pid int) ([]unix.SockFilter, error) {
	goruntime.LockOSThread() // who traces is a thread
	defer goruntime.UnlockOSThread()
	if err := unix.PtraceAttach(pid); err != nil {
		return nil, err
	}
	defer unix.PtraceDetach(pid)
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err != nil {
		return nil, err
	}
	const getFilter = 0x420c // PTRACE_SECCOMP_GET_FILTER
	size, _, errno := unix.Syscall6(unix.SYS_PTRACE, getFilter, uintptr(pid), 0, 0, 0, 0)
	if errno != 0 {
		return nil, errno
	}
	filter := make([]unix.SockFilter, size)
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, getFilter, uintptr(pid), 0, uintptr(unsafe.Pointer(&filter[0])), 0, 0); errno != 0 {
		return nil, errno
	}
	return filter, nil
}

// processLine is a process with its control groups and its command.
type processLine struct {
	pid            int
	group, command string
}

func processLines() (lines []processLine) {
	directories, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, directory := range directories {
		pid, err := strconv.Atoi(filepath.Base(directory))
		if err != nil {
			continue
		}
		group, command := readText(directory+"/cgroup"), readText(directory+"/cmdline")
		lines = append(lines, processLine{pid, group, strings.TrimSpace(strings.ReplaceAll(command, "\x00", " "))})
	}
	return lines
}

// readText gives nothing of a file that is gone.
func readText(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}
