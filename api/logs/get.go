package logs

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/telemetry/logs"
)

// A page of events ends at so many events or bytes (message and overhead).
// Source: API reference, GetLogEvents and FilterLogEvents.
const (
	maxPageEvents = 10_000
	maxPageBytes  = 1 << 20
)

// GetLogEvents returns a page of one stream, in order of time.
func (d *frontDoor) GetLogEvents(ctx context.Context, in *cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v violations
	v.optional("logGroupName", in.LogGroupName, groupName)
	v.optional("logGroupIdentifier", in.LogGroupIdentifier, identifier)
	v.required("logStreamName", in.LogStreamName, streamName)
	v.time("startTime", in.StartTime)
	v.time("endTime", in.EndTime)
	v.optional("nextToken", in.NextToken, tokenText)
	v.limit("limit", in.Limit, maxPageEvents)
	if err := v.err(); err != nil {
		return nil, err
	}
	group, err := s.identified(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	q := logs.Query{
		Account: s.account, Group: group, Streams: []string{*in.LogStreamName},
		From: aws.ToInt64(in.StartTime), Backward: !aws.ToBool(in.StartFromHead),
	}
	if in.EndTime != nil {
		q.To = max(*in.EndTime, 1) // there is nothing before 0
	}
	if in.NextToken != nil {
		after, backward, err := readEventsToken(*in.NextToken)
		if err != nil {
			return nil, err
		}
		q.After, q.Backward = &after, backward
	}
	limit := maxPageEvents
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	events, first, last, err := d.page(ctx, q, limit)
	if err != nil {
		return nil, failure(err)
	}
	out := &cloudwatchlogs.GetLogEventsOutput{Events: events}
	out.NextBackwardToken, out.NextForwardToken = eventsTokens(&q, in.NextToken, len(events) > 0, first, last)
	return out, nil
}

// page reads one page and returns it in order of time, with the positions of
// its first and last event.
func (d *frontDoor) page(ctx context.Context, q logs.Query, limit int) (events []types.OutputLogEvent, first, last logs.Position, err error) {
	events = []types.OutputLogEvent{}
	size := 0
	for e, err := range d.store.Read(ctx, q) {
		if err != nil {
			return nil, first, last, err
		}
		if size += len(e.Message) + logs.EventOverhead; size > maxPageBytes && len(events) > 0 {
			break
		}
		if len(events) == 0 {
			first = e.Position
		}
		last = e.Position
		events = append(events, types.OutputLogEvent{
			Timestamp: new(e.Timestamp), IngestionTime: new(e.Ingestion), Message: new(string(e.Message)),
		})
		if len(events) == limit {
			break
		}
	}
	if q.Backward {
		slices.Reverse(events)
		first, last = last, first
	}
	return events, first, last, nil
}

// eventsTokens are the tokens around a page. Where there is nothing, the token
// that led there comes back, and the other one leads back over what it had
// passed.
func eventsTokens(q *logs.Query, asked *string, some bool, first, last logs.Position) (backward, forward *string) {
	switch {
	case some:
		return backwardToken(first), forwardToken(last)
	case asked == nil:
		return backwardToken(logs.Position{}), forwardToken(logs.Position{})
	case q.Backward:
		p := *q.After
		if p.Seq > 0 {
			p.Seq--
		}
		return asked, forwardToken(p)
	}
	p := *q.After
	p.Seq++
	return backwardToken(p), asked
}
