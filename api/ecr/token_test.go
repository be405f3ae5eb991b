package ecr_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/registry/sampleimage"
)

// ask makes a request to the registry and returns its status.
func (w *world) ask(method, path string, login sampleimage.Credentials) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+w.host+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if login != (sampleimage.Credentials{}) {
		r.SetBasicAuth(login.Username, login.Password)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	out := must[*ecr.GetAuthorizationTokenOutput](t)(w.ecr.GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{RegistryIds: []string{account}}))
	data := out.AuthorizationData[0]
	wantSame(t, len(out.AuthorizationData), 1)
	wantSame(t, *data.ProxyEndpoint, "http://"+w.host)
	if left := time.Until(*data.ExpiresAt); left < 11*time.Hour || left > 12*time.Hour {
		t.Errorf("the token is good for %v", left)
	}
	login := w.login(w.ecr)
	if status := w.ask("GET", "/v2/", login); status != 200 {
		t.Errorf("with a token: %d", status)
	}
	key := w.keys.Bootstrap()
	for what, wrong := range map[string]sampleimage.Credentials{
		"nothing":         {},
		"another user":    {Username: "aws", Password: login.Password},
		"an access key":   {Username: key.AccessKeyID, Password: key.SecretAccessKey},
		"a secret":        {Username: "AWS", Password: key.SecretAccessKey},
		"a changed token": {Username: "AWS", Password: login.Password[:len(login.Password)-2] + "AA"},
	} {
		if status := w.ask("GET", "/v2/", wrong); status != 401 {
			t.Errorf("with %s: %d", what, status)
		}
	}
	w.ahead.Store(int64(12 * time.Hour))
	if status := w.ask("GET", "/v2/", login); status != 401 {
		t.Errorf("12 hours later: %d", status)
	}
	_, err := w.ecr.GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{RegistryIds: []string{"111111111111"}})
	wantError(t, err, "InvalidParameterException", "Invalid parameter at 'registryIds' failed to satisfy constraint: 'must be the registry of the caller's account'")
}

// TestTokensGiveWhatTheirCallerMay: an execution role pulls and does not push,
// and a task role is given no token at all.
func TestTokensGiveWhatTheirCallerMay(t *testing.T) {
	w := newWorld(t)
	w.create("shop")
	w.push("a", "shop:v1")
	for _, purpose := range []caller.Purpose{caller.ExecutionRole, caller.Instance} {
		login := w.login(w.session(purpose))
		for request, want := range map[string]int{
			"GET /v2/":                     200,
			"GET /v2/shop/manifests/v1":    200,
			"DELETE /v2/shop/manifests/v1": 403,
			"POST /v2/shop/blobs/uploads/": 403,
			"GET /v2/_catalog":             403,
			"PUT /v2/shop/manifests/v2":    403,
		} {
			method, path, _ := strings.Cut(request, " ")
			if status := w.ask(method, path, login); status != want {
				t.Errorf("%v: %s: %d, want %d", purpose, request, status, want)
			}
		}
	}
	_, err := w.session(caller.TaskRole).GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{})
	wantError(t, err, "AccessDeniedException", "User: arn:aws:sts::000000000000:assumed-role/web/task is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action")
}

func TestSkopeo(t *testing.T) {
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		t.Skip("skopeo is not installed: nothing is copied with it")
	}
	w := newWorld(t)
	w.create("shop/web")
	w.create("copy")
	digest := w.push("a", "shop/web:v1")
	login := w.login(w.ecr)
	dir := t.TempDir()
	auth := filepath.Join(dir, "auth.json")
	run := func(stdin string, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), skopeo, args...)
		c.Env = append(os.Environ(), "REGISTRY_AUTH_FILE="+auth, "HOME="+dir)
		c.Stdin = strings.NewReader(stdin)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("skopeo %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run(login.Password, "login", "--tls-verify=false", "--username", "AWS", "--password-stdin", w.host)
	run("", "--insecure-policy", "copy", "--src-tls-verify=false", "docker://"+w.host+"/shop/web:v1", "dir:"+dir+"/image")
	run("", "--insecure-policy", "copy", "--dest-tls-verify=false", "--preserve-digests", "dir:"+dir+"/image", "docker://"+w.host+"/copy:v1")
	wantSame(t, w.list("copy", "", 10), []string{digest + " v1"})
	if got := run("", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", "docker://"+w.host+"/copy:v1"); strings.TrimSpace(got) != digest {
		t.Errorf("inspected as %s", got)
	}
}

// TestCommandLine creates a repository with the plain aws command and asks it
// for docker's password.
func TestCommandLine(t *testing.T) {
	command, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the aws command is not installed: nothing is created with it")
	}
	w := newWorld(t)
	key := w.keys.Bootstrap()
	run := func(args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), command, append([]string{"ecr"}, args...)...)
		c.Env = append(os.Environ(), "AWS_ENDPOINT_URL=http://"+w.host, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE=/dev/null",
			"AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_ACCESS_KEY_ID="+key.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+key.SecretAccessKey, "AWS_PAGER=")
		var stderr bytes.Buffer
		c.Stderr = &stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("aws ecr %v: %v\n%s", args, err, &stderr)
		}
		return strings.TrimSpace(string(out))
	}
	wantSame(t, run("create-repository", "--repository-name", "shop", "--query", "repository.repositoryUri", "--output", "text"), w.host+"/shop")
	login := sampleimage.Credentials{Username: "AWS", Password: run("get-login-password")}
	if status := w.ask("GET", "/v2/", login); status != 200 {
		t.Errorf("with the password: %d", status)
	}
	digest := w.push("a", "shop:v1")
	wantSame(t, run("describe-images", "--repository-name", "shop", "--query", "imageDetails[0].imageDigest", "--output", "text"), digest)
	wantSame(t, run("list-images", "--repository-name", "shop", "--query", "imageIds[0].imageTag", "--output", "text"), "v1")
	wantSame(t, run("batch-delete-image", "--repository-name", "shop", "--image-ids", "imageTag=v1", "--query", "imageIds[0].imageTag", "--output", "text"), "v1")
	wantSame(t, run("delete-repository", "--repository-name", "shop", "--query", "repository.repositoryName", "--output", "text"), "shop")
}
