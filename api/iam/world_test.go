package iam_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	api "github.com/roadstead/roadstead/api/iam"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/store/seal"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

const (
	account = "123456789012"
	other   = "210987654321"
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	allow   = `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"ecs:*","Resource":"*"}]}`
)

// uses is what GetAccessKeyLastUsed is told.
type uses map[string]api.Use

func (u uses) LastUse(id string) (api.Use, bool) { use, ok := u[id]; return use, ok }

// world is the front door over HTTP with a store in memory. Whoever signs is
// who the access key's prefix says.
type world struct {
	t      *testing.T
	url    string
	db     *store.DB
	sealer *seal.Sealer
	uses   uses
	now    time.Time
	root   *iam.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, uses: uses{}, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var err error
	if w.db, err = store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{}); err != nil {
		t.Fatal(err)
	}
	if w.sealer, err = seal.Ephemeral(); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(failures{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	door := api.New(w.db, w.sealer, api.Options{Uses: w.uses, Logger: logger, Now: func() time.Time { return w.now }})
	server := httptest.NewServer(wire.NewRouter(wire.Options{Logger: logger, Authenticate: w.authenticate}, door))
	t.Cleanup(server.Close)
	w.url = server.URL
	w.root = w.client("root")
	return w
}

// authenticate believes the access key: root, other, session, or a user.
func (w *world) authenticate(r *http.Request, _ []byte) (context.Context, error) {
	_, key, _ := cutCredential(r.Header.Get("Authorization"))
	id := caller.Identity{Kind: caller.User, Account: account, ARN: "arn:aws:iam::" + account + ":user/" + key, AccessKeyID: key}
	switch key {
	case "root":
		id = caller.NewRoot(account, key)
	case "other":
		id = caller.NewRoot(other, key)
	case "session":
		id = caller.NewSession(caller.None, "arn:aws:iam::"+account+":role/r", "AROA", "s")
	}
	return caller.With(r.Context(), id), nil
}

func cutCredential(header string) (before, key string, ok bool) {
	before, rest, ok := strings.Cut(header, "Credential=")
	key, _, _ = strings.Cut(rest, "/")
	return before, key, ok
}

func (w *world) client(key string) *iam.Client {
	return iam.New(iam.Options{Region: "us-east-1", BaseEndpoint: &w.url, RetryMaxAttempts: 1, HTTPClient: wiretest.Patient{},
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", "")})
}

// failures fails the test for everything that is logged: faults of ours.
type failures struct{ t *testing.T }

func (f failures) Write(line []byte) (int, error) {
	f.t.Errorf("logged: %s", line)
	return len(line), nil
}

// must returns a call's answer, and ends the test if it fails.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
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
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		t.Errorf("error is %v, want %s", err, code)
		return
	}
	if refused.ErrorCode() != code || refused.ErrorMessage() != message {
		t.Errorf("error is\n%s: %s, want\n%s: %s", refused.ErrorCode(), refused.ErrorMessage(), code, message)
	}
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != code {
		t.Errorf("%s: error is %v, want %s", what, err, code)
	}
}

func (w *world) user(name string) *iam.CreateUserOutput {
	w.t.Helper()
	return must(w.root.CreateUser(w.t.Context(), &iam.CreateUserInput{UserName: &name}))(w.t)
}

func (w *world) group(name string) {
	w.t.Helper()
	must(w.root.CreateGroup(w.t.Context(), &iam.CreateGroupInput{GroupName: &name}))(w.t)
}

func (w *world) role(name string) {
	w.t.Helper()
	must(w.root.CreateRole(w.t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trust)}))(w.t)
}

func (w *world) policy(name, document string) string {
	w.t.Helper()
	return *must(w.root.CreatePolicy(w.t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document}))(w.t).Policy.Arn
}
