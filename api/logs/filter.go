package logs

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/pattern"
)

// maxScanBytes is how much one FilterLogEvents looks through. A page may be
// empty and still have a token, as with AWS.
const maxScanBytes = 64 << 20

// backwardSince is the earliest startTime with which AWS reads backward.
var backwardSince = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// FilterLogEvents searches a group's streams in order of time.
func (d *frontDoor) FilterLogEvents(ctx context.Context, in *cloudwatchlogs.FilterLogEventsInput) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkFilter(in); err != nil {
		return nil, err
	}
	group, err := s.identified(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	match, err := pattern.Parse(aws.ToString(in.FilterPattern))
	if err != nil {
		return nil, invalid("Invalid filter pattern")
	}
	q := logs.Query{
		Account: s.account, Group: group, Streams: in.LogStreamNames, Prefix: aws.ToString(in.LogStreamNamePrefix),
		From: aws.ToInt64(in.StartTime), Backward: in.StartFromHead != nil && !*in.StartFromHead,
	}
	if in.EndTime != nil && *in.EndTime < 1<<62 {
		q.To = *in.EndTime + 1
	}
	list := newQuery("FilterLogEvents", s.account, group, fmt.Sprintf("%q", q.Streams), q.Prefix, aws.ToString(in.FilterPattern),
		fmt.Sprint(q.From, q.To))
	if err := readFilterPlace(list, in.NextToken, &q); err != nil {
		return nil, err
	}
	limit := maxPageEvents
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	found, next, err := d.search(ctx, q, match, limit)
	if err != nil {
		return nil, failure(err)
	}
	out := &cloudwatchlogs.FilterLogEventsOutput{Events: found, SearchedLogStreams: []types.SearchedLogStream{}}
	if next != nil {
		out.NextToken = list.token(writeFilterPlace(&q, *next))
	}
	return out, nil
}

func checkFilter(in *cloudwatchlogs.FilterLogEventsInput) error {
	var v violations
	v.optional("logGroupName", in.LogGroupName, groupName)
	v.optional("logGroupIdentifier", in.LogGroupIdentifier, identifier)
	v.texts("logStreamNames", in.LogStreamNames, 1, 100, streamName)
	v.optional("logStreamNamePrefix", in.LogStreamNamePrefix, streamName)
	v.time("startTime", in.StartTime)
	v.time("endTime", in.EndTime)
	v.optional("filterPattern", in.FilterPattern, filterText)
	v.optional("nextToken", in.NextToken, tokenText)
	v.limit("limit", in.Limit, maxPageEvents)
	if err := v.err(); err != nil {
		return err
	}
	switch {
	case len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != nil:
		return invalid("logStreamNamePrefix and logStreamNames cannot both be specified.")
	case in.NextToken == nil && in.StartFromHead != nil && !*in.StartFromHead && aws.ToInt64(in.StartTime) < backwardSince:
		return invalid("startFromHead can be false only when startTime is on or after January 1, 2024 00:00:00 UTC.")
	}
	return nil
}

// A place in a search is its direction and the last position looked at.

func writeFilterPlace(q *logs.Query, p logs.Position) string {
	if q.Backward {
		return "b" + writePosition(p)
	}
	return "f" + writePosition(p)
}

func readFilterPlace(list query, token *string, q *logs.Query) error {
	place, err := list.place(token)
	if err != nil || place == "" {
		return err
	}
	p, ok := readPosition(place[1:])
	if !ok {
		return invalidToken()
	}
	q.After, q.Backward = &p, place[0] == 'b'
	return nil
}

// search returns a page of matching events, and where to go on; nil when
// there is nothing more.
func (d *frontDoor) search(ctx context.Context, q logs.Query, match *pattern.Pattern, limit int) ([]types.FilteredLogEvent, *logs.Position, error) {
	found := []types.FilteredLogEvent{}
	size, scanned := 0, 0
	var last logs.Position // looked at
	for e, err := range d.store.Read(ctx, q) {
		if err != nil {
			return nil, nil, err
		}
		if len(found) == limit || scanned > maxScanBytes {
			return found, &last, nil // there is more: this event
		}
		scanned += len(e.Message) + logs.EventOverhead
		if match.Match(e.Message) {
			if size += len(e.Message) + logs.EventOverhead; size > maxPageBytes && len(found) > 0 {
				return found, &last, nil
			}
			found = append(found, types.FilteredLogEvent{
				EventId: new(writePosition(e.Position)), LogStreamName: new(e.Stream), Message: new(string(e.Message)),
				Timestamp: new(e.Timestamp), IngestionTime: new(e.Ingestion),
			})
		}
		last = e.Position
	}
	return found, nil, nil
}
