package sts_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	stsapi "github.com/roadstead/roadstead/api/sts"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/gate"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/store/seal"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

// endpoint is the service over HTTP with its keys, as in production: with the
// gate, over a store in memory.
type endpoint struct {
	url    string
	ring   *keyring.Keyring
	db     *store.DB
	sealer *seal.Sealer
	ahead  *atomic.Int64 // how far the clock is ahead of the real one
}

func serve(t *testing.T, client ...*http.Client) endpoint {
	t.Helper()
	ring, err := keyring.Open(t.TempDir(), rand.Reader, keyring.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	e := endpoint{ring: ring, db: db, sealer: sealer, ahead: new(atomic.Int64)}
	now := func() time.Time { return time.Now().Add(time.Duration(e.ahead.Load())) }
	verifier := sigv4.New(keyring.WithStored(ring, func() keyring.Nouns { return db.View() }, sealer), sigv4.Options{})
	allow := gate.New(func() gate.Nouns { return db.View() }, gate.Options{Sealer: ring.Sessions(), Now: now})
	options := stsapi.Options{BootstrapAccount: account, BootstrapKey: ring.Bootstrap().AccessKeyID, Now: now}
	if len(client) > 0 {
		options.Client = client[0]
	}
	server := httptest.NewServer(wire.NewRouter(wire.Options{
		Logger: slog.New(slog.DiscardHandler),
		Authenticate: func(r *http.Request, body []byte) (context.Context, error) {
			result, err := verifier.Verify(r, body)
			if err != nil {
				return nil, err
			}
			return caller.With(r.Context(), result.Identity), nil
		},
		Authorize: allow.Authorize,
	}, stsapi.New(db, ring.Sessions(), allow, options)))
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

func (e endpoint) client(id, secret, token string) *sts.Client {
	return sts.New(sts.Options{
		Region: "us-east-1", BaseEndpoint: &e.url, RetryMaxAttempts: 1, HTTPClient: wiretest.Patient{},
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, token),
	})
}

func (e endpoint) root() *sts.Client {
	key := e.ring.Bootstrap()
	return e.client(key.AccessKeyID, key.SecretAccessKey, "")
}

func identityOf(t *testing.T, client *sts.Client) [3]string {
	t.Helper()
	out, err := client.GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return [3]string{aws.ToString(out.Account), aws.ToString(out.Arn), aws.ToString(out.UserId)}
}

func TestGetCallerIdentity(t *testing.T) {
	e := serve(t)
	if got, want := identityOf(t, e.root()), [3]string{"000000000000", "arn:aws:iam::000000000000:root", "000000000000"}; got != want {
		t.Fatalf("root is %v, want %v", got, want)
	}
	role := caller.NewSession(caller.TaskRole, "arn:aws:iam::000000000000:role/apps/web", "AROA1", "task")
	c, err := e.ring.Sessions().Issue(role, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := [3]string{"000000000000", "arn:aws:sts::000000000000:assumed-role/web/task", "AROA1:task"}
	if got := identityOf(t, e.client(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)); got != want {
		t.Fatalf("session is %v, want %v", got, want)
	}
}

func TestPresignedGetCallerIdentity(t *testing.T) {
	e := serve(t)
	signed, err := sts.NewPresignClient(e.root()).PresignGetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body := do(t, r)
	if status != 200 || !strings.Contains(body, "<Arn>arn:aws:iam::000000000000:root</Arn>") {
		t.Fatalf("%d %s", status, body)
	}
}

func do(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestRefusalsHaveTheQueryProtocolsCodes(t *testing.T) {
	e := serve(t)
	key := e.ring.Bootstrap()
	over, err := e.ring.Sessions().Issue(caller.NewSession(caller.TaskRole, "arn:aws:iam::000000000000:role/web", "AROA1", "task"), time.Now().Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for code, client := range map[string]*sts.Client{
		"InvalidClientTokenId":  e.client("AKIAAAAAAAAAAAAAAAAA", key.SecretAccessKey, ""),
		"SignatureDoesNotMatch": e.client(key.AccessKeyID, "wrong", ""),
		"ExpiredToken":          e.client(over.AccessKeyID, over.SecretAccessKey, over.SessionToken),
	} {
		_, err := client.GetCallerIdentity(t.Context(), nil)
		var refused smithy.APIError
		if !errors.As(err, &refused) || refused.ErrorCode() != code {
			t.Errorf("error %v, want %s", err, code)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", e.url, bytes.NewReader([]byte("Action=GetCallerIdentity&Version=2011-06-15")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, body := do(t, r); status != http.StatusForbidden || !strings.Contains(body, "<Code>MissingAuthenticationToken</Code>") {
		t.Errorf("unsigned: %d %s", status, body)
	}
}

func TestOperationsThatAreNotBuiltAreRefused(t *testing.T) {
	_, err := serve(t).root().AssumeRoot(t.Context(), &sts.AssumeRootInput{TargetPrincipal: aws.String(account), TaskPolicyArn: &types.PolicyDescriptorType{Arn: aws.String("arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials")}})
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "InvalidAction" || !strings.Contains(refused.ErrorMessage(), "AssumeRoot") {
		t.Fatalf("error %v", err)
	}
}

func TestWithoutACallerThereIsNoIdentity(t *testing.T) {
	router := wire.NewRouter(wire.Options{Logger: slog.New(slog.DiscardHandler)}, stsapi.New(nil, nil, nil, stsapi.Options{}))
	r := httptest.NewRequest("POST", "/", strings.NewReader("Action=GetCallerIdentity&Version=2011-06-15"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	router.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "MissingAuthenticationToken") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// TestKnownIsTheModel compares Known with the methods of the SDK's client.
func TestKnownIsTheModel(t *testing.T) {
	var model []string
	client, ctx := reflect.TypeFor[*sts.Client](), reflect.TypeFor[context.Context]()
	for i := range client.NumMethod() {
		if m := client.Method(i); m.Type.NumIn() > 2 && m.Type.In(1) == ctx {
			model = append(model, m.Name)
		}
	}
	if known := stsapi.New(nil, nil, nil, stsapi.Options{}).Known; !slices.Equal(known, model) {
		t.Fatalf("Known is %v, the client has %v", known, model)
	}
}

func TestTheCommandLine(t *testing.T) {
	command, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the aws command is not installed: its call is not made")
	}
	e := serve(t)
	c := exec.CommandContext(t.Context(), command, "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
	c.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+e.url, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_ACCESS_KEY_ID="+e.ring.Bootstrap().AccessKeyID, "AWS_SECRET_ACCESS_KEY="+e.ring.Bootstrap().SecretAccessKey)
	out, err := c.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "arn:aws:iam::000000000000:root" {
		t.Fatalf("%v: %s", err, out)
	}
}
