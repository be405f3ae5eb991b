package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	content := whoami(t)
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

// whoami builds the program that asks who it is.
func whoami(t *testing.T) []byte {
	t.Helper()
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
	return content
}

// TestInstanceMetadata lets the machine find out who it is, by the SDK's and the
// AWS CLI's default chains, and a task in its network with it, as on AWS; tasks
// with addresses reach nothing. Version 1 is refused.
func TestInstanceMetadata(t *testing.T) {
	p := startIn(t, filepath.Join(t.TempDir(), "data"), "--instance-metadata", "required")
	image := p.image()
	program := filepath.Join(t.TempDir(), "whoami")
	if err := os.WriteFile(program, whoami(t), 0o755); err != nil {
		t.Fatal(err)
	}
	want := ""
	check := func(name string, arguments ...string) {
		t.Helper()
		c := exec.Command(name, arguments...)
		c.Env = append(withoutAWS(), "AWS_ENDPOINT_URL="+p.env["AWS_ENDPOINT_URL"], "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1")
		out, err := c.CombinedOutput()
		got := strings.TrimSpace(string(out))
		if want == "" {
			want = got
		}
		if err != nil || got != want || !strings.HasPrefix(got, "arn:aws:sts::000000000000:assumed-role/roadsteadInstanceRole/") {
			t.Errorf("%s says that the machine is %s (%v)", name, got, err)
		}
	}
	check(program)
	if path, err := exec.LookPath("aws"); err == nil {
		check(path, "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
	}
	ask := func(method, path string, headers ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://169.254.169.254"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answer, err := (&http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	if code, _ := ask("GET", "/latest/meta-data/instance-id"); code != http.StatusUnauthorized {
		t.Errorf("version 1 is answered with %d", code)
	}
	_, token := ask("PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "60")
	if code, zone := ask("GET", "/latest/meta-data/placement/availability-zone", "X-aws-ec2-metadata-token", token); code != http.StatusOK || zone != "us-east-1a" {
		t.Errorf("zone %s (%d)", zone, code)
	}
	// The same by every network mode.
	asking := "printf 'GET /latest/meta-data/instance-id HTTP/1.0\\r\\nX-aws-ec2-metadata-token: " + token + "\\r\\n\\r\\n' | nc -w 3 169.254.169.254 80"
	bridged := p.enter("bridged", image, nil)
	hosted := p.enterMode("hosted", image, types.NetworkModeHost, func(c *types.ContainerDefinition) {
		c.Command = []string{"sh", "-c", strings.ReplaceAll(shell, "httpd -p 80 -h /www", "true")}
	})
	offline := p.enterMode("offline", image, types.NetworkModeNone, nil)
	if _, out := hosted.do(asking); !strings.Contains(out, " 200 OK") || !strings.Contains(out, "i-") {
		t.Errorf("a task in the host's network: %q", out)
	}
	for name, in := range map[string]*inside{"bridge": bridged, "none": offline} {
		if _, out := in.do(asking); strings.Contains(out, "HTTP/") {
			t.Errorf("a task in network mode %s: %q", name, out)
		}
	}
	if _, out := bridged.do(strings.ReplaceAll(asking, "169.254.169.254 80", bridged.gateway+" 51681")); strings.Contains(out, "HTTP/") {
		t.Errorf("a task on the bridge, at the gateway: %q", out)
	}
}

// withoutAWS is the environment without anything that tells AWS's clients who
// they are, or that leads them to a proxy.
func withoutAWS() (out []string) {
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "AWS_") {
			out = append(out, e)
		}
	}
	const here = "127.0.0.1,localhost,169.254.169.254,169.254.170.2"
	return append(out, "NO_PROXY="+here, "no_proxy="+here, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"PYTHONWARNINGS=ignore", "AWS_PAGER=")
}
