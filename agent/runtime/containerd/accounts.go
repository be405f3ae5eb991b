package containerd

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// accounts are an image's /etc/passwd and /etc/group. Either may be empty.
type accounts struct {
	passwd []account
	groups []group
}

type account struct {
	name     string
	uid, gid uint32
}

type group struct {
	name    string
	gid     uint32
	members []string
}

// accountsLimit is how much is read of each file, in bytes.
const accountsLimit = 1 << 20

// idBits is how large the number of a user or a group may be: the largest that there are mean "nobody" or "leave it" to
// the kernel, and added to the first of a task's users a larger one would begin again at the machine's root.
const idBits = 31

// parseAccounts reads what it understands and skips other lines, as libc does.
func parseAccounts(passwd, groups []byte) accounts {
	var a accounts
	for line := range bytes.Lines(passwd) {
		fields := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(fields) < 4 {
			continue
		}
		uid, err1 := strconv.ParseUint(fields[2], 10, idBits)
		gid, err2 := strconv.ParseUint(fields[3], 10, idBits)
		if err1 == nil && err2 == nil {
			a.passwd = append(a.passwd, account{name: fields[0], uid: uint32(uid), gid: uint32(gid)})
		}
	}
	for line := range bytes.Lines(groups) {
		fields := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(fields) < 3 {
			continue
		}
		gid, err := strconv.ParseUint(fields[2], 10, idBits)
		if err != nil {
			continue
		}
		g := group{name: fields[0], gid: uint32(gid)}
		if len(fields) > 3 {
			g.members = strings.FieldsFunc(fields[3], func(r rune) bool { return r == ',' })
		}
		a.groups = append(a.groups, g)
	}
	return a
}

// resolve understands "", "user", "uid", "user:group" and so on, as Docker's USER. A number need not be in the files;
// a name must. Groups that list the user are added unless a group is given.
func (a accounts) resolve(user string) (specs.User, error) {
	name, groupName, withGroup := strings.Cut(user, ":")
	if name == "" {
		name = "0"
	}
	var result specs.User
	found, err := a.find(name)
	if err != nil {
		return result, err
	}
	result.UID, result.GID = found.uid, found.gid
	if withGroup && groupName != "" {
		gid, err := a.findGroup(groupName)
		if err != nil {
			return result, err
		}
		result.GID = gid
		result.AdditionalGids = []uint32{gid}
		return result, nil
	}
	result.AdditionalGids = []uint32{result.GID}
	for _, g := range a.groups {
		if found.name != "" && slices.Contains(g.members, found.name) && !slices.Contains(result.AdditionalGids, g.gid) {
			result.AdditionalGids = append(result.AdditionalGids, g.gid)
		}
	}
	return result, nil
}

func (a accounts) find(name string) (account, error) {
	number, err := strconv.ParseUint(name, 10, idBits)
	numeric := err == nil
	for _, entry := range a.passwd {
		if entry.name == name || numeric && uint64(entry.uid) == number {
			return entry, nil
		}
	}
	if numeric {
		return account{uid: uint32(number)}, nil
	}
	return account{}, fmt.Errorf("unable to find user %s: no matching entries in passwd file: %w", name, errCannotCreate)
}

func (a accounts) findGroup(name string) (uint32, error) {
	for _, g := range a.groups {
		if g.name == name {
			return g.gid, nil
		}
	}
	if number, err := strconv.ParseUint(name, 10, idBits); err == nil {
		return uint32(number), nil
	}
	return 0, fmt.Errorf("unable to find group %s: no matching entries in group file: %w", name, errCannotCreate)
}
