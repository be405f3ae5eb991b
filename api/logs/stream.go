package logs

import (
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/telemetry/logs"
)

// CreateLogStream adds a stream to a group.
func (d *frontDoor) CreateLogStream(ctx context.Context, in *cloudwatchlogs.CreateLogStreamInput) (*cloudwatchlogs.CreateLogStreamOutput, error) {
	s, err := d.beginStream(ctx, in.LogGroupName, in.LogStreamName)
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.CreateLogStreamOutput{}, failure(d.store.CreateStream(ctx, s.account, *in.LogGroupName, *in.LogStreamName))
}

// DeleteLogStream deletes a stream and its events.
func (d *frontDoor) DeleteLogStream(ctx context.Context, in *cloudwatchlogs.DeleteLogStreamInput) (*cloudwatchlogs.DeleteLogStreamOutput, error) {
	s, err := d.beginStream(ctx, in.LogGroupName, in.LogStreamName)
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.DeleteLogStreamOutput{}, failure(d.store.DeleteStream(ctx, s.account, *in.LogGroupName, *in.LogStreamName, unprotected))
}

// beginStream is begin for operations that name a group and a stream.
func (d *frontDoor) beginStream(ctx context.Context, group, stream *string) (scope, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return s, err
	}
	var v violations
	v.required("logGroupName", group, groupName)
	v.required("logStreamName", stream, streamName)
	return s, v.err()
}

// DescribeLogStreams lists a group's streams by name or by last event.
func (d *frontDoor) DescribeLogStreams(ctx context.Context, in *cloudwatchlogs.DescribeLogStreamsInput) (*cloudwatchlogs.DescribeLogStreamsOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v violations
	v.optional("logGroupName", in.LogGroupName, groupName)
	v.optional("logGroupIdentifier", in.LogGroupIdentifier, identifier)
	v.optional("logStreamNamePrefix", in.LogStreamNamePrefix, streamName)
	v.optional("nextToken", in.NextToken, tokenText)
	v.limit("limit", in.Limit, defaultPage)
	oneOf(&v, "orderBy", in.OrderBy, types.OrderBy("").Values())
	if err := v.err(); err != nil {
		return nil, err
	}
	group, err := s.identified(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	byTime := in.OrderBy == types.OrderByLastEventTime
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	limit := pageSize(in.Limit)
	q := newQuery("DescribeLogStreams", s.account, group, aws.ToString(in.LogStreamNamePrefix), string(in.OrderBy), strconv.FormatBool(aws.ToBool(in.Descending)))
	after, err := readStreamPlace(q, in.NextToken)
	if err != nil {
		return nil, err
	}
	streams, err := d.store.Streams(s.account, group, logs.StreamQuery{
		Prefix: aws.ToString(in.LogStreamNamePrefix), ByLastEvent: byTime, Descending: aws.ToBool(in.Descending), After: after, Limit: limit + 1,
	})
	if err != nil {
		return nil, failure(err)
	}
	out := &cloudwatchlogs.DescribeLogStreamsOutput{LogStreams: []types.LogStream{}}
	if len(streams) > limit {
		streams = streams[:limit]
		out.NextToken = q.token(writeStreamPlace(&streams[limit-1]))
	}
	for i := range streams {
		out.LogStreams = append(out.LogStreams, showStream(s, group, &streams[i]))
	}
	return out, nil
}

// A stream's place in a list is its last event, "-" for none, and its name.

func writeStreamPlace(st *logs.Stream) string {
	if !st.HasEvents {
		return "-/" + st.Name
	}
	return strconv.FormatInt(st.LastEvent, 10) + "/" + st.Name
}

func readStreamPlace(q query, token *string) (*logs.Stream, error) {
	place, err := q.place(token)
	if err != nil || place == "" {
		return nil, err
	}
	last, name, ok := strings.Cut(place, "/")
	st := &logs.Stream{Name: name, HasEvents: last != "-"}
	if st.HasEvents {
		st.LastEvent, err = strconv.ParseInt(last, 10, 64)
	}
	if !ok || err != nil {
		return nil, invalidToken()
	}
	return st, nil
}

func showStream(s scope, group string, st *logs.Stream) types.LogStream {
	shown := types.LogStream{
		Arn: new(s.streamARN(group, st.Name)), CreationTime: new(st.Created), LogStreamName: new(st.Name),
		StoredBytes:         new(int64(0)), // AWS reports zero since 2019
		UploadSequenceToken: sequenceToken(st),
	}
	if st.HasEvents {
		shown.FirstEventTimestamp = new(st.FirstEvent)
		shown.LastEventTimestamp = new(st.LastEvent)
		shown.LastIngestionTime = new(st.LastIngestion)
	}
	return shown
}

// sequenceToken is for old clients, which hand it back; nobody looks at it.
func sequenceToken(st *logs.Stream) *string {
	return new(writePosition(logs.Position{Timestamp: st.Created, Seq: st.LastSeq}))
}
