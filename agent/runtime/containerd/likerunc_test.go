package containerd

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/agent/runtime"
)

// portrait says all that a process can find out of what it may do and of what it was given.
const portrait = `set +e
section() { echo "== $1"; }
section status; grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|SigIgn|SigBlk|SigCgt|ShdPnd|Umask|Threads|Cpus_allowed_list|Mems_allowed_list|CoreDumping|THP_enabled|Speculation)' /proc/$$/status
section files; for f in /proc/$$/fd/*; do [ -e "$f" ] && echo "${f##*/} $(readlink $f)"; done
section limits; cat /proc/$$/limits
section cgroup; cat /proc/$$/cgroup
section score; cat /proc/$$/oom_score_adj /proc/$$/timerslack_ns /proc/$$/coredump_filter /proc/$$/attr/current /proc/$$/personality 2>&1
section scheduling; sed -n 's/^policy.*: *//p; s/^prio.*: */prio /p' /proc/$$/sched
section users; cat /proc/$$/uid_map /proc/$$/gid_map /proc/$$/setgroups
section environment; tr '\0' '\n' </proc/$$/environ
section mounts; cat /proc/$$/mountinfo
section devices; ls -lan /dev /dev/pts /dev/shm /dev/mqueue
section nodes; for d in 'b 7 0' 'c 1 1' 'c 10 200' 'c 10 229' 'b 8 0'; do rm -f /tmp/node; mknod /tmp/node $d 2>&1 && head -c 1 /tmp/node 2>&1 >/dev/null; done
section masked; for f in acpi asound interrupts kcore keys latency_stats sched_debug scsi timer_list timer_stats; do ls -lnd /proc/$f; head -c 1 /proc/$f | wc -c; ls /proc/$f 2>/dev/null | wc -l; done 2>&1; ls /sys/firmware /sys/devices/virtual/powercap 2>&1 | wc -l
section written; for f in sys/kernel/core_pattern sys/kernel/panic sys/vm/overcommit_memory sys/net/ipv4/ip_forward irq/default_smp_affinity fs/nothing bus/nothing sysrq-trigger; do (: >>/proc/$f) 2>&1; done; (: >/sys/nothing) 2>&1; mkdir /sys/fs/cgroup/nothing 2>&1; rmdir /sys/fs/cgroup/nothing 2>/dev/null
section calls; for c in 'unshare -m true' 'unshare -U true' 'unshare -i true' 'mount -t tmpfs none /tmp' 'mount -t proc none /tmp' 'mount -o remount,rw /sys' 'umount /proc/sys' 'dmesg' 'chroot / true' 'setpriv --dump' 'ionice -c 1 true' 'hostname other' 'renice -n -1 1'  'pivot_root / /'; do echo "$c"; $c 2>&1 | head -n 40 | cut -c1-120; done
section end
`

// sameness takes out what differs between any two containers.
var sameness = []struct{ from, to string }{
	{`pipe:\[\d+\]`, "pipe"}, {`/(task-)?(bare|ours)[-a-z]*/(bare|ours)`, "/ID"}, {`\b(bare|ours)\b`, "ID"}, {`(lowerdir|upperdir|workdir)=[^, ]*`, "$1"},
	{`(?m)^\d+ \d+ \d+:\d+ `, ""}, {`(shared|master):\d+ `, ""}, {`(?m)^/tmp/[^ ]*`, "/HOST"}, {`/tmp/[^ ]*/(hostname|out)`, "/HOST"}, {`/[^ ]*/files/ID/hostname`, "/HOST"},
	{`ino=\d+`, "ino"}, {`\d+:\d+ [A-Z][a-z]+ [\d: ]+`, "TIME"}, {`[A-Z][a-z]{2} [ \d]\d \d\d:\d\d`, "TIME"}, {`\[ *\d+\.\d+\].*`, "KERNEL"},
}

func alike(text string) []string {
	for _, s := range sameness {
		text = regexp.MustCompile(s.from).ReplaceAllString(text, s.to)
	}
	return strings.Split(text, "\n")
}

// TestContainersAreAsRuncMakesThem has containers, and commands beside them, tell what they are, and the same
// configuration started by runc alone.
func TestContainersAreAsRuncMakesThem(t *testing.T) {
	n := newNode(t)
	image := n.pull(t)
	if n.client.options.Runc == "" {
		t.Skip("skips comparing with runc: there is none")
	}
	for name, c := range map[string]runtime.Container{
		"plain":      {},
		"isolated":   {Isolated: true},
		"privileged": {Privileged: true},
		"restricted": {User: "1000:1001", CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges=true"}, ReadonlyRootfs: true, Tmpfs: []runtime.Tmpfs{{Destination: "/tmp"}},
			Ulimits:   []runtime.Ulimit{{Name: "core", Soft: 100, Hard: 200}}, // not nofile: runc's commands have the hard limit now and then
			Resources: runtime.Resources{MemoryLimit: 64 << 20, PidsLimit: 50}},
		"more": {CapAdd: []string{"SYS_ADMIN", "SYS_PTRACE", "NET_ADMIN"}, SecurityOpt: []string{"seccomp=unconfined"}, Sysctls: map[string]string{"kernel.msgmax": "4242"},
			Devices: []runtime.Device{{HostPath: "/dev/null", ContainerPath: "/dev/nought", Permissions: "r"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.Isolated && !mapsMounts(t, n.client.options.Runc) {
				t.Skip("skips users of its own: this runc knows no mounts with other users")
			}
			c.Image, c.Hostname = image.Ref, "harbour"
			tell := func(id string) (shown string, made runtime.Container) {
				out := t.TempDir()
				if err := os.Chmod(out, 0o777); err != nil {
					t.Fatal(err)
				}
				made = c
				made.ID, made.TaskID = id, id
				made.Mounts = []runtime.Mount{{Source: out, Destination: "/out"}}
				made.Command = []string{"sh", "-c", "(" + portrait + ") >/out/told 2>&1 </dev/null; sh -c 'mv /out/told /out/done'; exec sleep 1000"}
				return filepath.Join(out, "done"), made
			}
			read := func(path string) (text []byte) {
				eventually(t, "what the container tells", func() (done bool) {
					var err error
					text, err = os.ReadFile(path)
					return err == nil
				})
				return text
			}
			script := []string{"sh", "-c", "exec 2>&1\n" + portrait}
			shown, own := tell("ours")
			n.start(t, own)
			ours := read(shown)
			var beside bytes.Buffer
			if code, err := n.client.Execute(t.Context(), "ours", runtime.Command{Args: script, Stdout: &beside}); code != 0 || err != nil {
				t.Fatalf("a command ended with %d, %v", code, err)
			}
			var first uint32
			if c.Isolated {
				first = n.client.ranges.tasks["ours"].base
			}
			if err := n.client.Remove(t.Context(), "ours"); err != nil {
				t.Fatal(err)
			}
			shown, own = tell("bare")
			alone := newBareOf(t, n, own, first)
			alone.run(t, "bare")
			t.Cleanup(func() { alone.remove(t, "bare") })
			compare(t, "the container", ours, read(shown))
			executed, err := n.runcCommand(append([]string{"--root", alone.root, "exec", "bare"}, script...)...).CombinedOutput()
			if err != nil {
				t.Errorf("runc exec: %v", err)
			}
			compare(t, "a command in it", beside.Bytes(), executed)
		})
	}
}

func compare(t *testing.T, what string, ours, runcs []byte) {
	t.Helper()
	if !bytes.Contains(ours, []byte("== end")) || !bytes.Contains(runcs, []byte("== end")) {
		t.Errorf("%s tells not all: %d and %d bytes:\n%s\n%s", what, len(ours), len(runcs), ours, runcs)
	}
	a, b := alike(string(ours)), alike(string(runcs))
	for at := range a {
		if at >= len(b) || a[at] != b[at] {
			t.Errorf("%s differs from runc's at line %d:\nours  %q\nrunc's %q", what, at+1, around(a, at), around(b, at))
			return
		}
	}
	if !slices.Equal(a, b) {
		t.Errorf("%s: runc's tells more: %q", what, b[len(a):])
	}
}

func around(lines []string, at int) []string {
	return lines[min(len(lines), max(0, at-1)):min(len(lines), at+2)]
}
