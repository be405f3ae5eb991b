package holder

import (
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// nobody is the user that the process ends up as.
const nobody = 65534

// Wanted tells whether the process was started to hold namespaces.
func Wanted(arguments []string) bool { return len(arguments) == 2 && arguments[1] == Argument }

// Main is the process that holds the namespaces; it returns only to be exited with the code.
func Main(stdin io.Reader, stdout *os.File, stderr io.Writer) int {
	// Process 1 gets no signal from inside that it does not handle, and the children of a process that ignores their
	// end leave nothing to bury.
	signal.Ignore()
	if n, _ := stdin.Read(make([]byte, 1)); n != 1 {
		return 0 // whoever started it is gone
	}
	if err := hide(); err != nil {
		fmt.Fprintln(stderr, "hold namespaces:", err)
		return 1
	}
	_, err := stdout.Write([]byte{1})
	if err != nil {
		return 0
	}
	for fd := range 3 {
		_ = unix.Close(fd)
	}
	for {
		_ = unix.Pause() // no signal ends it but SIGKILL
	}
}

// hide takes from the process what a container could reach through it.
func hide() error {
	const root = "/proc" // any directory that there is
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"make mounts private", func() error { return unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, "") }},
		{"mount an empty root", func() error {
			return unix.Mount("none", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "size=4k,mode=555")
		}},
		{"enter the empty root", func() error { return unix.Chdir(root) }},
		{"change the root", func() error { return unix.PivotRoot(".", ".") }},
		{"leave the machine's files", func() error { return unix.Unmount(".", unix.MNT_DETACH) }},
		{"enter the root", func() error { return unix.Chdir("/") }},
		{"gain no privileges", func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }},
		{"have no groups", func() error { return unix.Setgroups(nil) }},
		{"be in no group", func() error { return unix.Setresgid(nobody, nobody, nobody) }},
		{"be nobody", func() error { return unix.Setresuid(nobody, nobody, nobody) }},
		{"be closed to others", func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}
