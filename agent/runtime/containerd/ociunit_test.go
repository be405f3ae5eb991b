package containerd

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
)

func TestParseRuntime(t *testing.T) {
	valid := func(name string) bool { return name != "" && name != "Bad" }
	for text, want := range map[string]OCIRuntime{
		"runsc=/opt/runsc --platform=ptrace": {Name: "runsc", Program: "/opt/runsc", Flags: []string{"--platform=ptrace"}},
		"crun=crun":                          {Name: "crun", Program: "crun", Flags: []string{}},
		"kata=io.containerd.kata.v2":         {Name: "kata", Shim: "io.containerd.kata.v2", Sandboxed: true},
		"stock=io.containerd.runc.v2":        {Name: "stock", Shim: "io.containerd.runc.v2"},
	} {
		if got, err := ParseRuntime(text, valid); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "=x", "Bad=x", "runc=/x", "name", "name=", "name= "} {
		if got, err := ParseRuntime(text, valid); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := shimProgram("io.containerd.kata.v2"); got != "containerd-shim-kata-v2" {
		t.Error(got)
	}
}

func TestWhatAProgramSaysOfItself(t *testing.T) {
	for _, test := range []struct {
		version   string
		flags     []string
		sandboxed bool
		want      []string
	}{
		{"runsc version 1\nspec: 1.1.0\n", nil, true, []string{"--network=host", "--overlay2=none"}},
		{"runsc version 1", []string{"-network", "sandbox"}, true, []string{"-network", "sandbox", "--overlay2=none"}},
		{"crun version 1.8.1", nil, false, nil},
		{"runc version 1.5.2", nil, false, nil},
		{"something else", nil, true, nil},
	} {
		r := OCIRuntime{Flags: test.flags}
		r.complete(test.version)
		if r.Sandboxed != test.sandboxed || !slices.Equal(r.Flags, test.want) || r.Inside != strings.HasPrefix(test.version, "runsc") {
			t.Errorf("%q: %+v", test.version, r)
		}
	}
}

// TestSandboxesRefuseWhatTheyHaveNot asks a sandboxed runtime for what takes the machine's kernel.
func TestSandboxesRefuseWhatTheyHaveNot(t *testing.T) {
	sandbox, plain := &OCIRuntime{Name: "runsc", Sandboxed: true}, &OCIRuntime{Name: "crun"}
	for name, c := range map[string]runtime.Container{
		"privileged": {Privileged: true}, "processes": {PID: runtime.SharedInTask}, "IPC": {IPC: runtime.SharedWithHost},
		"device": {Devices: []runtime.Device{{}}}, "hook": {Hooks: []runtime.Hook{{}}}, "profile": {SecurityOpt: []string{"apparmor=x"}},
		"setting": {Sysctls: map[string]string{"net.core.somaxconn": "1", "kernel.msgmax": "1"}},
	} {
		if _, err := sandbox.fit(c); runtime.KindOf(failure("start", "x", err)) != runtime.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
		for _, r := range []*OCIRuntime{nil, plain} {
			if got, err := r.fit(c); err != nil || !reflect.DeepEqual(got, c) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
	if got, err := (&OCIRuntime{Sandboxed: true, SameUsers: true}).fit(runtime.Container{Isolated: true}); err != nil || got.Isolated {
		t.Errorf("%+v, %v", got, err)
	}
	mounts := []runtime.Mount{{Given: true}, {}}
	for i, want := range []bool{true, true, false} {
		c := runtime.Container{Isolated: true, IPC: runtime.SharedWithNobody, Mounts: mounts[:i], Sysctls: map[string]string{"net.core.somaxconn": "1"}}
		if got, err := sandbox.fit(c); err != nil || got.Isolated != want {
			t.Errorf("with %d mounts: %+v, %v", i, got, err)
		}
	}
}

const processTable = `UID       PID       PPID      C         TTY       STIME     TIME      CMD
0         1         0         0         ?         15:45     10ms      sh
0         7         0         0         pts/0     15:46     0s        sh
0         9         7         0         pts/0     15:46     0s        sleep and more
0         8         9         0         pts/0     15:46     0s        cat
0         10        1         0         ?         15:46     0s        sleep`

func TestSessionsInside(t *testing.T) {
	all := parents(processTable)
	if want := []process{{1, 0}, {7, 0}, {9, 7}, {8, 9}, {10, 1}}; !slices.Equal(all, want) {
		t.Fatalf("%v", all)
	}
	if got := descendants(all, map[int]bool{7: true}); !slices.Equal(got, []int{7, 9, 8}) {
		t.Errorf("%v", got)
	}
	if got := descendants(all, map[int]bool{42: true, 8: true}); !slices.Equal(got, []int{8}) {
		t.Errorf("%v", got)
	}
	if got := parents("PPID PID PGID\n1 2 3\nx\n"); !slices.Equal(got, []process{{2, 1}}) {
		t.Errorf("%v", got)
	}
}

func TestFlagsOfRuntimesAreQuoted(t *testing.T) {
	if got := quoted("/a b/c", []string{"--x=it's"}); got != `'/a b/c' '--x=it'\''s'` {
		t.Error(got)
	}
}
