package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/sigv4"
)

var testNow = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

func open(t *testing.T, dir string) *Keyring {
	t.Helper()
	k, err := Open(dir, rand.Reader, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestFirstStartMakesTheKeysAndLaterOnesKeepThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := open(t, dir)
	if b := first.Bootstrap(); !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(b.AccessKeyID) || len(b.SecretAccessKey) != 40 {
		t.Fatalf("key %q with a secret of %d", b.AccessKeyID, len(b.SecretAccessKey))
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, CredentialsFile): 0o600, filepath.Join(dir, SessionKeysFile): 0o600} {
		if got := mode(t, path); got != want {
			t.Errorf("%s has mode %04o, want %04o", path, got, want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%v, %v: want two files and nothing left over", entries, err)
	}
	issued, err := first.Sessions().Issue(caller.NewSession(caller.TaskRole, "arn:aws:iam::000000000000:role/web", "AROA1", "task"), testNow.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	second := open(t, dir)
	if second.Bootstrap() != first.Bootstrap() {
		t.Fatal("the second start has another key")
	}
	if _, _, err := second.Lookup(issued.AccessKeyID, issued.SessionToken, testNow); err != nil {
		t.Fatalf("a session from before the restart: %v", err)
	}
	if loaded, err := Load(dir); err != nil || loaded != first.Bootstrap() {
		t.Fatalf("Load: %v, %v", loaded, err)
	}
	if other := open(t, t.TempDir()); other.Bootstrap() == first.Bootstrap() {
		t.Fatal("two directories have one key")
	}
}

func TestConcurrentFirstStartsAgree(t *testing.T) {
	dir := t.TempDir()
	var keys [8]*Keyring
	var wait sync.WaitGroup
	for i := range keys {
		wait.Go(func() {
			k, err := Open(dir, rand.Reader, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = k
		})
	}
	wait.Wait()
	for _, k := range keys {
		if t.Failed() || k.Bootstrap() != keys[0].Bootstrap() {
			t.Fatal("starts at the same time have different keys")
		}
	}
}

func TestRefusesUnsafeAndBrokenFiles(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(dir string) error
		says  string
	}{
		"credentials readable by the group": {func(dir string) error { return os.Chmod(filepath.Join(dir, CredentialsFile), 0o640) }, `run "chmod 600 `},
		"root keys readable by all":         {func(dir string) error { return os.Chmod(filepath.Join(dir, SessionKeysFile), 0o604) }, `run "chmod 600 `},
		"directory writable by all":         {func(dir string) error { return os.Chmod(dir, 0o777) }, `run "chmod go-w `},
		"credentials empty":                 {func(dir string) error { return os.Truncate(filepath.Join(dir, CredentialsFile), 0) }, "remove it to have a new key made"},
		"credentials cut":                   {func(dir string) error { return os.Truncate(filepath.Join(dir, CredentialsFile), 150) }, "remove it to have a new key made"},
		"root keys empty":                   {func(dir string) error { return os.Truncate(filepath.Join(dir, SessionKeysFile), 0) }, "holds 0 keys, not 1 to 16"},
		"root keys cut":                     {func(dir string) error { return os.Truncate(filepath.Join(dir, SessionKeysFile), 20) }, "key 1 is not a number"},
		"one number twice":                  {func(dir string) error { return double(filepath.Join(dir, SessionKeysFile)) }, "key 2 is not a number of its own"},
		"a huge file":                       {func(dir string) error { return os.Truncate(filepath.Join(dir, CredentialsFile), maxFile+1) }, "larger than 65536 bytes"},
		"a directory":                       {func(dir string) error { return replaceWith(dir, func(p string) error { return os.Mkdir(p, 0o700) }) }, "not a regular file"},
		"a link": {func(dir string) error {
			return replaceWith(dir, func(p string) error { return os.Symlink("/dev/null", p) })
		}, "symbolic link"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			open(t, dir)
			if err := test.spoil(dir); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir, rand.Reader, Options{})
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("error %v, want it to say %q", err, test.says)
			}
		})
	}
}

func double(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, content...), 0o600)
}

func replaceWith(dir string, create func(path string) error) error {
	path := filepath.Join(dir, CredentialsFile)
	return errors.Join(os.Remove(path), create(path))
}

func TestNoKeyIsMadeWithoutRandomness(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, bytes.NewReader(make([]byte, 39)), Options{}); err == nil {
		t.Fatal("a key was made of too little randomness")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Fatalf("left %v", entries)
	}
}

func TestAccountsAreTwelveDigits(t *testing.T) {
	for _, account := range []string{"1", "12345678901a", "1234567890123"} {
		if _, err := Open(t.TempDir(), rand.Reader, Options{Account: account}); err == nil {
			t.Errorf("account %q was accepted", account)
		}
	}
}

func TestLoadMakesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "start the server") {
		t.Fatalf("error %v", err)
	}
}

func TestAWSClientsReadTheFile(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir)
	loaded, err := config.LoadSharedConfigProfile(context.Background(), "default", func(o *config.LoadSharedConfigOptions) {
		o.CredentialsFiles, o.ConfigFiles = []string{filepath.Join(dir, CredentialsFile)}, []string{}
	})
	if err != nil {
		t.Fatal(err)
	}
	got := Bootstrap{loaded.Credentials.AccessKeyID, loaded.Credentials.SecretAccessKey}
	if got != k.Bootstrap() {
		t.Fatalf("the SDK reads %v, want %v", got, k.Bootstrap())
	}
}

func TestRotatedRootKeyKeepsSessions(t *testing.T) {
	dir := t.TempDir()
	issued, err := open(t, dir).Sessions().Issue(caller.NewSession(caller.TaskRole, "arn:aws:iam::000000000000:role/web", "AROA1", "task"), testNow.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, SessionKeysFile)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rotated := "# rotated\n2 " + strings.Repeat("A", 43) + "=\n" + string(old)
	if err := os.WriteFile(path, []byte(rotated), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open(t, dir).Lookup(issued.AccessKeyID, issued.SessionToken, testNow); err != nil {
		t.Fatal(err)
	}
}

// TestSignedRequests goes all the way: keys from the ring, the SDK's signer,
// the verifier over the ring.
func TestSignedRequests(t *testing.T) {
	k := open(t, t.TempDir())
	role := caller.NewSession(caller.Instance, "arn:aws:iam::000000000000:role/instance", "AROA1", "i-0abc")
	role.BoundTo = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/0abc"
	issued, err := k.Sessions().Issue(role, testNow.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	role.AccessKeyID = issued.AccessKeyID
	root := aws.Credentials{AccessKeyID: k.Bootstrap().AccessKeyID, SecretAccessKey: k.Bootstrap().SecretAccessKey}
	session := aws.Credentials{AccessKeyID: issued.AccessKeyID, SecretAccessKey: issued.SecretAccessKey, SessionToken: issued.SessionToken}
	with := func(c aws.Credentials, change func(*aws.Credentials)) aws.Credentials { change(&c); return c }
	for name, test := range map[string]struct {
		credentials aws.Credentials
		after       time.Duration
		identity    caller.Identity
		reason      sigv4.Reason
	}{
		"bootstrap key": {credentials: root, identity: caller.Identity{
			Account: "000000000000", ARN: "arn:aws:iam::000000000000:root", UserID: "000000000000", AccessKeyID: root.AccessKeyID, Kind: caller.Root}},
		"session":                   {credentials: session, identity: role},
		"session over":              {credentials: session, after: time.Hour, reason: sigv4.ExpiredToken},
		"wrong secret":              {credentials: with(root, func(c *aws.Credentials) { c.SecretAccessKey += "x" }), reason: sigv4.InvalidSignature},
		"wrong session secret":      {credentials: with(session, func(c *aws.Credentials) { c.SecretAccessKey += "x" }), reason: sigv4.InvalidSignature},
		"unknown key":               {credentials: with(root, func(c *aws.Credentials) { c.AccessKeyID = "AKIAAAAAAAAAAAAAAAAA" }), reason: sigv4.InvalidToken},
		"session without its token": {credentials: with(session, func(c *aws.Credentials) { c.SessionToken = "" }), reason: sigv4.InvalidToken},
		"bootstrap key and a token": {credentials: with(root, func(c *aws.Credentials) { c.SessionToken = session.SessionToken }), reason: sigv4.InvalidToken},
		"a token of nobody":         {credentials: with(session, func(c *aws.Credentials) { c.SessionToken = "AQEB" }), reason: sigv4.InvalidToken},
	} {
		t.Run(name, func(t *testing.T) {
			now := testNow.Add(test.after)
			r, err := http.NewRequest("GET", "http://127.0.0.1:4566/", nil)
			if err != nil {
				t.Fatal(err)
			}
			empty := sha256.Sum256(nil)
			if err := v4.NewSigner().SignHTTP(context.Background(), test.credentials, r, hex.EncodeToString(empty[:]), "ecs", "us-east-1", now); err != nil {
				t.Fatal(err)
			}
			result, err := sigv4.New(k, sigv4.Options{Now: func() time.Time { return now }}).Verify(r, nil)
			var refused *sigv4.Error
			switch {
			case test.reason == 0 && (err != nil || result.Identity != test.identity):
				t.Fatalf("%+v, %v", result, err)
			case test.reason != 0 && (!errors.As(err, &refused) || refused.Reason != test.reason):
				t.Fatalf("error %v, want reason %d", err, test.reason)
			}
		})
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	k := open(t, t.TempDir())
	if text := fmt.Sprintf("%v %+v %#v", k.Bootstrap(), k.Bootstrap(), k.Bootstrap()); strings.Contains(text, k.Bootstrap().SecretAccessKey) {
		t.Fatalf("prints %s", text)
	}
}
