package containerd

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/roadstead/roadstead/agent/runtime"
)

// TestHostileImages runs what images can say of themselves that would lead out of the container, were it believed. A
// container either does not begin or is where it should be.
func TestHostileImages(t *testing.T) {
	n := newNode(t)
	outside := t.TempDir()
	for _, path := range []string{outside, filepath.Dir(outside)} {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	up := strings.Repeat("../", 12)
	given := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(given, []byte("1.2.3.4 given\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	image := n.layered(t, "test/links:1", nil, archive(t,
		link("hosts-up", up+outside), folder("etc", 0o755), link("etc/hosts", up+outside+"/hosts"), link("etc/resolv.conf", outside+"/resolv.conf"),
		link("to-proc", "/proc"), link("to-sys", "/proc/sys"), link("to-self", "/proc/self"), link("to-fd", "/proc/self/fd/7"), link("up", up+outside), link("absolute", outside)))
	isolated := []bool{false}
	if mapsMounts(t, n.client.options.Runc) {
		isolated = append(isolated, true)
	}
	volume := t.TempDir()
	if err := os.WriteFile(filepath.Join(volume, "volume"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	count := 0
	tell := func(c runtime.Container, script string) (string, error) {
		count++
		c.ID = fmt.Sprintf("hostile-%d", count)
		c.TaskID, c.Image, c.LogPath, c.Command = c.ID, image.Ref, filepath.Join(t.TempDir(), "log"), []string{"sh", "-c", script}
		events := follow(t, n.client)
		await(t, events, "listing", listed)
		if _, err := n.client.Start(t.Context(), c); err != nil {
			return "", err
		}
		await(t, events, "exit of "+c.ID, exitOf(c.ID))
		if err := n.client.Remove(t.Context(), c.ID); err != nil {
			t.Error(err)
		}
		output, err := os.ReadFile(c.LogPath)
		if err != nil {
			t.Error(err)
		}
		return strings.TrimSpace(string(output)), nil
	}
	for _, own := range isolated {
		// Folders that are others' open files, and what leads there.
		for _, directory := range []string{"/proc/self/fd/3", "/proc/self/fd/5", "/proc/self/fd/6", "/proc/self/fd/7", "/proc/self/fd/8", "/proc/self/fd/9", "/proc/self/fd/10", "/proc/self/fd/7/../../..", "/to-fd", "/to-fd/..", "/to-self/fd/6"} {
			if output, err := tell(runtime.Container{Isolated: own, WorkingDir: directory}, "pwd -P; ls -a; ls -a ../../../../.."); err == nil {
				t.Errorf("a container began in %s (isolated %v): %s", directory, own, output)
			}
		}
		for _, directory := range []string{up + "tmp", "/" + up + "tmp", "/up/made", "/absolute/made/deep", "/to-proc/self/root"} {
			if directory[0] != '/' {
				continue // OCI wants it absolute, and Docker makes it so
			}
			output, err := tell(runtime.Container{Isolated: own, WorkingDir: directory}, "cd -P . && ls -d /to-proc && pwd -P")
			if err == nil && !strings.HasPrefix(output, "/to-proc\n/") {
				t.Errorf("in %s (isolated %v): %s", directory, own, output)
			}
		}
		// Places of mounts that lead elsewhere.
		for _, destination := range []string{"/to-proc", "/to-sys", "/to-self/attr", "/to-proc/new", "/proc", "/proc/sys"} {
			output, err := tell(runtime.Container{Isolated: own, Mounts: []runtime.Mount{{Source: volume, Destination: destination}}}, "ls /proc/self/status; ls /proc | grep -c volume; ls /proc/sys | grep -c volume; ls /proc/self/attr | grep -c volume; touch /proc/sys/x 2>/dev/null && echo writable")
			if err == nil && output != "/proc/self/status\n0\n0\n0" {
				t.Errorf("a volume at %s (isolated %v): %s", destination, own, output)
			}
		}
		output, err := tell(runtime.Container{Isolated: own, HostsFile: given, ResolvConf: given, Mounts: []runtime.Mount{{Source: volume, Destination: "/up/inner"}, {Source: volume, Destination: "/absolute/inner"}}},
			"cat /etc/hosts /etc/resolv.conf; ls /up/inner /absolute/inner")
		if err == nil && !strings.HasPrefix(output, "1.2.3.4 given\n1.2.3.4 given\n") {
			t.Errorf("files of the task's at links (isolated %v): %s", own, output)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("made outside: %v, %v", left, err)
	}
	// What an image has in the place of file systems.
	for _, path := range []string{"proc", "dev", "sys"} {
		image = n.layered(t, "test/"+path+":1", nil, archive(t, folder("elsewhere", 0o777), link(path, "elsewhere")))
		output, err := tell(runtime.Container{}, "ls -d /elsewhere/self /elsewhere/null /elsewhere/kernel 2>/dev/null; head -c 1 /proc/timer_list | wc -c; (: >/proc/sys/kernel/panic) 2>/dev/null && echo writable")
		if err == nil && (strings.Contains(output, "/elsewhere/self") || strings.Contains(output, "writable")) {
			t.Errorf("/%s leads elsewhere: %s", path, output)
		}
	}
}

// TestUsersOfHostileImages has files of users that are none, and one that is where a link leads inside of the image.
func TestUsersOfHostileImages(t *testing.T) {
	n := newNode(t)
	for name, layer := range map[string][]byte{
		"up":       archive(t, folder("etc", 0o755), link("etc/passwd", strings.Repeat("../", 12)+"etc/passwd"), link("etc/group", "/etc/gshadow")),
		"loop":     archive(t, folder("etc", 0o755), link("etc/passwd", "group"), link("etc/group", "passwd")),
		"folder":   archive(t, folder("etc/passwd", 0o755), folder("etc/group", 0o755)),
		"through":  archive(t, link("etc", "/proc/self/root/etc")),
		"nonsense": archive(t, folder("etc", 0o755), file("etc/passwd", 0o644, strings.Repeat("::::::\x00\n", 1<<17)), file("etc/group", 0o644, strings.Repeat("x:", 1<<20))),
	} {
		image := n.layered(t, "test/"+name+":1", nil, layer)
		found, err := n.client.images.get(t.Context(), image.Ref)
		if err != nil {
			t.Fatal(err)
		}
		users, err := n.client.images.accountsOf(t.Context(), found)
		if len(users.passwd)+len(users.groups) > 0 || err != nil {
			t.Errorf("%s: %d users, %d groups, %v", name, len(users.passwd), len(users.groups), err)
		}
	}
	image := n.layered(t, "test/store:1", nil, archive(t, folder("store", 0o755), file("store/users", 0o644, "far:x:12:13::/:\n"), link("etc/passwd", "/store/users"), link("etc/group", "/store/none")))
	output, _ := n.run(t, runtime.Container{ID: "far", Image: image.Ref, User: "far", Command: []string{"id", "-u"}})
	if output != "12\n" {
		t.Errorf("users at the end of a link that is absolute: %q", output)
	}
}

// TestExecutedProgramsStayAsTheyAre has a container write to every program that comes by in its processes: the runtime
// enters it for each command, and a command's interpreter can be the runtime itself (CVE-2019-5736).
func TestExecutedProgramsStayAsTheyAre(t *testing.T) {
	n := newNode(t)
	programs := map[string]string{}
	for _, path := range []string{n.client.options.Runc, n.layout.Shim, "/proc/self/exe"} {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			programs[real] = digestOf(t, real)
		}
	}
	image := n.layered(t, "test/self:1", func(c *v1.Config) { c.Env = append(c.Env, "PATH=/bin") },
		archive(t, file("bin/trap", 0o755, "#!/proc/self/exe\n"), link("bin/self", "/proc/self/exe")))
	const enemy = `while :; do for p in /proc/[0-9]*; do
case $p in /proc/$$|/proc/1) continue;; esac
( exec 9<$p/exe ) 2>/dev/null && { exec 9<$p/exe; [ "$(readlink /proc/$$/fd/9)" = /bin/busybox ] || { echo "has $(readlink /proc/$$/fd/9)"; for i in 1 2 3 4 5 6 7 8 9; do echo overwritten 2>/dev/null >/proc/$$/fd/9 && echo wrote; done; }; exec 9<&-; } 2>/dev/null
done; done`
	log := filepath.Join(t.TempDir(), "log")
	n.start(t, runtime.Container{ID: "enemy", TaskID: "enemy", Image: image.Ref, Command: []string{"sh", "-c", enemy}, LogPath: log})
	for range 8 {
		for _, command := range []string{"trap", "self", "true"} {
			_, _ = n.client.Execute(t.Context(), "enemy", runtime.Command{Args: []string{command}, Stdout: io.Discard}) // it may fail
		}
	}
	if _, err := n.client.Start(t.Context(), runtime.Container{ID: "again", TaskID: "enemy", Image: image.Ref, Entrypoint: []string{"trap"}}); err == nil {
		t.Log("a container whose program is the runtime began")
	}
	said, err := os.ReadFile(log)
	if err != nil || strings.Contains(string(said), "wrote") {
		t.Errorf("the container says %q, %v", said, err)
	}
	t.Logf("the container has seen %d programs that are not its own", strings.Count(string(said), "has "))
	for path, before := range programs {
		if after := digestOf(t, path); after != before {
			t.Errorf("%s has changed", path)
		}
	}
}

func digestOf(t *testing.T, path string) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
