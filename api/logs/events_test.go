package logs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"

	apilogs "github.com/roadstead/roadstead/api/logs"
	"github.com/roadstead/roadstead/telemetry/logs/disk/disktest"
)

func TestLogStreams(t *testing.T) {
	e := serve(t, apilogs.Options{})
	ctx := t.Context()
	g := "g"
	e.group(t, g)
	for _, name := range []string{"web/1", "web/2", "job"} {
		e.stream(t, g, name)
	}
	_, err := e.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &g, LogStreamName: new("job")})
	refused(t, "ResourceAlreadyExistsException", "The specified log stream already exists")(nil, err)
	_, err = e.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: new("none"), LogStreamName: new("job")})
	refused(t, "ResourceNotFoundException", "The specified log group does not exist.")(nil, err)
	_, err = e.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &g, LogStreamName: new("a:b")})
	refused(t, "InvalidParameterException", fmt.Sprintf(validation, "'a:b'", "logStreamName", "Member must satisfy regular expression pattern: [^:*]*"))(nil, err)
	e.put(t, g, "web/2", event(-time.Minute, "x"), event(0, "y"))
	e.put(t, g, "job", event(time.Second, "x"))

	names := func(in cloudwatchlogs.DescribeLogStreamsInput) string {
		t.Helper()
		in.Limit = new(int32(1))
		var got []string
		pages := cloudwatchlogs.NewDescribeLogStreamsPaginator(e.Client, &in)
		for pages.HasMorePages() {
			for _, s := range ok[*cloudwatchlogs.DescribeLogStreamsOutput](t)(pages.NextPage(ctx)).LogStreams {
				got = append(got, *s.LogStreamName)
			}
		}
		return strings.Join(got, " ")
	}
	for _, x := range []struct {
		in   cloudwatchlogs.DescribeLogStreamsInput
		want string
	}{
		{cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &g}, "job web/1 web/2"},
		{cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &g, Descending: new(true)}, "web/2 web/1 job"},
		{cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &g, LogStreamNamePrefix: new("web/")}, "web/1 web/2"},
		{cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &g, OrderBy: types.OrderByLastEventTime, Descending: new(true)}, "job web/2 web/1"},
		{cloudwatchlogs.DescribeLogStreamsInput{LogGroupIdentifier: new("arn:aws:logs:us-east-1:000000000000:log-group:g"), OrderBy: types.OrderByLastEventTime}, "web/1 web/2 job"},
	} {
		if got := names(x.in); got != x.want {
			t.Errorf("got %q, want %q", got, x.want)
		}
	}
	one := ok[*cloudwatchlogs.DescribeLogStreamsOutput](t)(e.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &g, LogStreamNamePrefix: new("web/2")})).LogStreams[0]
	ms := begin.UnixMilli()
	want := types.LogStream{LogStreamName: new("web/2"), Arn: new("arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:web/2"), CreationTime: &ms,
		FirstEventTimestamp: new(ms - 60_000), LastEventTimestamp: &ms, LastIngestionTime: &ms, StoredBytes: new(int64(0)), UploadSequenceToken: one.UploadSequenceToken}
	if d := cmp.Diff(want, one, unexported); d != "" || len(aws.ToString(one.UploadSequenceToken)) != 56 {
		t.Fatal(d, aws.ToString(one.UploadSequenceToken))
	}
	_, err = e.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &g, OrderBy: types.OrderByLastEventTime, LogStreamNamePrefix: new("x")})
	refused(t, "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")(nil, err)
	_, err = e.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &g, NextToken: new("x")})
	refused(t, "InvalidParameterException", "The specified nextToken is invalid.")(nil, err)
	_, err = e.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{})
	refused(t, "InvalidParameterException", "Either LogGroupName or LogGroupIdentifier must be specified.")(nil, err)

	ok[*cloudwatchlogs.DeleteLogStreamOutput](t)(e.DeleteLogStream(ctx, &cloudwatchlogs.DeleteLogStreamInput{LogGroupName: &g, LogStreamName: new("job")}))
	_, err = e.DeleteLogStream(ctx, &cloudwatchlogs.DeleteLogStreamInput{LogGroupName: &g, LogStreamName: new("job")})
	refused(t, "ResourceNotFoundException", "The specified log stream does not exist.")(nil, err)
}

func TestPutLogEventsLimits(t *testing.T) {
	e := serve(t, apilogs.Options{})
	g := "g"
	e.group(t, g)
	e.stream(t, g, "s")
	put := func(events ...types.InputLogEvent) error {
		_, err := e.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &g, LogStreamName: new("s"), LogEvents: events})
		return err
	}
	many := make([]types.InputLogEvent, 10_001)
	for i := range many {
		many[i] = event(0, "x")
	}
	full := strings.Repeat("x", 1<<20-26)
	half := strings.Repeat("x", 1<<19)
	for _, x := range []struct {
		err  error
		want string
	}{
		{put(), fmt.Sprintf(validation, "null", "logEvents", "Member must not be null")},
		{put(many...), fmt.Sprintf(validation, "'[10001 items]'", "logEvents", "Member must have length less than or equal to 10000")},
		{put(event(time.Second, "x"), event(0, "y")), "Log events in a single PutLogEvents request must be in chronological order."},
		{put(event(-25*time.Hour, "x"), event(0, "y")), "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."},
		{put(event(0, half), event(0, half)), "Upload too large: 1048628 bytes exceeds limit of 1048576"},
		{put(event(0, full+"x")), "Log event too large: 1048577 bytes exceeds limit of 1048576"},
		{put(event(0, "")), fmt.Sprintf(validation, "''", "logEvents.1.member.message", "Member must have length greater than or equal to 1")},
		{put(types.InputLogEvent{Message: new("x"), Timestamp: new(int64(-1))}), fmt.Sprintf(validation, "'-1'", "logEvents.1.member.timestamp", "Member must have value greater than or equal to 0")},
		{put(types.InputLogEvent{Message: new("x")}), fmt.Sprintf(validation, "null", "logEvents.1.member.timestamp", "Member must not be null")},
	} {
		refused(t, "InvalidParameterException", x.want)(nil, x.err)
	}
	for _, events := range [][]types.InputLogEvent{many[:10_000], {event(0, full)}, {event(-24*time.Hour, "x"), event(0, "y")}} {
		if err := put(events...); err != nil {
			t.Fatal(err)
		}
	}
	_, err := e.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &g, LogStreamName: new("none"), LogEvents: many[:1]})
	refused(t, "ResourceNotFoundException", "The specified log stream does not exist.")(nil, err)
	_, err = e.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: new("none"), LogStreamName: new("s"), LogEvents: many[:1]})
	refused(t, "ResourceNotFoundException", "The specified log group does not exist.")(nil, err)

	out, err := e.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &g, LogStreamName: new("s"), LogEvents: many[:1],
		SequenceToken: new("whatever"), Entity: &types.Entity{KeyAttributes: map[string]string{"Type": "Service", "Name": "x"}}})
	if err != nil || out.RejectedEntityInfo == nil || len(aws.ToString(out.NextSequenceToken)) != 56 {
		t.Fatal(out, err)
	}
	e.disk.Fail(func(op, name string) error {
		if op == "write" {
			return disktest.Full
		}
		return nil
	})
	refused(t, "ServiceUnavailableException", "The service cannot complete the request.")(nil, put(event(0, "x")))
	e.disk.Fail(nil)
	if err := put(event(0, "x")); err != nil {
		t.Fatal(err)
	}
}

func TestRejectedEvents(t *testing.T) {
	const day = 24 * time.Hour
	for _, x := range []struct {
		name      string
		retention int32
		events    []types.InputLogEvent
		want      *types.RejectedLogEventsInfo
		stored    int
	}{
		{"all are good", 0, []types.InputLogEvent{event(0, "a"), event(2*time.Hour, "b")}, nil, 2},
		{"too old", 0, []types.InputLogEvent{event(-14*day-1e6, "a"), event(-14*day, "b")}, &types.RejectedLogEventsInfo{TooOldLogEventEndIndex: new(int32(1))}, 1},
		{"too new", 0, []types.InputLogEvent{event(0, "a"), event(2*time.Hour+1e6, "b"), event(3*time.Hour, "c")}, &types.RejectedLogEventsInfo{TooNewLogEventStartIndex: new(int32(1))}, 1},
		{"expired", 1, []types.InputLogEvent{event(-day-1e6, "a"), event(-day, "b"), event(-1e6, "c")}, &types.RejectedLogEventsInfo{ExpiredLogEventEndIndex: new(int32(1))}, 2},
		{"expired and too old", 30, []types.InputLogEvent{event(-30*day-1e6, "a"), event(-30*day, "b")}, &types.RejectedLogEventsInfo{ExpiredLogEventEndIndex: new(int32(1)), TooOldLogEventEndIndex: new(int32(2))}, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			e := serve(t, apilogs.Options{})
			e.group(t, "g")
			e.stream(t, "g", "s")
			if x.retention > 0 {
				ok[*cloudwatchlogs.PutRetentionPolicyOutput](t)(e.PutRetentionPolicy(t.Context(), &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: new("g"), RetentionInDays: &x.retention}))
			}
			out := e.put(t, "g", "s", x.events...)
			if d := cmp.Diff(x.want, out.RejectedLogEventsInfo, unexported); d != "" {
				t.Fatal(d)
			}
			got := ok[*cloudwatchlogs.GetLogEventsOutput](t)(e.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s")}))
			if len(got.Events) != x.stored {
				t.Fatalf("%d events are stored", len(got.Events))
			}
		})
	}
}

func messages(events []types.OutputLogEvent) string {
	var all []string
	for _, e := range events {
		all = append(all, *e.Message)
	}
	return strings.Join(all, " ")
}

func TestGetLogEvents(t *testing.T) {
	e := serve(t, apilogs.Options{})
	e.group(t, "g")
	e.stream(t, "g", "s")
	get := func(token *string, edit func(*cloudwatchlogs.GetLogEventsInput)) (string, *cloudwatchlogs.GetLogEventsOutput) {
		t.Helper()
		in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), Limit: new(int32(3)), NextToken: token}
		if edit != nil {
			edit(in)
		}
		out := ok[*cloudwatchlogs.GetLogEventsOutput](t)(e.GetLogEvents(t.Context(), in))
		return messages(out.Events), out
	}
	got, out := get(nil, nil)
	if got != "" || out.NextForwardToken == nil || out.NextBackwardToken == nil {
		t.Fatal(got, out)
	}
	early := out.NextForwardToken
	for i := range 8 {
		e.put(t, "g", "s", event(time.Duration(i)*time.Second, fmt.Sprint(i)))
	}
	if got, _ := get(early, nil); got != "0 1 2" {
		t.Fatalf("behind the empty page: %q", got)
	}
	fromHead := func(in *cloudwatchlogs.GetLogEventsInput) { in.StartFromHead = new(true) }
	got, out = get(nil, fromHead)
	for _, want := range []string{"0 1 2", "3 4 5", "6 7", ""} {
		if got != want || !strings.HasPrefix(*out.NextForwardToken, "f/") {
			t.Fatalf("forward: %q %s", got, *out.NextForwardToken)
		}
		if want == "" {
			break
		}
		got, out = get(out.NextForwardToken, fromHead)
	}
	end := out.NextForwardToken
	if _, again := get(end, fromHead); *again.NextForwardToken != *end {
		t.Fatal("the token changes at the end")
	}
	if got, _ := get(out.NextBackwardToken, nil); got != "5 6 7" {
		t.Fatalf("back from the end: %q", got)
	}
	e.put(t, "g", "s", event(time.Minute, "late"))
	if got, _ := get(end, fromHead); got != "late" {
		t.Fatalf("a new event behind the end: %q", got)
	}
	got, out = get(nil, nil)
	for _, want := range []string{"6 7 late", "3 4 5", "0 1 2", ""} {
		if got != want || !strings.HasPrefix(*out.NextBackwardToken, "b/") {
			t.Fatalf("backward: %q", got)
		}
		if want != "" {
			got, out = get(out.NextBackwardToken, nil)
		}
	}
	if got, _ := get(out.NextForwardToken, nil); got != "0 1 2" {
		t.Fatalf("forward from the beginning: %q", got)
	}
	got, _ = get(nil, func(in *cloudwatchlogs.GetLogEventsInput) {
		in.StartTime, in.EndTime, in.StartFromHead = new(begin.Add(2*time.Second).UnixMilli()), new(begin.Add(4*time.Second).UnixMilli()), new(true)
	})
	if got != "2 3" {
		t.Fatalf("from 2 s to before 4 s: %q", got)
	}
	for _, bad := range []string{"x", "f/1/s", "f/" + strings.Repeat("9", 56) + "/s", "g/" + strings.Repeat("0", 56) + "/s", strings.TrimSuffix(*end, "/s")} {
		_, err := e.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), NextToken: &bad})
		refused(t, "InvalidParameterException", "The specified nextToken is invalid.")(nil, err)
	}
	_, err := e.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: new("g"), LogGroupIdentifier: new("g"), LogStreamName: new("s")})
	refused(t, "InvalidParameterException", "LogGroupName and LogGroupIdentifier cannot both be specified.")(nil, err)
	_, err = e.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("none")})
	refused(t, "ResourceNotFoundException", "The specified log stream does not exist.")(nil, err)
}

func TestPagesEndAtOneMegabyte(t *testing.T) {
	e := serve(t, apilogs.Options{})
	e.group(t, "g")
	e.stream(t, "g", "s")
	long := strings.Repeat("x", 300_000)
	for i := range 7 {
		e.put(t, "g", "s", event(time.Duration(i)*time.Second, fmt.Sprint(i, long)))
	}
	out := ok[*cloudwatchlogs.GetLogEventsOutput](t)(e.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s")}))
	if len(out.Events) != 3 || (*out.Events[0].Message)[0] != '4' {
		t.Fatalf("%d events", len(out.Events))
	}
	pages, total := cloudwatchlogs.NewFilterLogEventsPaginator(e.Client, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g")}), 0
	for n := 0; pages.HasMorePages(); n++ {
		total += len(ok[*cloudwatchlogs.FilterLogEventsOutput](t)(pages.NextPage(t.Context())).Events)
		if n > 3 {
			t.Fatal("too many pages")
		}
	}
	if total != 7 {
		t.Fatalf("%d events", total)
	}
}

func TestFilterLogEvents(t *testing.T) {
	e := serve(t, apilogs.Options{})
	e.group(t, "g")
	for i, name := range []string{"web/a", "web/b", "job"} {
		e.stream(t, "g", name)
		for k := range 4 {
			e.put(t, "g", name, event(time.Duration(3*k+i)*time.Second, fmt.Sprintf(`{"level":"%s","n":%d}`, []string{"info", "error"}[k%2], 3*k+i)))
		}
	}
	at := func(s int) *int64 { return new(begin.Add(time.Duration(s) * time.Second).UnixMilli()) }
	arn := new("arn:aws:logs:us-east-1:000000000000:log-group:g")
	for _, x := range []struct {
		name string
		in   cloudwatchlogs.FilterLogEventsInput
		want string
	}{
		{"all streams by time", cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g")}, "0 1 2 3 4 5 6 7 8 9 10 11"},
		{"by ARN", cloudwatchlogs.FilterLogEventsInput{LogGroupIdentifier: arn, LogStreamNames: []string{"job", "web/a"}}, "0 2 3 5 6 8 9 11"},
		{"prefix", cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g"), LogStreamNamePrefix: new("web/"), Interleaved: new(true)}, "0 1 3 4 6 7 9 10"},
		{"times, the end included", cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g"), StartTime: at(2), EndTime: at(4)}, "2 3 4"},
		{"term", cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: new("error")}, "3 4 5 9 10 11"},
		{"JSON", cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: new(`{ $.level = "error" && $.n > 4 }`)}, "5 9 10 11"},
		{"backward", cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g"), StartFromHead: new(false), StartTime: at(8)}, "11 10 9 8"},
		{"nothing", cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: new("none")}, ""},
	} {
		for _, limit := range []int32{1, 3, 10_000} {
			x.in.Limit = &limit
			var got []string
			ids := map[string]bool{}
			pages := cloudwatchlogs.NewFilterLogEventsPaginator(e.Client, &x.in)
			for pages.HasMorePages() {
				page := ok[*cloudwatchlogs.FilterLogEventsOutput](t)(pages.NextPage(t.Context()))
				for _, f := range page.Events {
					n := (*f.Timestamp - begin.UnixMilli()) / 1000
					if *f.LogStreamName != []string{"web/a", "web/b", "job"}[n%3] || *f.IngestionTime != begin.UnixMilli() || ids[*f.EventId] {
						t.Fatalf("%+v", f)
					}
					ids[*f.EventId] = true
					got = append(got, fmt.Sprint(n))
				}
			}
			if g := strings.Join(got, " "); g != x.want {
				t.Errorf("%s, limit %d: got %q, want %q", x.name, limit, g, x.want)
			}
		}
	}
	first := ok[*cloudwatchlogs.FilterLogEventsOutput](t)(e.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g"), Limit: new(int32(2))}))
	if first.SearchedLogStreams == nil || len(first.SearchedLogStreams) != 0 {
		t.Fatalf("%v", first.SearchedLogStreams)
	}
	for want, in := range map[string]cloudwatchlogs.FilterLogEventsInput{
		"The specified nextToken is invalid.":                                                                          {LogGroupName: new("g"), FilterPattern: new("error"), NextToken: first.NextToken},
		"Invalid filter pattern":                                                                                       {LogGroupName: new("g"), FilterPattern: new("{ $.x")},
		"logStreamNamePrefix and logStreamNames cannot both be specified.":                                             {LogGroupName: new("g"), LogStreamNamePrefix: new("a"), LogStreamNames: []string{"job"}},
		"startFromHead can be false only when startTime is on or after January 1, 2024 00:00:00 UTC.":                  {LogGroupName: new("g"), StartFromHead: new(false)},
		fmt.Sprintf(validation, "'0'", "limit", "Member must have value greater than or equal to 1"):                   {LogGroupName: new("g"), Limit: new(int32(0))},
		fmt.Sprintf(validation, "'-1'", "startTime", "Member must have value greater than or equal to 0"):              {LogGroupName: new("g"), StartTime: new(int64(-1))},
		fmt.Sprintf(validation, "'[0 items]'", "logStreamNames", "Member must have length greater than or equal to 1"): {LogGroupName: new("g"), LogStreamNames: []string{}},
	} {
		_, err := e.FilterLogEvents(t.Context(), &in)
		refused(t, "InvalidParameterException", want)(nil, err)
	}
	_, err := e.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: new("g"), LogStreamNames: []string{"none"}})
	refused(t, "ResourceNotFoundException", "The specified log stream does not exist.")(nil, err)
	_, err = e.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupIdentifier: new("arn:aws:logs:eu-west-1:000000000000:log-group:g")})
	refused(t, "ResourceNotFoundException", "The specified log group does not exist.")(nil, err)
}

func TestStartLiveTail(t *testing.T) {
	e := serve(t, apilogs.Options{TailEvery: time.Millisecond, SessionID: func() string { return "session-1" }})
	e.group(t, "g")
	e.stream(t, "g", "web/a")
	e.stream(t, "g", "job")
	arn := "arn:aws:logs:us-east-1:000000000000:log-group:g"
	out := ok[*cloudwatchlogs.StartLiveTailOutput](t)(e.StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{
		LogGroupIdentifiers: []string{arn}, LogStreamNamePrefixes: []string{"web/"}, LogEventFilterPattern: new("error"),
	}))
	stream := out.GetStream()
	defer stream.Close()
	start, isStart := (<-stream.Events()).(*types.StartLiveTailResponseStreamMemberSessionStart)
	if !isStart || *start.Value.SessionId != "session-1" || start.Value.LogGroupIdentifiers[0] != arn || aws.ToString(start.Value.RequestId) == "" {
		t.Fatalf("%+v", start)
	}
	e.put(t, "g", "job", event(0, "error of another"))
	e.put(t, "g", "web/a", event(0, "fine"), event(1e9, "error 1"), event(2e9, "error 2"))
	var got []types.LiveTailSessionLogEvent
	for len(got) < 2 {
		update, isUpdate := (<-stream.Events()).(*types.StartLiveTailResponseStreamMemberSessionUpdate)
		if !isUpdate || update.Value.SessionMetadata.Sampled {
			t.Fatalf("%+v, %v", update, stream.Err())
		}
		got = append(got, update.Value.SessionResults...)
	}
	want := []types.LiveTailSessionLogEvent{
		{LogGroupIdentifier: new("000000000000:g"), LogStreamName: new("web/a"), Message: new("error 1"), Timestamp: new(begin.UnixMilli() + 1000), IngestionTime: new(begin.UnixMilli())},
		{LogGroupIdentifier: new("000000000000:g"), LogStreamName: new("web/a"), Message: new("error 2"), Timestamp: new(begin.UnixMilli() + 2000), IngestionTime: new(begin.UnixMilli())},
	}
	if d := cmp.Diff(want, got, unexported); d != "" {
		t.Fatal(d)
	}
	_, err := e.StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{"none"}})
	refused(t, "ResourceNotFoundException", "The specified log group does not exist.")(nil, err)
	_, err = e.StartLiveTail(t.Context(), &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{arn, "g"}, LogStreamNames: []string{"x"}})
	refused(t, "InvalidParameterException", "logStreamNames and logStreamNamePrefixes can be specified with one log group only.")(nil, err)
}

func TestLiveTailEnds(t *testing.T) {
	e := serve(t, apilogs.Options{TailEvery: time.Millisecond, TailFor: 5 * time.Millisecond})
	e.group(t, "g")
	out := ok[*cloudwatchlogs.StartLiveTailOutput](t)(e.StartLiveTail(context.WithoutCancel(t.Context()), &cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{"g"}}))
	stream := out.GetStream()
	defer stream.Close()
	for range stream.Events() {
	}
	var timeout *types.SessionTimeoutException
	if err := stream.Err(); !errors.As(err, &timeout) {
		t.Fatal(err)
	}
}
