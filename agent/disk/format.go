package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// scratchFlags make a file system that nobody wants back after a crash: it keeps no journal.
var scratchFlags = []string{"-O", "^has_journal"}

// flagsOf are how the program of each kind is called: nothing is asked, nothing is kept for root alone, and what a sparse
// file has anyway is not written.
var flagsOf = map[string][]string{
	Ext3: {"-q", "-F", "-m", "0", "-E", "nodiscard,lazy_itable_init=1"},
	Ext4: {"-q", "-F", "-m", "0", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1"},
	XFS:  {"-q", "-f", "-K"},
}

// program finds the program that makes file systems of a kind.
func program(kind string) (string, error) {
	if flagsOf[kind] == nil {
		return "", fmt.Errorf("file systems of kind %q are not supported", kind)
	}
	name := "mkfs." + kind
	path, err := exec.LookPath(name)
	for _, directory := range []string{"/usr/sbin/", "/sbin/"} { // often in nobody's path but root's
		if err == nil {
			break
		}
		path, err = exec.LookPath(directory + name)
	}
	if err != nil {
		return "", fmt.Errorf("%s is not installed", name)
	}
	return path, nil
}

// format makes a file as large as a disk is to be, and a file system in it.
func format(file *os.File, kind string, size int64, more []string) error {
	if size <= 0 || size > MaxSize {
		return fmt.Errorf("a disk of %d bytes: want 1 to %d", size, int64(MaxSize))
	}
	path, err := program(kind)
	if err != nil {
		return err
	}
	if err := file.Truncate(size); err != nil {
		return err
	}
	// The child finds the file as its third, whether or not it has a name.
	command := exec.Command(path, append(append(append([]string{}, flagsOf[kind]...), more...), "/proc/self/fd/3")...)
	var output bytes.Buffer
	command.ExtraFiles, command.Stdout, command.Stderr = []*os.File{file}, &output, &output
	if err := command.Run(); err != nil {
		if said := strings.TrimSpace(output.String()); said != "" {
			err = errors.Join(err, errors.New(said))
		}
		return fmt.Errorf("make a file system %s: %w", kind, err)
	}
	return nil
}

// words are the words of a text.
func words(text []byte) (out []string) { return strings.Fields(string(text)) }
