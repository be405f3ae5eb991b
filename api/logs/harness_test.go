package logs_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	apilogs "github.com/roadstead/roadstead/api/logs"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/disk/disktest"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

const account = "000000000000"

var begin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// endpoint is the service over HTTP, and the SDK's client for it.
type endpoint struct {
	*cloudwatchlogs.Client
	now  atomic.Int64 // milliseconds
	disk disktest.Memory
	url  string
}

func (e *endpoint) clock() time.Time { return time.UnixMilli(e.now.Load()) }

func serve(t *testing.T, opts apilogs.Options) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.now.Store(begin.UnixMilli())
	store, err := logs.Open(&e.disk, logs.Options{Now: e.clock, SegmentBytes: 100_000, MaxStreams: 1000})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- store.Run(ctx) }()
	opts.Now = e.clock
	server := httptest.NewServer(wire.NewRouter(wire.Options{
		Logger: slog.New(slog.DiscardHandler),
		Authenticate: func(r *http.Request, _ []byte) (context.Context, error) {
			if r.Header.Get("X-Test-Anonymous") != "" {
				return r.Context(), nil
			}
			return caller.With(r.Context(), caller.NewRoot(account, "AKIATEST")), nil
		},
	}, apilogs.New(store, opts)))
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	e.url = server.URL
	e.Client = cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "us-east-1", BaseEndpoint: &e.url, RetryMaxAttempts: 1, HTTPClient: wiretest.Patient{}, Credentials: wiretest.Credentials(),
		APIOptions: []func(*middleware.Stack) error{wiretest.Unvalidated, withoutHostPrefix},
	})
	return e
}

// withoutHostPrefix keeps StartLiveTail on the address of the test server.
func withoutHostPrefix(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("withoutHostPrefix",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		}), middleware.Before)
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
			t.Fatalf("error is %v\nwant %s: %s", err, code, message)
		}
	}
}

func (e *endpoint) group(t *testing.T, name string) {
	t.Helper()
	ok[*cloudwatchlogs.CreateLogGroupOutput](t)(e.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name}))
}

func (e *endpoint) stream(t *testing.T, group, name string) {
	t.Helper()
	ok[*cloudwatchlogs.CreateLogStreamOutput](t)(e.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &name}))
}

func (e *endpoint) put(t *testing.T, group, stream string, events ...types.InputLogEvent) *cloudwatchlogs.PutLogEventsOutput {
	t.Helper()
	return ok[*cloudwatchlogs.PutLogEventsOutput](t)(e.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: events}))
}

// event is one that happened so long after the beginning.
func event(after time.Duration, message string) types.InputLogEvent {
	return types.InputLogEvent{Timestamp: new(begin.Add(after).UnixMilli()), Message: &message}
}
