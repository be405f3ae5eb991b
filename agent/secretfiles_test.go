package agent

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// drawer is a SecretFiles that keeps what it is given.
type drawer struct {
	mu      sync.Mutex
	files   map[string]map[string]string
	written int
}

func (d *drawer) Write(container string, files map[string]string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[container] = maps.Clone(files)
	return "/memory/" + container, nil
}

func (d *drawer) Rewrite(container string, files map[string]string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if had, ok := d.files[container]; !ok || maps.Equal(had, files) {
		return false, nil
	}
	d.written++
	d.files[container] = maps.Clone(files)
	return true, nil
}

func (d *drawer) Remove(container string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, container)
	return nil
}

func (d *drawer) content() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return fmt.Sprint(slices.Collect(maps.Values(d.files)))
}

func filed(id, labels string) acs.Task {
	t := withSecrets(id, secretFor("A", "a"))
	t.Containers[0].DockerConfig = &acs.DockerConfig{Config: `{"Labels":{` + labels + `}}`}
	return t
}

// TestSecretsInFiles: a container has its secrets in files instead of its
// environment; they are replaced as often as it wants, also by the next life of
// the agent, keep what they are while nothing can be read, and go with it.
func TestSecretsInFiles(t *testing.T) {
	onHost(t, func(t *testing.T, h *host) {
		v, d := &vault{values: map[string]string{"a": "one"}}, &drawer{files: map[string]map[string]string{}}
		h.vault, h.files = v, d
		var given runtime.Container
		h.behave = func(c runtime.Container) fake.Behaviour { given = c; return fake.Behaviour{} }
		h.begin()
		web := filed("t1", `"roadstead.secrets.files":"/run/secrets","roadstead.secrets.refresh":"10s"`)
		h.plane.run(web)
		h.untilStatus(web.ARN, "RUNNING")
		if slices.ContainsFunc(given.Env, func(e string) bool { return strings.HasPrefix(e, "A=") }) {
			t.Errorf("the environment is %v", given.Env)
		}
		if _, there := given.Labels["roadstead.secrets.files"]; there {
			t.Errorf("the runtime is given the labels %v", given.Labels)
		}
		if i := slices.IndexFunc(given.Mounts, func(m runtime.Mount) bool { return m.Destination == "/run/secrets" }); i < 0 || !given.Mounts[i].ReadOnly || !given.Mounts[i].Given ||
			given.Mounts[i].Source != "/memory/"+given.ID {
			t.Errorf("mounts: %+v", given.Mounts)
		}
		if d.content() != "[map[A:one]]" {
			t.Errorf("the files are %s", d.content())
		}
		v.values["a"] = "two"
		pass(12 * time.Second)
		if d.content() != "[map[A:two]]" || d.written != 1 {
			t.Errorf("the files are %s, written %d times", d.content(), d.written)
		}
		delete(v.values, "a")
		pass(12 * time.Second)
		if d.content() != "[map[A:two]]" {
			t.Errorf("without a secret the files are %s", d.content())
		}
		h.kill()
		v.values["a"] = "three"
		h.begin()
		h.plane.run(web) // the credentials come with the task again
		pass(15 * time.Second)
		if d.content() != "[map[A:three]]" {
			t.Errorf("after a restart the files are %s", d.content())
		}
		h.plane.stop(web.ARN)
		h.nothingLeft()
		if d.content() != "[]" {
			t.Errorf("files are left: %s", d.content())
		}
	})
}

// TestWrongWishesForFiles: a task whose labels mean nothing does not start.
func TestWrongWishesForFiles(t *testing.T) {
	for _, labels := range []string{`"roadstead.secrets.files":"here"`, `"roadstead.secrets.files":"/"`, `"roadstead.secrets.files":"/s","roadstead.secrets.refresh":"now"`} {
		if _, err := filingOf(filed("t1", labels).Containers[0]); err == nil {
			t.Errorf("%s was taken", labels)
		}
	}
	if f, err := filingOf(filed("t1", `"own":"x"`).Containers[0]); err != nil || f.path != "" {
		t.Errorf("%+v, %v", f, err)
	}
}
