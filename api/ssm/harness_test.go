package ssm_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	apikms "github.com/roadstead/roadstead/api/kms"
	api "github.com/roadstead/roadstead/api/ssm"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/store/seal"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

const account = "000000000000"

var begin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// endpoint is the service over HTTP, and the SDK's client for it.
type endpoint struct {
	*ssm.Client
	now     atomic.Int64 // milliseconds
	db      *store.DB
	keys    *apikms.FrontDoor
	service *wire.Service
	url     string
	// sessions are those that StartSession opens.
	sessions opened
}

// vault has the secret "db", whose value is the selector that it is asked for.
type vault struct{}

func (vault) Secret(_ context.Context, id, selector string) (value, description string, at time.Time, err error) {
	if id != "db" {
		return "", "", at, errors.New("no such secret")
	}
	return "value of " + selector, `{"name":"db"}`, begin, nil
}

// key makes a key of the customer's and returns its ARN.
func (e *endpoint) key(t *testing.T) string {
	t.Helper()
	out, err := e.keys.CreateKey(caller.With(t.Context(), caller.NewRoot(account, "AKIATEST")), &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	return *out.KeyMetadata.Arn
}

func (e *endpoint) advance(d time.Duration) { e.now.Add(d.Milliseconds()) }

func serve(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.now.Store(begin.UnixMilli())
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	e.db = db
	clock := func() time.Time { return time.UnixMilli(e.now.Load()) }
	e.keys = apikms.New(db, sealer, apikms.Options{Now: clock})
	e.service = api.New(db, e.keys, api.Options{Now: clock, Sessions: &e.sessions, Secrets: vault{}})
	server := httptest.NewServer(wire.NewRouter(wire.Options{
		Logger: slog.New(slog.DiscardHandler),
		Authenticate: func(r *http.Request, _ []byte) (context.Context, error) {
			if r.Header.Get("X-Test-Anonymous") != "" {
				return r.Context(), nil
			}
			who := account
			if other := r.Header.Get("X-Test-Account"); other != "" {
				who = other
			}
			return caller.With(r.Context(), caller.NewRoot(who, "AKIATEST")), nil
		},
	}, e.service))
	t.Cleanup(server.Close)
	e.url = server.URL
	e.Client = newClient(nil).(*ssm.Client)
	e.Client = ssm.New(e.Client.Options(), func(o *ssm.Options) {
		o.BaseEndpoint, o.HTTPClient, o.RetryMaxAttempts = &e.url, http.DefaultClient, 1
	})
	return e
}

func newClient(h wiretest.HTTPClient) any {
	return ssm.New(ssm.Options{
		Region: "us-east-1", HTTPClient: h, Credentials: wiretest.Credentials(),
		APIOptions: []func(*middleware.Stack) error{wiretest.Unvalidated},
	})
}

// ok fails the test on an error and passes the answer on.
func ok[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused checks an error's code and message. It takes an answer too so that
// a call can be its argument.
func refused(t *testing.T, code, message string) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		var e smithy.APIError
		if !errors.As(err, &e) || e.ErrorCode() != code || e.ErrorMessage() != message {
			t.Errorf("error is %v\nwant %s: %s", err, code, message)
		}
	}
}
