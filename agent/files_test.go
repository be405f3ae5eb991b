package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

func docker(config acs.Config, host acs.HostConfig) func(*acs.Container) {
	return func(c *acs.Container) {
		one, err := json.Marshal(config)
		if err != nil {
			panic(err)
		}
		two, err := json.Marshal(host)
		if err != nil {
			panic(err)
		}
		c.DockerConfig = &acs.DockerConfig{Config: string(one), HostConfig: string(two)}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What a container is given of the task definition, and the files that it sees.
func TestWhatAContainerIsGiven(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		given := map[string]runtime.Container{}
		h.behave = func(c runtime.Container) fake.Behaviour {
			given[c.Name] = c
			return fake.Behaviour{StartTakes: 10 * time.Millisecond}
		}
		h.options.Node.Environment = map[string]string{"AWS_REGION": "us-east-1", "MODE": "default"}
		h.begin()
		web := task("0123456789abcdef", essential("web", port(80, 0), docker(
			acs.Config{User: "1000", WorkingDir: "/srv", Labels: map[string]string{"team": "a", labelTask: "forged"}, Tty: true},
			acs.HostConfig{ExtraHosts: []string{"db.corp:10.1.1.1", "six:fd00::1"}, DNS: []string{"10.9.9.9"}, CapAdd: []string{"NET_ADMIN"},
				Ulimits: []acs.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}}, Tmpfs: map[string]string{"/t": "size=64m,noexec"},
				MemoryReservation: 1 << 20, Sysctls: map[string]string{"net.core.somaxconn": "1"}}),
			func(c *acs.Container) {
				c.Links = []string{"db:database"}
				c.Memory, c.Environment = 2, map[string]string{"MODE": "own"}
			}), sidecar("db"))
		web.CPU, web.Memory = 0.25, 512
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		c := given["web"]
		addresses := addressesOf(h)
		if got, want := read(t, c.HostsFile), "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"+
			addresses["0123456789abcdef-0"]+"\t0123456789ab\n"+
			addresses["0123456789abcdef-1"]+"\tdatabase\n"+addresses["0123456789abcdef-1"]+"\tdb\n10.1.1.1\tdb.corp\nfd00::1\tsix\n"; got != want {
			t.Errorf("hosts:\n%s, not\n%s", got, want)
		}
		if got := read(t, c.ResolvConf); got != "search corp\nnameserver 10.9.9.9\n" {
			t.Errorf("resolv.conf:\n%s", got)
		}
		if got := read(t, given["db"].ResolvConf); got != "nameserver 10.0.0.2\nsearch corp\n" {
			t.Errorf("resolv.conf:\n%s", got)
		}
		if !slices.Equal(c.Env, []string{"AWS_REGION=us-east-1", "ECS_AGENT_URI=http://169.254.170.2/api/" + c.ID,
			"ECS_CONTAINER_METADATA_URI=http://169.254.170.2/v3/" + c.ID, "ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/" + c.ID, "MODE=own"}) {
			t.Errorf("environment: %v", c.Env)
		}
		if c.Labels["team"] != "a" || c.Labels[labelTask] != web.ARN || c.Labels[labelFamily] != "web" || c.Labels[labelVersion] != "3" {
			t.Errorf("labels: %v", c.Labels)
		}
		want := runtime.Resources{CPUShares: 2, MemoryLimit: minimumMemory, MemoryReservation: 1 << 20}
		if !reflect.DeepEqual(c.Resources, want) || c.Task != (runtime.TaskLimits{CPUQuota: 25 * time.Millisecond, CPUShares: 256, MemoryLimit: 512 << 20}) {
			t.Errorf("limits: %+v, task %+v", c.Resources, c.Task)
		}
		if !reflect.DeepEqual(c.Tmpfs, []runtime.Tmpfs{{Destination: "/t", Size: 64 << 20, Options: []string{"noexec"}}}) ||
			c.User != "1000" || c.WorkingDir != "/srv" || !c.TTY || c.CapAdd[0] != "NET_ADMIN" || c.Ulimits[0].Hard != 2 || len(c.Sysctls) != 1 {
			t.Errorf("container: %+v", c)
		}
		if c.LogPath == "" || h.logs.open[c.ID].Driver != "json-file" {
			t.Errorf("a container without a log configuration logs with %+v", h.logs.open[c.ID])
		}
	})
}

// In the host's network a container sees the host's names, and its ports are
// the host's.
func TestHostNetwork(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		given := map[string]runtime.Container{}
		h.behave = func(c runtime.Container) fake.Behaviour { given[c.Name] = c; return fake.Behaviour{} }
		h.begin()
		web := task("t1", essential("web", port(8080, 0)), sidecar("named", docker(acs.Config{}, acs.HostConfig{ExtraHosts: []string{"a:1.1.1.1"}})))
		web.NetworkMode = "host"
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		c := given["web"]
		if c.NetNS != "" || c.HostsFile != "/etc/hosts" || c.ResolvConf != "/etc/resolv.conf" || c.Hostname != "" {
			t.Errorf("container: %+v", c)
		}
		if got := read(t, given["named"].HostsFile); given["named"].Hostname != "" || !strings.HasSuffix(got, "1.1.1.1\ta\n") {
			t.Errorf("hosts:\n%s", got)
		}
		if b := h.plane.report(web.ARN).Containers[0].NetworkBindings; len(b) != 1 || *b[0].HostPort != 8080 || *b[0].ContainerPort != 8080 {
			t.Errorf("bindings: %+v", b)
		}
		h.kill()
		h.begin()
		pass(time.Second)
		if b := h.plane.report(web.ARN).Containers[0].NetworkBindings; len(b) != 1 {
			t.Errorf("bindings after adoption: %+v", b)
		}
		h.plane.stop(web.ARN)
		h.nothingLeft()
	})
}

// Volumes are shared within a task, live as long as it, and stay when they are
// the host's.
func TestVolumes(t *testing.T) {
	elsewhere := t.TempDir()
	onHost(t, func(t *testing.T, h *host) {
		given := map[string]runtime.Container{}
		h.behave = func(c runtime.Container) fake.Behaviour { given[c.Name] = c; return fake.Behaviour{} }
		h.begin()
		web := task("t1", essential("web", func(c *acs.Container) {
			c.MountPoints = []acs.MountPoint{{SourceVolume: "data", ContainerPath: "/data"}, {SourceVolume: "host", ContainerPath: "/host", ReadOnly: true}}
		}), sidecar("reader", func(c *acs.Container) {
			c.VolumesFrom = []acs.VolumeFrom{{SourceContainer: "web", ReadOnly: true}}
		}))
		web.Volumes = []acs.Volume{{Name: "data"}, {Name: "host", Host: &acs.HostVolume{SourcePath: filepath.Join(elsewhere, "made")}}}
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		want := []runtime.Mount{{Source: filepath.Join(h.dir, "volumes", "t1", "data"), Destination: "/data", Fill: true},
			{Source: filepath.Join(elsewhere, "made"), Destination: "/host", ReadOnly: true}}
		if !reflect.DeepEqual(given["web"].Mounts, want) {
			t.Errorf("mounts: %+v", given["web"].Mounts)
		}
		want[0].ReadOnly, want[0].Fill = true, false
		if !reflect.DeepEqual(given["reader"].Mounts, want) {
			t.Errorf("mounts from another container: %+v", given["reader"].Mounts)
		}
		h.plane.stop(web.ARN)
		h.nothingLeft()
		if _, err := os.Stat(filepath.Join(elsewhere, "made")); err != nil {
			t.Errorf("the host's own directory: %v", err)
		}
		for i, name := range []string{"..", "a/b", "absent"} {
			bad := task("bad"+string(rune('0'+i)), essential("web", func(c *acs.Container) { c.MountPoints = []acs.MountPoint{{SourceVolume: name, ContainerPath: "/x"}} }))
			bad.Volumes = []acs.Volume{{Name: ".."}, {Name: "a/b"}}
			h.plane.run(bad)
			h.untilStatus(bad.ARN, "STOPPED")
			if got := *h.plane.report(bad.ARN).Reason; !strings.HasPrefix(got, "CannotCreateContainerError: volume ") {
				t.Errorf("volume %q: %s", name, got)
			}
		}
	})
}

func TestRecordsKeepNoSecrets(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		h.begin()
		web := task("t1", essential("web"))
		h.plane.roles[web.ARN] = role("c1")
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		text := read(t, filepath.Join(h.dir, "tasks", "t1.json"))
		if !strings.Contains(text, `"credentialsId":"c1"`) || strings.Contains(text, "ASIAc1") || strings.Contains(text, `"secretAccessKey":"s"`) {
			t.Errorf("record: %s", text)
		}
		info, err := os.Stat(filepath.Join(h.dir, "tasks", "t1.json"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("record: %v, %v", info.Mode(), err)
		}
	})
}

func TestClipEndsBetweenCharacters(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"äöü", 3, "ä"}, {"äöü", 4, "äö"}, {"ä", 1, ""}, {"", 0, ""}} {
		if got := clip(c.text, c.limit); got != c.want {
			t.Errorf("clip(%q, %d) = %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}
