package cli

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/auth/keyring"
)

// run runs the program with arguments and returns what it printed.
func run(t *testing.T, arguments ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(append([]string{"roadstead"}, arguments...), strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

// withoutAWS takes away what the environment of the tests tells AWS's clients.
func withoutAWS(t *testing.T) {
	t.Helper()
	for _, assignment := range os.Environ() {
		if name, _, _ := strings.Cut(assignment, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // which has it put back
			os.Unsetenv(name)
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
}

func TestHelpNamesTheCommands(t *testing.T) {
	out, _, code := run(t, "help")
	for _, command := range []string{"up", "down", "server", "agent", "env", "explain", "token", "account", "rootkey", "demo", "version", "completion"} {
		if !strings.Contains(out, "\n  "+command+" ") {
			t.Errorf("help does not name %s", command)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"env", "--data-dir", dir}, "roadstead up"},
		{[]string{"up", "--data-dir", dir, "--listen", "0.0.0.0:4566"}, "only loopback addresses are served"},
		{[]string{"up", "--data-dir", dir, "--listen", "nonsense"}, "HOST:PORT"},
		{[]string{"up", "--data-dir", dir, "--instances", "0"}, "there can be 1 to"},
		{[]string{"agent", "--data-dir", dir}, "--server and --token are needed"},
		{[]string{"agent", "--data-dir", dir, "--server", "http://127.0.0.1:1", "--token", "nonsense"}, "roadstead token"},
		{[]string{"sideways"}, "unknown command"},
	} {
		_, stderr, code := run(t, c.arguments...)
		if code == 0 || !strings.Contains(stderr, c.want) {
			t.Errorf("roadstead %s: exit %d, %q; want %q", strings.Join(c.arguments, " "), code, stderr, c.want)
		}
	}
}

func TestEnvIsWhatClientsNeed(t *testing.T) {
	dir := t.TempDir()
	key, err := keyring.Open(dir, rand.Reader, keyring.Options{Account: account})
	if err != nil {
		t.Fatal(err)
	}
	if err := dataDir(dir).writeEndpoint("http://127.0.0.1:4566"); err != nil {
		t.Fatal(err)
	}
	out, stderr, code := run(t, "env", "--data-dir", dir)
	for _, want := range []string{"export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n", "export AWS_ACCESS_KEY_ID=" + key.Bootstrap().AccessKeyID + "\n",
		"export AWS_SECRET_ACCESS_KEY=" + key.Bootstrap().SecretAccessKey + "\n", "export AWS_REGION=us-east-1\n", "export AWS_DEFAULT_REGION=us-east-1\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("env lacks %q", strings.SplitN(want, "=", 2)[0])
		}
	}
	if code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestOneProcessHasTheDataDirectory(t *testing.T) {
	d := dataDir(t.TempDir())
	if pid := d.holder(); pid != 0 {
		t.Errorf("process %d holds a new folder", pid)
	}
	release, err := d.lock()
	if err != nil {
		t.Fatal(err)
	}
	if pid := d.holder(); pid != os.Getpid() {
		t.Errorf("process %d holds the folder, want %d", pid, os.Getpid())
	}
	if _, err := d.lock(); err == nil || !strings.Contains(err.Error(), "--data-dir") {
		t.Errorf("a second lock: %v", err)
	}
	release()
	if pid := d.holder(); pid != 0 {
		t.Errorf("process %d still holds the folder", pid)
	}
}

// A process that was killed may leave the lock to one that it was just starting.
func TestLockOfAProcessThatIsGone(t *testing.T) {
	d := dataDir(t.TempDir())
	release, err := d.lock()
	if err != nil {
		t.Fatal(err)
	}
	next := make(chan error)
	go func() {
		release, err := d.lock()
		if err == nil {
			release()
		}
		next <- err
	}()
	release()
	if err := <-next; err != nil {
		t.Error(err)
	}
}

func TestJoinTokens(t *testing.T) {
	dir := t.TempDir()
	out, stderr, code := run(t, "token", "--data-dir", dir, "--ttl", "1h")
	if code != 0 {
		t.Fatal(stderr)
	}
	token, err := readJoinToken(out)
	if err != nil || time.Until(token.Expires) > time.Hour || !strings.HasPrefix(token.AccessKeyID, "ASIA") {
		t.Errorf("token %+v, %v", token, err)
	}
	if out, _, _ := run(t, "token", "--data-dir", dir, "--env"); !strings.HasPrefix(out, "AWS_ACCESS_KEY_ID=ASIA") || !strings.Contains(out, "\nAWS_SESSION_TOKEN=") {
		t.Errorf("as variables: %q", strings.SplitN(out, "=", 2)[0])
	}
	expired := base64.RawURLEncoding.EncodeToString([]byte(`{"a":"ASIA","e":"2020-01-01T00:00:00Z"}`))
	_, stderr, code = run(t, "agent", "--data-dir", t.TempDir(), "--server", "http://127.0.0.1:1", "--token", expired)
	if code == 0 || !strings.Contains(stderr, "expired") {
		t.Errorf("an expired token: %d %s", code, stderr)
	}
}

func TestDownOfNothing(t *testing.T) {
	out, stderr, code := run(t, "down", "--data-dir", filepath.Join(t.TempDir(), "nothing"))
	if code != 0 || !strings.Contains(out, "nothing to remove") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
}
