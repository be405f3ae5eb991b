//go:build linux && cgo && seccomp

package direct

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/opencontainers/runc/libcontainer/configs"
	libseccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

// A profile is described to a container's process, and in the container's state, by a rule for each of its four hundred
// system calls. To write that and to read it again takes longer than all else that is said to the process. When the
// program that comes of a profile is kept, the process is given a short one instead: it bears the profile's mark, by
// which that program is found, and the calls that libcontainer's own part of the filter depends on. It allows next to
// nothing, so a process that does not find the program does not become a container.

// profile is a seccomp profile of which the program is kept.
type profile struct {
	Short *configs.Seccomp `json:"short"` // nil when there can be none
	Full  json.RawMessage  `json:"full"`
}

// markOf names a profile as a bundle has it, to this program: another one may make another program of it.
func markOf(raw []byte) (mark [sha256.Size]byte, err error) {
	var program unix.Stat_t
	if err := unix.Stat("/proc/self/exe", &program); err != nil {
		return mark, err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "1 %d %d %d %d\n", program.Dev, program.Ino, program.Size, program.Mtim.Nano())
	sum.Write(raw)
	return [sha256.Size]byte(sum.Sum(nil)), nil
}

func (f filters) fileOf(mark [sha256.Size]byte) string {
	return filepath.Join(f.directory, fmt.Sprintf("filter-%x", mark[:12]))
}

// find gives a profile whose program is kept.
func (f filters) find(mark [sha256.Size]byte) (found profile, ok bool) {
	text, err := os.ReadFile(f.fileOf(mark))
	return found, err == nil && json.Unmarshal(text, &found) == nil && len(found.Full) > 0
}

// learn compiles a profile and keeps the program.
func (f filters) learn(mark [sha256.Size]byte, full *configs.Seccomp) (profile, error) {
	text, err := json.Marshal(full)
	if err != nil {
		return profile{}, err
	}
	learned := profile{Full: text}
	entry, err := compile(text)
	if err != nil {
		return profile{}, err
	}
	if short := shorten(full, mark); short != nil {
		alias, err := compileAlias(short, entry)
		if err != nil {
			return profile{}, err
		}
		learned.Short, entry = short, append(entry, alias...)
	}
	if err := f.add(entry); err != nil {
		return profile{}, err
	}
	text, err = json.Marshal(learned)
	if err != nil {
		return profile{}, err
	}
	// Without the file it is compiled once more.
	return learned, writeWhole(f.fileOf(mark), text)
}

// writeWhole writes a file of which others see all or nothing.
func writeWhole(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // at worst it is left until the next boot
	}
	return err
}

// compileAlias gives an entry by which the short profile's description leads to the program of another entry.
func compileAlias(short *configs.Seccomp, full []byte) ([]byte, error) {
	text, err := json.Marshal(short)
	if err != nil {
		return nil, err
	}
	own, err := compile(text)
	if err != nil {
		return nil, err
	}
	described, _, err := split(own)
	if err != nil {
		return nil, err
	}
	_, program, err := split(full)
	if err != nil {
		return nil, err
	}
	alias := binary.NativeEndian.AppendUint32(nil, entryMark)
	alias = binary.NativeEndian.AppendUint32(alias, uint32(len(described)))
	alias = binary.NativeEndian.AppendUint32(alias, uint32(len(program)))
	return append(append(alias, described...), program...), nil
}

// split takes an entry of the file of filters apart (filters.h).
func split(entry []byte) (description, program []byte, err error) {
	const header = 12
	if len(entry) < header || binary.NativeEndian.Uint32(entry) != entryMark {
		return nil, nil, errors.New("what was compiled is no entry")
	}
	d, p := uint64(binary.NativeEndian.Uint32(entry[4:])), uint64(binary.NativeEndian.Uint32(entry[8:]))
	if header+d+p != uint64(len(entry)) {
		return nil, nil, errors.New("what was compiled is cut off")
	}
	return entry[header : header+d], entry[header+d:], nil
}

// shorten gives a profile that stands for another one: with its actions, flags and architectures, the last system call of
// each architecture, above which libcontainer has the filter answer that there is none, and the mark. It is nil when
// the profile allows what it does not name, or asks somebody.
func shorten(full *configs.Seccomp, mark [sha256.Size]byte) *configs.Seccomp {
	switch full.DefaultAction {
	case configs.Errno, configs.Kill, configs.KillThread, configs.KillProcess:
	default:
		return nil
	}
	short := *full
	short.Syscalls = nil
	for _, architecture := range architecturesOf(full) {
		if last := lastOf(full.Syscalls, architecture); last != nil {
			short.Syscalls = append(short.Syscalls, last)
		}
	}
	for _, call := range full.Syscalls {
		if call == nil || call.Action == configs.Notify {
			return nil
		}
	}
	// No call to read has arguments like these; 32 bits of the mark each, because some architectures have no more.
	bearer := &configs.Syscall{Name: "read", Action: configs.Allow, Args: []*configs.Arg{}}
	for i := range uint(4) {
		bearer.Args = append(bearer.Args, &configs.Arg{Index: i, Op: configs.MaskEqualTo,
			Value: uint64(binary.BigEndian.Uint32(mark[8*i:])), ValueTwo: uint64(binary.BigEndian.Uint32(mark[8*i+4:]))})
	}
	short.Syscalls = append(short.Syscalls, bearer)
	return &short
}

// architecturesOf are those that libcontainer looks for the last system call of.
func architecturesOf(config *configs.Seccomp) (all []libseccomp.ScmpArch) {
	if native, err := libseccomp.GetNativeArch(); err == nil {
		all = append(all, native)
	}
	for _, name := range config.Architectures {
		if architecture, err := libseccomp.GetArchFromString(name); err == nil {
			all = append(all, architecture)
		}
	}
	return all
}

func lastOf(calls []*configs.Syscall, architecture libseccomp.ScmpArch) (last *configs.Syscall) {
	var largest libseccomp.ScmpSyscall
	for _, call := range calls {
		if call == nil {
			continue
		}
		if number, err := libseccomp.GetSyscallFromNameByArch(call.Name, architecture); err == nil && number > largest {
			largest, last = number, call
		}
	}
	return last
}

// tellAll puts the profile in a container's state where the short one stands for it, for those who load that: it has to
// be the container's whole description to them.
func (p profile) tellAll(path string) error {
	short, err := json.Marshal(p.Short)
	if err != nil {
		return err
	}
	state, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const name = `"seccomp":`
	short = append([]byte(name), short...)
	if found := bytes.Count(state, short); found != 1 {
		return fmt.Errorf("the container's state has its profile %d times", found)
	}
	return writeWhole(path, bytes.Replace(state, short, append([]byte(name), p.Full...), 1))
}
