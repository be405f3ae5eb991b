package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestTaskRolesInTheHostsNetwork lets tasks in the host's network, on two
// instances of one machine, find out who they are: by the SDK's own default
// chain inside, and by the AWS CLI with what the container was told. Neither
// they nor tasks with addresses get what is another's, and all of it is as
// before when the platform was killed.
func TestTaskRolesInTheHostsNetwork(t *testing.T) {
	p := startIn(t, filepath.Join(t.TempDir(), "data"), "--instances", "2")
	image := p.image()
	program := filepath.Join(t.TempDir(), "whoami")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./testdata/whoami")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build whoami: %v\n%s", err, out)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	quiet := strings.ReplaceAll(shell, "httpd -p 80 -h /www", "true")
	hosted := func(name, instance string) *inside {
		in := p.enterPlaced(name, image, types.NetworkModeHost, "attribute:roadstead.instance == "+instance,
			func(c *types.ContainerDefinition) { c.Command = []string{"sh", "-c", quiet} })
		if err := os.WriteFile(filepath.Join(in.dir, "whoami"), content, 0o755); err != nil {
			t.Fatal(err)
		}
		return in
	}
	first, second := hosted("first", "1"), hosted("second", "2")
	bridged := p.enter("bridged", image, nil)
	check := func() {
		t.Helper()
		for name, in := range map[string]*inside{"first": first, "second": second} {
			want := "arn:aws:sts::000000000000:assumed-role/" + name + "/" + idOf(in.task)
			if code, out := in.do("AWS_ENDPOINT_URL=" + p.env["AWS_ENDPOINT_URL"] + " /w/whoami"); code != "0" || strings.TrimSpace(out) != want {
				t.Errorf("%s is %s, want %s", name, out, want)
			}
			if path, err := exec.LookPath("aws"); err == nil {
				c := exec.Command(path, "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
				c.Env = append(withoutAWS(), "AWS_ENDPOINT_URL="+p.env["AWS_ENDPOINT_URL"], "AWS_DEFAULT_REGION=us-east-1",
					"AWS_EC2_METADATA_DISABLED=true", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="+in.credentialsPath())
				if out, err := c.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != want {
					t.Errorf("the AWS CLI says that %s is %s (%v), want %s", name, out, err, want)
				}
			}
			_, uri := in.do("echo $ECS_CONTAINER_METADATA_URI_V4")
			var about struct{ TaskARN string }
			body, _ := in.get(strings.TrimSpace(uri) + "/task")
			if err := json.Unmarshal([]byte(body), &about); err != nil || !strings.HasSuffix(about.TaskARN, idOf(in.task)) {
				t.Errorf("%s is told that it is %.300s (%v)", name, body, err)
			}
			if body, ok := bridged.get(strings.TrimSpace(uri) + "/task"); ok {
				t.Errorf("a task with an address is told of %s: %.200s", name, body)
			}
			for what, path := range map[string]string{"credentials": bridged.credentialsPath(), "metadata": "/v4/" + idOf(bridged.task) + "-0"} {
				if body, ok := in.get("http://169.254.170.2" + path); ok {
					t.Errorf("%s gets the %s of a task with an address: %.200s", name, what, body)
				}
			}
			if body, ok := bridged.get("http://169.254.170.2" + in.credentialsPath()); ok {
				t.Errorf("a task with an address gets the credentials of %s: %.200s", name, body)
			}
		}
	}
	check()
	p.kill()
	p.up()
	for _, in := range []*inside{first, second} { // credentials are sent again once the instance is connected
		path := in.credentialsPath()
		until(t, stepPatience, "the credentials to be sent again", func() bool { _, ok := in.get("http://169.254.170.2" + path); return ok })
	}
	check()
}

// withoutAWS is the environment without anything that tells AWS's clients who
// they are.
func withoutAWS() (out []string) {
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "AWS_") {
			out = append(out, e)
		}
	}
	return append(out, "HOME=/nonexistent", "PYTHONWARNINGS=ignore", "AWS_PAGER=")
}
