package sampleimage

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// busyboxPlaces is where Debian's busybox-static and others install it.
var busyboxPlaces = [...]string{"/bin/busybox", "/usr/bin/busybox"}

// maxHostFileBytes bounds what is read from the host into an image.
const maxHostFileBytes = 512 << 20

// ErrNoBusybox is returned when the host has no statically linked busybox.
var ErrNoBusybox = errors.New("no static busybox found (Debian: apt-get install busybox-static)")

// FindBusybox returns the path of a statically linked busybox of the host, or
// ErrNoBusybox.
func FindBusybox() (string, error) {
	for _, place := range busyboxPlaces {
		if static(place) {
			return place, nil
		}
	}
	return "", ErrNoBusybox
}

// static reports whether a file is a program that needs no loader.
func static(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	for _, segment := range f.Progs {
		if segment.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}

// Busybox returns the files of a small system around the given busybox: the
// program, a link for each of its applets, users, and the usual directories.
func Busybox(ctx context.Context, program string) ([]File, error) {
	binary, err := Executable(program, "/bin/busybox")
	if err != nil {
		return nil, err
	}
	list, err := exec.CommandContext(ctx, program, "--list").Output()
	if err != nil {
		return nil, fmt.Errorf("list applets of %s: %w", program, err)
	}
	files := []File{
		binary,
		{Path: "/etc/passwd", Mode: 0o644, Content: []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")},
		{Path: "/etc/group", Mode: 0o644, Content: []byte("root:x:0:\nnogroup:x:65534:\n")},
		{Path: "/root", Mode: fs.ModeDir | 0o700},
		{Path: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		{Path: "/var/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		{Path: "/dev", Mode: fs.ModeDir | 0o755},
		{Path: "/proc", Mode: fs.ModeDir | 0o555},
		{Path: "/sys", Mode: fs.ModeDir | 0o555},
		{Path: "/usr/bin/env", Link: "/bin/busybox"},
	}
	for line := range bytes.Lines(list) {
		applet := strings.TrimSpace(string(line))
		if applet != "" && applet != "busybox" && !strings.Contains(applet, "/") {
			files = append(files, File{Path: "/bin/" + applet, Link: "busybox"})
		}
	}
	return files, nil
}

// Executable returns a program of the host as a file at the given path of the
// image. It must be statically linked, because nothing else is in the image.
func Executable(program, path string) (File, error) {
	info, err := os.Stat(program)
	if err != nil {
		return File{}, fmt.Errorf("read program: %w", err)
	}
	if info.Size() > maxHostFileBytes {
		return File{}, fmt.Errorf("read program: %s has more than %d bytes", program, maxHostFileBytes)
	}
	if !static(program) {
		return File{}, fmt.Errorf("read program: %s is not statically linked", program)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return File{}, fmt.Errorf("read program: %w", err)
	}
	return File{Path: path, Mode: 0o755, Content: content}, nil
}
