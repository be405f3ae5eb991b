package ecr_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/gate"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/cli/images"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/registry/sampleimage"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

const account = "000000000000"

// world is the front door and the registry on one port, as in production, over
// a store in memory.
type world struct {
	t     *testing.T
	host  string
	keys  *keyring.Keyring
	db    *store.DB
	ahead atomic.Int64 // how far the clock is ahead of the real one
	ecr   *ecr.Client  // of the root user
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	var err error
	if w.keys, err = keyring.Open(t.TempDir(), rand.Reader, keyring.Options{}); err != nil {
		t.Fatal(err)
	}
	if w.db, err = store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{}); err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(t.TempDir(), blob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	server := httptest.NewUnstartedServer(nil)
	w.host = server.Listener.Addr().String()
	logger := slog.New(slog.NewTextHandler(failures{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	allow := gate.New(func() gate.Nouns { return w.db.View() }, gate.Options{})
	registry := images.New(w.db, blobs, w.keys.Sessions(), struct {
		*keyring.Stored
		*gate.Gate
	}{keyring.WithStored(w.keys, func() keyring.Nouns { return w.db.View() }, nil), allow}, images.Options{Host: w.host, Now: w.now, Logger: logger})
	verifier := sigv4.New(w.keys, sigv4.Options{})
	router := wire.NewRouter(wire.Options{
		Logger: logger,
		Authenticate: func(r *http.Request, body []byte) (context.Context, error) {
			result, err := verifier.Verify(r, body)
			if err != nil {
				return nil, err
			}
			return caller.With(r.Context(), result.Identity), nil
		},
		Authorize: allow.Authorize,
	}, registry.Service())
	mux := http.NewServeMux()
	mux.Handle("/", router)
	mux.Handle("/v2/", registry.Handler())
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(server.Close)
	key := w.keys.Bootstrap()
	w.ecr = w.client(key.AccessKeyID, key.SecretAccessKey, "")
	return w
}

// failures fails the test for everything that is logged: faults of ours.
type failures struct{ t *testing.T }

func (f failures) Write(line []byte) (int, error) {
	f.t.Errorf("logged: %s", line)
	return len(line), nil
}

func (w *world) client(id, secret, token string) *ecr.Client {
	return ecr.New(ecr.Options{Region: "us-east-1", BaseEndpoint: aws.String("http://" + w.host), RetryMaxAttempts: 1, HTTPClient: wiretest.Patient{},
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, token)})
}

// session returns the client of a session with a purpose.
func (w *world) session(purpose caller.Purpose) *ecr.Client {
	w.t.Helper()
	c, err := w.keys.Sessions().Issue(caller.NewSession(purpose, "arn:aws:iam::000000000000:role/web", "AROA1", "task"), time.Now().Add(time.Hour))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.client(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
}

// must returns a call's answer, and ends the test if it fails.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) create(name string) *ecr.CreateRepositoryOutput {
	w.t.Helper()
	return must[*ecr.CreateRepositoryOutput](w.t)(w.ecr.CreateRepository(w.t.Context(), &ecr.CreateRepositoryInput{RepositoryName: &name}))
}

// login returns the user and password that a client's token gives docker.
func (w *world) login(client *ecr.Client) sampleimage.Credentials {
	w.t.Helper()
	out := must[*ecr.GetAuthorizationTokenOutput](w.t)(client.GetAuthorizationToken(w.t.Context(), &ecr.GetAuthorizationTokenInput{}))
	text, err := base64.StdEncoding.DecodeString(*out.AuthorizationData[0].AuthorizationToken)
	user, password, ok := strings.Cut(string(text), ":")
	if err != nil || !ok {
		w.t.Fatalf("token %q is not user:password", text)
	}
	return sampleimage.Credentials{Username: user, Password: password}
}

// push builds an image with some content, pushes it as docker does and returns
// its digest.
func (w *world) push(content, reference string) string {
	w.t.Helper()
	image, err := sampleimage.Build(sampleimage.Spec{
		Layers: [][]sampleimage.File{{{Path: "/app", Mode: 0o755, Content: []byte(content)}}}, Entrypoint: []string{"/app"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := sampleimage.Push(w.t.Context(), image, w.host+"/"+reference, w.login(w.ecr)); err != nil {
		w.t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		w.t.Fatal(err)
	}
	return digest.String()
}

func wantSame(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// wantError checks an API error's code and message.
func wantError(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Errorf("error is %v, want %s", err, code)
		return
	}
	if api.ErrorCode() != code || api.ErrorMessage() != message {
		t.Errorf("error is\n%s: %s, want\n%s: %s", api.ErrorCode(), api.ErrorMessage(), code, message)
	}
}

// asAny reports whether an error is of the type of one of the targets.
func asAny(err error, targets ...any) bool {
	for _, target := range targets {
		if errors.As(err, target) {
			return true
		}
	}
	return false
}
