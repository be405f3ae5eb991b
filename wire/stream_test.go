package wire_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

type liveTail func(context.Context, *cloudwatchlogs.StartLiveTailInput, func(any) error) error

// tail serves one live tail on a loopback socket, because streams need a real connection, and calls it.
func tail(t *testing.T, f liveTail, observe func(wire.Event)) (*cloudwatchlogs.StartLiveTailOutput, error) {
	t.Helper()
	server := httptest.NewServer(wire.NewRouter(wire.Options{Logger: slog.New(slog.DiscardHandler), Observe: observe}, &wire.Service{
		Name: "logs", TargetPrefix: "Logs_20140328", Protocols: []wire.Protocol{wire.AWSJSON11},
		Operations: []wire.Operation{wire.StreamOp("StartLiveTail", f)},
	}))
	t.Cleanup(server.Close)
	client := cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: wiretest.Credentials(), RetryMaxAttempts: 1,
		EndpointOptions: cloudwatchlogs.EndpointResolverOptions{DisableHTTPS: true}, HTTPClient: plainHost{server},
	})
	return client.StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{"group"}})
}

func TestEventsArriveAsTheyAreSent(t *testing.T) {
	next := make(chan string)
	out, err := tail(t, func(_ context.Context, in *cloudwatchlogs.StartLiveTailInput, send func(any) error) error {
		start := types.LiveTailSessionStart{LogGroupIdentifiers: in.LogGroupIdentifiers, SessionId: aws.String("s")}
		if err := send(&types.StartLiveTailResponseStreamMemberSessionStart{Value: start}); err != nil {
			return err
		}
		for message := range next {
			update := types.LiveTailSessionUpdate{
				SessionMetadata: &types.LiveTailSessionMetadata{}, SessionResults: []types.LiveTailSessionLogEvent{{Message: &message}},
			}
			if err := send(&types.StartLiveTailResponseStreamMemberSessionUpdate{Value: update}); err != nil {
				return err
			}
		}
		return &types.SessionTimeoutException{Message: aws.String("Three hours have passed.")}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	defer stream.Close()
	start, ok := (<-stream.Events()).(*types.StartLiveTailResponseStreamMemberSessionStart)
	if !ok || *start.Value.SessionId != "s" || start.Value.LogGroupIdentifiers[0] != "group" {
		t.Fatalf("the stream began with %v: %v", start, stream.Err())
	}
	for _, message := range []string{"one", "two"} {
		next <- message // only sent once the one before was received
		update, ok := (<-stream.Events()).(*types.StartLiveTailResponseStreamMemberSessionUpdate)
		if !ok || *update.Value.SessionResults[0].Message != message {
			t.Fatalf("got %v: %v, want %s", update, stream.Err(), message)
		}
	}
	close(next)
	if event, more := <-stream.Events(); more {
		t.Errorf("after the end came %v", event)
	}
	var timeout *types.SessionTimeoutException
	if err := stream.Err(); !errors.As(err, &timeout) || *timeout.Message != "Three hours have passed." {
		t.Errorf("the stream ended with %v", err)
	}
}

func TestAnErrorBeforeTheFirstEventIsAnOrdinaryOne(t *testing.T) {
	_, err := tail(t, func(context.Context, *cloudwatchlogs.StartLiveTailInput, func(any) error) error {
		return &types.ResourceNotFoundException{Message: aws.String("no such group")}
	}, nil)
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
}

func TestAStreamMayEndWithoutEvents(t *testing.T) {
	out, err := tail(t, func(context.Context, *cloudwatchlogs.StartLiveTailInput, func(any) error) error { return nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if event, more := <-out.GetStream().Events(); more {
		t.Errorf("got %v", event)
	}
	if err := out.GetStream().Close(); err != nil {
		t.Error(err)
	}
}

func TestAPanicEndsTheStreamWithAnError(t *testing.T) {
	out, err := tail(t, func(_ context.Context, _ *cloudwatchlogs.StartLiveTailInput, send func(any) error) error {
		if err := send(&types.StartLiveTailResponseStreamMemberSessionStart{}); err != nil {
			return err
		}
		panic("keel over")
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-out.GetStream().Events()
	if event, more := <-out.GetStream().Events(); more {
		t.Errorf("got %v", event)
	}
	if out.GetStream().Err() == nil {
		t.Error("the stream ended well")
	}
}

func TestAStreamEndsWhenTheClientGoes(t *testing.T) {
	observed := make(chan wire.Event, 1)
	out, err := tail(t, func(ctx context.Context, _ *cloudwatchlogs.StartLiveTailInput, send func(any) error) error {
		if err := send(&types.StartLiveTailResponseStreamMemberSessionStart{}); err != nil {
			return err
		}
		<-ctx.Done()
		return send(&types.StartLiveTailResponseStreamMemberSessionUpdate{})
	}, func(e wire.Event) { observed <- e })
	if err != nil {
		t.Fatal(err)
	}
	<-out.GetStream().Events()
	if err := out.GetStream().Close(); err != nil {
		t.Fatal(err)
	}
	if e := <-observed; e.Status != 200 || e.Code != "" || e.BytesOut == 0 {
		t.Errorf("observed %+v", e)
	}
}

func TestOnlyMembersOfUnionsAreEvents(t *testing.T) {
	_, err := tail(t, func(_ context.Context, _ *cloudwatchlogs.StartLiveTailInput, send func(any) error) error {
		for _, odd := range []any{nil, "text", types.LiveTailSessionStart{}, &types.LiveTailSessionStart{}, &types.UnknownUnionMember{}} {
			if send(odd) == nil {
				t.Errorf("%T was sent", odd)
			}
		}
		return errors.New("done")
	}, nil)
	if err == nil {
		t.Error("the operation succeeded")
	}
}
