package containerd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// What real containers show from inside is in TestInside; here is what needs no root.

func example() (runtime.Container, machine) {
	return runtime.Container{ID: "0123456789abcdef", TaskID: "task", Command: []string{"run"}},
		machine{hostname: "box", capabilities: append([]string{"CAP_SYS_ADMIN", "CAP_NET_ADMIN"}, defaultCapabilities...)}
}

func TestHostname(t *testing.T) {
	c, m := example()
	if got := hostnameOf(c, m); got != "box" {
		t.Errorf("beside the machine's network: %q", got)
	}
	c.NetNS = "/run/netns/x"
	if got := hostnameOf(c, m); got != "0123456789ab" {
		t.Errorf("in its own network: %q", got)
	}
	c.Hostname = "harbour"
	if got := hostnameOf(c, m); got != "harbour" {
		t.Errorf("given: %q", got)
	}
}

func TestCapabilities(t *testing.T) {
	_, m := example()
	for _, test := range []struct {
		name      string
		add, drop []string
		all       bool
		want      func([]string) bool
	}{
		{"default", nil, nil, false, func(got []string) bool { return len(got) == len(defaultCapabilities) }},
		{"added", []string{"net_admin", "CAP_SYS_ADMIN"}, nil, false, func(got []string) bool {
			return slices.Contains(got, "CAP_NET_ADMIN") && slices.Contains(got, "CAP_SYS_ADMIN") && len(got) == len(m.capabilities)
		}},
		{"dropped", nil, []string{"CHOWN"}, false, func(got []string) bool { return !slices.Contains(got, "CAP_CHOWN") }},
		{"all but one", []string{"ALL"}, []string{"CHOWN"}, false, func(got []string) bool { return len(got) == len(m.capabilities)-1 }},
		{"only one", []string{"CHOWN"}, []string{"ALL"}, false, func(got []string) bool { return slices.Equal(got, []string{"CAP_CHOWN"}) }},
		{"privileged", nil, []string{"ALL"}, true, func(got []string) bool { return len(got) == len(m.capabilities) }},
	} {
		got, err := capabilitiesOf(runtime.Container{CapAdd: test.add, CapDrop: test.drop, Privileged: test.all}, m)
		if err != nil || !test.want(got.Bounding) || len(got.Ambient) > 0 {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
	}
}

func TestOwnMountReplacesOurs(t *testing.T) {
	c, m := example()
	c.HostsFile = "/hosts"
	c.Mounts = []runtime.Mount{
		{Source: "/tmp", Destination: "/data/inner"}, {Source: "/tmp", Destination: "/data"}, {Source: "/tmp", Destination: "/dev/shm"},
	}
	mounts, err := buildMounts(c, m)
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, mount := range mounts {
		places = append(places, mount.Destination)
	}
	if slices.Index(places, "/data") > slices.Index(places, "/data/inner") {
		t.Errorf("an outer mount hides the one inside it: %v", places)
	}
	if at := slices.Index(places, "/dev/shm"); mounts[at].Type != "bind" || slices.Index(places[at+1:], "/dev/shm") >= 0 {
		t.Errorf("two mounts at one place: %v", mounts)
	}
}

func TestFilesOfTheTasksAreNoWayPastItsDisk(t *testing.T) {
	c, m := example()
	c.HostsFile, c.ResolvConf, m.hostnameFile = "/hosts", "/resolv", "/hostname"
	for _, scratch := range []string{"", "/disk"} {
		c.Scratch = scratch
		mounts, err := buildMounts(c, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, mount := range mounts {
			if mount.Type == "bind" && slices.Contains(mount.Options, "ro") != (scratch != "") {
				t.Errorf("with the disk %q: %+v", scratch, mount)
			}
		}
	}
}

func TestResources(t *testing.T) {
	c, m := example()
	m.swap = true
	c.Resources = runtime.Resources{CPUQuota: 500 * time.Millisecond, MemoryLimit: 1 << 20, CPUShares: 256}
	c.Task.CPUQuota = 200 * time.Millisecond
	r, err := buildResources(c, m)
	if err != nil || *r.CPU.Quota != 200_000 || *r.CPU.Period != 100_000 || *r.CPU.Shares != 256 || *r.Memory.Limit != 1<<20 || *r.Memory.Swap != 2<<20 {
		t.Errorf("%+v, %v", r, err)
	}
	unlimited := int64(-1)
	c.Resources.MemorySwap = &unlimited
	if r, err = buildResources(c, m); err != nil || *r.Memory.Swap != -1 {
		t.Errorf("%+v, %v", r, err)
	}
	c.Resources.CPUPeriod, c.Resources.CPUQuota = 10*time.Millisecond, 50*time.Millisecond
	if r, err = buildResources(c, m); err != nil || *r.CPU.Quota != 20_000 || *r.CPU.Period != 10_000 {
		t.Errorf("another period: %+v, %v", r.CPU, err)
	}
}

func TestAccounts(t *testing.T) {
	a := parseAccounts([]byte("root:x:0:0::/:\nweb:x:10:20\nbroken\nbad:x:y:z\nlast:x:4294967295:4294967295\nwraps:x:4278190080:0\n"), []byte("root:x:0:\nmore:x:30:web,root\nodd:x:nan:web\n"))
	for user, want := range map[string]string{
		"": "0 0 [0 30]", "root": "0 0 [0 30]", "web": "10 20 [20 30]", "10": "10 20 [20 30]", "99": "99 0 [0]", "web:more": "10 30 [30]", "5:6": "5 6 [6]", "web:": "10 20 [20 30]",
	} {
		got, err := a.resolve(user)
		if text := strings.TrimSpace(join(got.UID, got.GID, got.AdditionalGids)); err != nil || text != want {
			t.Errorf("%q: %s, %v; want %s", user, text, err, want)
		}
	}
	for _, user := range []string{"bad", "nobody", "web:none", "-1", "last", "wraps", "4294967295", "2147483648"} {
		if got, err := a.resolve(user); err == nil {
			t.Errorf("%q: %+v", user, got)
		}
	}
}

func join(values ...any) string { return fmt.Sprintln(values...) }

func TestLimitedBuffer(t *testing.T) {
	b := &limitedBuffer{limit: 5}
	for range 3 {
		if n, err := b.Write([]byte("abc")); n != 3 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if string(b.bytes()) != "abcab" {
		t.Errorf("%q", b.bytes())
	}
}
