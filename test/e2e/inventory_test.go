package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	// preparedAtMost is how many network namespaces and shims an instance may
	// hold ready beside those that its tasks have.
	preparedAtMost = 8
	settlePatience = 20 * time.Second
)

// name is the short name that the platform's kernel objects carry.
func (p *platform) name() string { return marks(p.dir)[1] }

// runDir is the directory below /run of the platform's containerd.
func (p *platform) runDir() string {
	found, _ := filepath.Glob("/run/roadstead/" + p.name() + "????") // the pattern is well-formed
	if len(found) == 0 {
		return "/run/roadstead/none"
	}
	return found[0]
}

// alive is what may be on the machine: the tasks that have not stopped.
type alive struct {
	tasks, containers []string // ids
	ports             []string // PORT/PROTOCOL
}

func aliveOf(tasks []types.Task) (a alive) {
	for _, task := range tasks {
		if aws.ToString(task.LastStatus) == "STOPPED" {
			continue
		}
		id := idOf(task)
		a.tasks = append(a.tasks, id)
		for i, c := range task.Containers {
			a.containers = append(a.containers, id+"-"+strconv.Itoa(i))
			for _, b := range c.NetworkBindings {
				a.ports = append(a.ports, fmt.Sprintf("%d/%s", aws.ToInt32(b.HostPort), b.Protocol))
			}
		}
	}
	return a
}

func idOf(task types.Task) string {
	arn := aws.ToString(task.TaskArn)
	return arn[strings.LastIndexByte(arn, '/')+1:]
}

// strays returns everything of the platform on the machine that belongs to no
// living task, in words.
func (p *platform) strays(a alive) (out []string) {
	named := func(what, pattern string, known []string, suffixes ...string) {
		found, _ := filepath.Glob(pattern) // the patterns are well-formed
		for _, path := range found {
			id := filepath.Base(path)
			for _, s := range suffixes {
				id = strings.TrimSuffix(id, s)
			}
			info, err := os.Stat(path)
			setting := err == nil && strings.HasPrefix(path, "/sys/") && !info.IsDir()
			if err == nil && !setting && !slices.Contains(known, id) {
				out = append(out, what+" "+path)
			}
		}
	}
	run, node := p.runDir(), filepath.Join(p.dir, "node")
	named("record of a task", node+"/tasks/*", a.tasks, ".json")
	named("volumes of a task", node+"/volumes/*", a.tasks)
	named("files of a task", node+"/containers/*", a.tasks)
	named("log of a container", node+"/logs/*", append([]string{"state"}, a.containers...), ".log")
	named("place in a log", node+"/logs/state/*", a.containers, ".place", ".json")
	named("record of a container", p.dir+"/containerd/records/*", a.containers, ".json")
	named("files shown in a container", run+"/containers/*", a.containers)
	named("bundle", run+"/state/io.containerd.runtime.v2.task/*/*", a.containers)
	named("state of runc", run+"/runc/*/*", a.containers)
	named("sandbox", "/run/roadstead/"+p.name()+"/sandboxes/*", a.containers, ".json")
	for _, root := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		named("control group of a task", root+"roadstead-"+p.name()+"/*", a.tasks)
		named("control group of a container", root+"roadstead-"+p.name()+"/*/*", a.containers)
	}
	for pid, container := range p.contained() {
		if !slices.Contains(a.containers, container) {
			out = append(out, fmt.Sprintf("process %d of %s", pid, container))
		}
	}
	out = append(out, p.surplus(a)...)
	return append(out, p.strayPorts(a)...)
}

// surplus returns what has no id, when there is more of it than the living
// tasks and what is prepared account for.
func (p *platform) surplus(a alive) (out []string) {
	atMost := func(what string, found []string, tasks int) {
		if len(found) > tasks+preparedAtMost {
			out = append(out, fmt.Sprintf("%d %s for %d living", len(found), what, tasks))
		}
	}
	glob := func(pattern string) []string {
		found, _ := filepath.Glob(pattern)
		return found
	}
	atMost("network namespaces", glob("/run/roadstead/"+p.name()+"/netns/*"), len(a.containers))
	atMost("interfaces", glob("/sys/class/net/rv"+p.name()+"-*"), len(a.containers))
	atMost("directories of shims", glob(p.runDir()+"/t/*"), len(a.tasks))
	atMost("shims", p.shims(), len(a.tasks))
	mounts, _ := os.ReadFile("/proc/self/mounts")
	var roots []string
	for _, line := range strings.Split(string(mounts), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], p.runDir()+"/") {
			roots = append(roots, fields[1])
		}
	}
	for _, root := range roots {
		if !slices.ContainsFunc(a.containers, func(id string) bool { return strings.Contains(root, id) }) {
			out = append(out, "mount "+root)
		}
	}
	return out
}

// strayPorts compares the port map in the kernel with what tasks say.
func (p *platform) strayPorts(a alive) (out []string) {
	text, err := exec.Command("nft", "-j", "list", "map", "ip", "roadstead-"+p.name(), "ports").Output()
	if err != nil {
		return []string{"the port map cannot be read: " + err.Error()}
	}
	for _, port := range portsIn(text) {
		if !slices.Contains(a.ports, port) {
			out = append(out, "published port "+port)
		}
	}
	for _, port := range a.ports {
		if !slices.Contains(portsIn(text), port) {
			out = append(out, "a task's port that is not published: "+port)
		}
	}
	return out
}

// portsIn reads nft's JSON of a map whose keys are protocol . port.
func portsIn(text []byte) (ports []string) {
	var listing struct {
		Nftables []struct {
			Map struct {
				Elem [][]struct {
					Concat []any `json:"concat"`
				} `json:"elem"`
			} `json:"map"`
		} `json:"nftables"`
	}
	if json.Unmarshal(text, &listing) != nil {
		return []string{"unreadable"}
	}
	for _, n := range listing.Nftables {
		for _, element := range n.Map.Elem {
			if len(element) > 0 && len(element[0].Concat) == 2 {
				ports = append(ports, fmt.Sprintf("%v/%v", element[0].Concat[1], element[0].Concat[0]))
			}
		}
	}
	return ports
}

// contained returns the processes in the platform's control groups and the
// containers that they belong to.
func (p *platform) contained() map[int]string {
	out := map[int]string{}
	files, _ := filepath.Glob("/proc/[0-9]*/cgroup")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		_, path, ok := strings.Cut(string(text), "/roadstead-"+p.name()+"/")
		if !ok {
			continue
		}
		path, _, _ = strings.Cut(path, "\n")
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil {
			out[pid] = filepath.Base(path)
		}
	}
	return out
}

// shims returns the pids of the platform's shims, those ready among them.
func (p *platform) shims() (pids []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		text, err := os.ReadFile(f)
		line := strings.ReplaceAll(string(text), "\x00", " ")
		if err == nil && strings.Contains(line, "containerd-shim-") && strings.Contains(line, "-namespace "+p.name()) {
			pids = append(pids, filepath.Base(filepath.Dir(f)))
		}
	}
	return pids
}

// status reads a field of /proc/PID/status: VmRSS in KiB, Threads, PPid.
func status(pid int, field string) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			n, _ := strconv.Atoi(strings.Fields(value)[0])
			return n
		}
	}
	return 0
}

// openFiles counts the open files of a process.
func openFiles(pid int) int {
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(files)
}

// listeners returns where a process listens, as /proc/net/tcp words it.
func listeners(pid int) (found []string) {
	own := map[string]bool{}
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, l := range links {
		if target, err := os.Readlink(l); err == nil && strings.HasPrefix(target, "socket:[") {
			own[strings.Trim(target, "socket:[]")] = true
		}
	}
	const listening = "0A"
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(file)
		for _, line := range strings.Split(string(text), "\n") {
			if f := strings.Fields(line); len(f) > 9 && f[3] == listening && own[f[9]] {
				found = append(found, f[1])
			}
		}
	}
	return found
}

// kindsOfFiles says what the open files of a process are.
func kindsOfFiles(pid int) map[string]int {
	kinds := map[string]int{}
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, f := range files {
		target, err := os.Readlink(f)
		if err != nil {
			continue // closed since
		}
		kind, _, _ := strings.Cut(target, ":[")
		kinds[kind]++
	}
	return kinds
}

// zombies counts the ended children that nobody has waited for.
func zombies(parent int) (n int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 1 && fields[0] == "Z" && fields[1] == strconv.Itoa(parent) {
			n++
		}
	}
	return n
}

// settled waits until nothing is on the machine that belongs to no living
// task of all.
func (p *platform) settled(t testing.TB, all func() []types.Task) {
	t.Helper()
	var left []string
	deadline := time.Now().Add(settlePatience)
	for {
		if left = p.strays(aliveOf(all())); len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("without a living task:\n%s", strings.Join(left, "\n"))
			return
		}
		pause(200 * time.Millisecond)
	}
}
