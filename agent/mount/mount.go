// Package mount mounts file systems for tasks' volumes and takes them away again, with mount(2) alone.
//
// It decides what mount options mean to the kernel. Which volume is mounted where, and when, is the agent's to say. Nothing
// below a directory that is about to be removed may stay mounted: what is removed then could be somebody's data.
//
// A server of NFS that is away may be waited for for ever, by whoever as much as looks at a directory of it. So mount
// points are told by the kernel's list and never looked at, and what has to ask the server is done by a helper process.
package mount

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Table is the mounts of this process's namespace. The zero value is usable, and has the patience of the kernel.
type Table struct {
	// Helper is the command (OwnHelper) of a process that calls Main; it acts on file systems of other machines. None: this
	// process does.
	Helper []string
	// Patience is how long such an act may take; 0 is a minute.
	Patience time.Duration
}

// flags are the options that are no file system's own, as mount(8) names them; what begins with "no" and is not here
// undoes the flag.
var flags = map[string]uintptr{
	"ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC, "sync": unix.MS_SYNCHRONOUS,
	"dirsync": unix.MS_DIRSYNC, "mand": unix.MS_MANDLOCK, "noatime": unix.MS_NOATIME, "nodiratime": unix.MS_NODIRATIME,
	"relatime": unix.MS_RELATIME, "strictatime": unix.MS_STRICTATIME, "bind": unix.MS_BIND, "rbind": unix.MS_BIND | unix.MS_REC,
}

var undone = map[string]uintptr{
	"rw": unix.MS_RDONLY, "suid": unix.MS_NOSUID, "dev": unix.MS_NODEV, "exec": unix.MS_NOEXEC, "async": unix.MS_SYNCHRONOUS,
	"nomand": unix.MS_MANDLOCK, "atime": unix.MS_NOATIME, "diratime": unix.MS_NODIRATIME, "norelatime": unix.MS_RELATIME,
	"nostrictatime": unix.MS_STRICTATIME, "defaults": 0,
}

// Mount mounts source, a file system of a kind, on a directory that must exist, with options as in mount(8)'s -o. What is
// a mount point already stays as it is.
func (t Table) Mount(kind, source, target, options string) error {
	target, err := located(target)
	if err != nil {
		return err
	}
	mounted, _, err := points()
	if err != nil {
		return err
	}
	if slices.Contains(mounted, target) {
		return nil
	}
	bits, data, err := parse(kind, options)
	if err != nil {
		return err
	}
	mount := func() error { return unix.Mount(source, target, kind, bits, data) }
	if isRemote(kind) {
		mount = func() error {
			return t.remotely(context.Background(), actMount, source, target, kind, strconv.FormatUint(uint64(bits), 10), data)
		}
	}
	if err := mount(); err != nil {
		return fmt.Errorf("failed to mount local volume: mount %s:%s, flags: 0x%x, data: %s: %w", source, target, bits, data, err)
	}
	if bits&unix.MS_BIND == 0 || bits&^(unix.MS_BIND|unix.MS_REC) == 0 {
		return nil
	}
	// The kernel takes other flags of a bind mount only afterwards.
	if err := unix.Mount("", target, "", bits|unix.MS_REMOUNT, ""); err != nil {
		return errors.Join(fmt.Errorf("failed to mount local volume: flags 0x%x of %s: %w", bits, target, err), unix.Unmount(target, unix.UMOUNT_NOFOLLOW))
	}
	return nil
}

// isRemote reports whether file systems of a kind are other machines'.
func isRemote(kind string) bool { return strings.HasPrefix(kind, "nfs") || kind == "cifs" }

// Mounted reports whether something is mounted on a directory.
func Mounted(directory string) (bool, error) {
	directory, err := located(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	mounted, _, err := points()
	return slices.Contains(mounted, directory), err
}

// parse takes options apart. A server that is named with addr= is looked up: the kernel cannot.
func parse(kind, options string) (bits uintptr, data string, err error) {
	var own []string
	for _, option := range strings.Split(options, ",") {
		set, known := flags[option]
		unset, undoes := undone[option]
		host, isAddress := strings.CutPrefix(option, "addr=")
		switch {
		case option == "":
		case known:
			bits |= set
		case undoes:
			bits &^= unset
		case isAddress && net.ParseIP(host) == nil && isRemote(kind):
			found, err := net.ResolveIPAddr("ip", host)
			if err != nil {
				return 0, "", fmt.Errorf("error resolving passed in network volume address: %w", err)
			}
			own = append(own, "addr="+found.String())
		default:
			own = append(own, option)
		}
	}
	// No two mounts share what they wait for: one that is given up must not take others with it.
	if strings.HasPrefix(kind, "nfs") && !slices.Contains(own, "sharecache") && !slices.Contains(own, "nosharecache") {
		own = append(own, "nosharecache")
	}
	return bits, strings.Join(own, ","), nil
}

// UnmountBelow unmounts everything at and below a directory, the innermost first. What is of another machine goes from
// here at once, and from the kernel when nobody uses it any more.
func (t Table) UnmountBelow(directory string) error {
	directory, err := resolved(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	mounted, remote, err := points()
	if err != nil {
		return err
	}
	for _, point := range slices.Backward(mounted) {
		if point != directory && !strings.HasPrefix(point, directory+"/") {
			continue
		}
		unmount := func() error { return unix.Unmount(point, unix.UMOUNT_NOFOLLOW) }
		if remote[point] {
			unmount = func() error { return t.detach(point) }
		}
		if err := unmount(); err != nil {
			return fmt.Errorf("unmount %s: %w", point, err)
		}
	}
	return nil
}

// detach takes away a mount whose server may not answer. What was written and has not reached the server is waited for, by
// the helper alone: the mount point is free before.
func (t Table) detach(point string) error {
	count := func() (n int, err error) {
		mounted, _, err := points()
		for _, p := range mounted {
			if p == point {
				n++
			}
		}
		return n, err
	}
	before, err := count()
	if err != nil {
		return err
	}
	err = t.remotely(context.Background(), actUnmount, point, strconv.Itoa(unix.UMOUNT_NOFOLLOW|unix.MNT_DETACH))
	if !errors.Is(err, unix.ETIMEDOUT) {
		return err
	}
	if after, failed := count(); failed != nil || after >= before {
		return errors.Join(err, failed)
	}
	return nil
}

// located returns the path of a mount point as the kernel lists it, without looking at what is mounted there.
func located(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil || filepath.Dir(absolute) == absolute {
		return absolute, err
	}
	parent, err := resolved(filepath.Dir(absolute))
	return filepath.Join(parent, filepath.Base(absolute)), err
}

// resolved returns the path as the kernel lists it.
func resolved(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err == nil {
		absolute, err = filepath.EvalSymlinks(absolute)
	}
	if err != nil {
		return "", fmt.Errorf("find mounts at %s: %w", path, err)
	}
	return absolute, nil
}

// points returns the mount points of this process, in the order in which they were mounted, and which are of other machines.
func points() (mounted []string, remote map[string]bool, err error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, nil, fmt.Errorf("list mounts: %w", err)
	}
	defer file.Close()
	return readPoints(file)
}

// readPoints reads the fifth column, and the kind, which is the first after the dash.
// Source: proc_pid_mountinfo(5).
func readPoints(text io.Reader) (out []string, remote map[string]bool, err error) {
	remote = map[string]bool{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) <= 4 {
			continue
		}
		point := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(fields[4])
		out = append(out, point)
		if dash := slices.Index(fields, "-"); dash > 0 && dash+1 < len(fields) && isRemote(fields[dash+1]) {
			remote[point] = true
		}
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("list mounts: %w", err)
	}
	return out, remote, nil
}
