package logs

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/pattern"
	"github.com/roadstead/roadstead/wire"
)

const (
	// maxUpdateEvents is how many events an update holds; of more, the first
	// are shown and the update says that it is a sample. Source: API
	// reference, StartLiveTail.
	maxUpdateEvents = 500
	// tailBuffer is how many events the store holds back between updates.
	tailBuffer = 10_000
)

// StartLiveTail shows events as they come, in an update every second.
func (d *frontDoor) StartLiveTail(ctx context.Context, in *cloudwatchlogs.StartLiveTailInput, send func(event any) error) error {
	s, err := d.begin(ctx)
	if err != nil {
		return err
	}
	if err := checkTail(in); err != nil {
		return err
	}
	match, err := pattern.Parse(aws.ToString(in.LogEventFilterPattern))
	if err != nil {
		return invalid("Invalid filter pattern")
	}
	q := logs.FollowQuery{Account: s.account, Streams: in.LogStreamNames, Prefixes: in.LogStreamNamePrefixes}
	for _, id := range in.LogGroupIdentifiers {
		name, err := s.named(id)
		if err != nil {
			return err
		}
		q.Groups = append(q.Groups, name)
	}
	sub, err := d.store.Follow(q, tailBuffer)
	if err != nil {
		return failure(err)
	}
	defer sub.Close()
	if err := send(&types.StartLiveTailResponseStreamMemberSessionStart{Value: types.LiveTailSessionStart{
		RequestId: new(wire.RequestID(ctx)), SessionId: new(d.opts.SessionID()), LogGroupIdentifiers: in.LogGroupIdentifiers,
		LogStreamNames: in.LogStreamNames, LogStreamNamePrefixes: in.LogStreamNamePrefixes, LogEventFilterPattern: new(aws.ToString(in.LogEventFilterPattern)),
	}}); err != nil {
		return err
	}
	return d.tail(ctx, s, sub, match, send)
}

func checkTail(in *cloudwatchlogs.StartLiveTailInput) error {
	var v violations
	if in.LogGroupIdentifiers == nil {
		v.missing("logGroupIdentifiers")
	}
	v.texts("logGroupIdentifiers", in.LogGroupIdentifiers, 1, 10, identifier)
	v.texts("logStreamNames", in.LogStreamNames, 1, 100, streamName)
	v.texts("logStreamNamePrefixes", in.LogStreamNamePrefixes, 1, 100, streamName)
	v.optional("logEventFilterPattern", in.LogEventFilterPattern, filterText)
	if err := v.err(); err != nil {
		return err
	}
	names, prefixes := len(in.LogStreamNames) > 0, len(in.LogStreamNamePrefixes) > 0
	switch {
	case names && prefixes:
		return invalid("logStreamNames and logStreamNamePrefixes cannot both be specified.")
	case (names || prefixes) && len(in.LogGroupIdentifiers) > 1:
		return invalid("logStreamNames and logStreamNamePrefixes can be specified with one log group only.")
	}
	return nil
}

// tail sends updates until the session's time is over, the caller goes, or
// the store closes.
func (d *frontDoor) tail(ctx context.Context, s scope, sub *logs.Subscription, match *pattern.Pattern, send func(event any) error) error {
	tick := time.NewTicker(d.opts.TailEvery)
	defer tick.Stop()
	end := time.NewTimer(d.opts.TailFor)
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-end.C:
			return &types.SessionTimeoutException{Message: new("The Live Tail session has timed out.")}
		case <-tick.C:
		}
		events, lost, err := sub.Pending()
		if err != nil {
			return &types.SessionStreamingException{Message: new("The Live Tail session was interrupted.")}
		}
		update := types.LiveTailSessionUpdate{SessionMetadata: &types.LiveTailSessionMetadata{Sampled: lost > 0}, SessionResults: []types.LiveTailSessionLogEvent{}}
		for _, e := range events {
			if !match.Match([]byte(e.Message)) {
				continue
			}
			if len(update.SessionResults) == maxUpdateEvents {
				update.SessionMetadata.Sampled = true
				break
			}
			update.SessionResults = append(update.SessionResults, types.LiveTailSessionLogEvent{
				LogGroupIdentifier: new(s.account + ":" + e.Group), LogStreamName: new(e.Stream), Message: new(e.Message),
				Timestamp: new(e.Timestamp), IngestionTime: new(e.Ingestion),
			})
		}
		if err := send(&types.StartLiveTailResponseStreamMemberSessionUpdate{Value: update}); err != nil {
			return err
		}
	}
}
