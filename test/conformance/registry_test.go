package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// skopeo copies the image that the other tests use to a folder, back into
// another repository, and looks at it there.
func (p *platform) skopeo(t *testing.T) {
	path := tool(t, "skopeo")
	p.aws(t, "ecr", "create-repository", "--repository-name", "skopeo/copy")
	creds := "AWS:" + p.aws(t, "ecr", "get-login-password")
	from, to := "docker://"+p.listen+"/conformance/busybox:latest", "docker://"+p.listen+"/skopeo/copy:1"
	skopeo := func(arguments ...string) string {
		t.Helper()
		said, err := p.run(t, time.Minute, exec.Command(path, arguments...))
		if err != nil {
			t.Fatalf("skopeo %s: %v\n%s", arguments[0], err, said)
		}
		return said
	}
	dir := "dir:" + filepath.Join(t.TempDir(), "image")
	skopeo("copy", "--src-tls-verify=false", "--src-creds", creds, from, dir)
	skopeo("copy", "--dest-tls-verify=false", "--dest-creds", creds, dir, to)
	skopeo("copy", "--dest-tls-verify=false", "--dest-creds", creds, "--format", "v2s2", dir, to+"-docker")
	var tags struct{ Tags []string }
	if err := json.Unmarshal([]byte(skopeo("list-tags", "--tls-verify=false", "--creds", creds, strings.TrimSuffix(to, ":1"))), &tags); err != nil || len(tags.Tags) != 2 {
		t.Errorf("tags %v: %v", tags.Tags, err)
	}
	digest := func(ref string) string {
		return skopeo("inspect", "--tls-verify=false", "--creds", creds, "--format", "{{.Digest}}", ref)
	}
	if a, b := digest(from), digest(to); a != b {
		t.Errorf("the copy's digest is %s, not %s", b, a)
	}
	skopeo("delete", "--tls-verify=false", "--creds", creds, to)
	if said, err := p.run(t, time.Minute, exec.Command(path, "inspect", "--tls-verify=false", "--creds", creds, to)); err == nil {
		t.Errorf("a deleted image is there: %s", said)
	}
	if said, err := p.run(t, time.Minute, exec.Command(path, "inspect", "--tls-verify=false", "--creds", "AWS:wrong", from)); err == nil {
		t.Errorf("a wrong password is taken: %s", said)
	}
}

// docker tries what docker's command does without its daemon: it signs in and
// reads manifests.
func (p *platform) docker(t *testing.T) {
	path := tool(t, "docker")
	config := t.TempDir()
	docker := func(stdin string, arguments ...string) (string, error) {
		c := exec.Command(path, append([]string{"--config", config}, arguments...)...)
		c.Stdin = strings.NewReader(stdin)
		c.Env = p.environ("DOCKER_HOST=unix://" + filepath.Join(config, "none.sock"))
		return p.run(t, time.Minute, c)
	}
	if said, err := docker("wrong", "login", "--username", "AWS", "--password-stdin", p.listen); err == nil {
		t.Errorf("docker login with a wrong password: %s", said)
	}
	said, err := docker(p.aws(t, "ecr", "get-login-password"), "login", "--username", "AWS", "--password-stdin", p.listen)
	if err != nil || !strings.Contains(said, "Login Succeeded") {
		t.Fatalf("docker login: %v\n%s", err, said)
	}
	if _, err := os.Stat(filepath.Join(config, "config.json")); err != nil {
		t.Error(err)
	}
	said, err = docker("", "manifest", "inspect", "--insecure", p.listen+"/conformance/busybox:latest")
	if err != nil || !strings.Contains(said, "layers") {
		t.Errorf("docker manifest inspect: %v\n%s", err, said)
	}
}
