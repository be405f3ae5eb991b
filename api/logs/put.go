package logs

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/telemetry/logs"
)

// The limits of a batch. Source: API reference, PutLogEvents.
const (
	maxBatchEvents = 10_000
	maxBatchBytes  = 1 << 20
	maxBatchSpan   = 24 * time.Hour
	tooOldAfter    = 14 * 24 * time.Hour
	tooNewAfter    = 2 * time.Hour
)

// PutLogEvents adds a batch of events to a stream. The sequence token is
// taken and not looked at, as AWS does. Events that are too old, too new or
// expired are left out and reported.
func (d *frontDoor) PutLogEvents(ctx context.Context, in *cloudwatchlogs.PutLogEventsInput) (*cloudwatchlogs.PutLogEventsOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in); err != nil {
		return nil, err
	}
	group, err := d.store.Group(s.account, *in.LogGroupName)
	if err != nil {
		return nil, failure(err)
	}
	from, to, rejected := accept(in.LogEvents, d.opts.Now(), group.RetentionDays)
	events := make([]logs.InputEvent, 0, to-from)
	for _, e := range in.LogEvents[from:to] {
		events = append(events, logs.InputEvent{Timestamp: *e.Timestamp, Message: *e.Message})
	}
	if err := d.store.Append(ctx, s.account, *in.LogGroupName, *in.LogStreamName, events); err != nil {
		return nil, failure(err)
	}
	out := &cloudwatchlogs.PutLogEventsOutput{RejectedLogEventsInfo: rejected}
	if in.Entity != nil { // there are no entities yet: the events count, the entity does not
		out.RejectedEntityInfo = &types.RejectedEntityInfo{ErrorType: types.EntityRejectionErrorTypeUnsupportedLogGroupType}
	}
	if st, err := d.store.Stream(s.account, *in.LogGroupName, *in.LogStreamName); err == nil {
		out.NextSequenceToken = sequenceToken(&st)
	}
	return out, nil
}

// checkBatch checks what does not depend on anything stored.
func checkBatch(in *cloudwatchlogs.PutLogEventsInput) error {
	var v violations
	v.required("logGroupName", in.LogGroupName, groupName)
	v.required("logStreamName", in.LogStreamName, streamName)
	v.optional("sequenceToken", in.SequenceToken, tokenText)
	if in.LogEvents == nil {
		v.missing("logEvents")
	} else {
		v.length("logEvents", len(in.LogEvents), 1, maxBatchEvents)
	}
	for i := range in.LogEvents {
		checkEvent(&v, i, &in.LogEvents[i])
	}
	if err := v.err(); err != nil {
		return err
	}
	size := 0
	for i, e := range in.LogEvents {
		n := len(*e.Message) + logs.EventOverhead
		if n > maxBatchBytes {
			return invalid("Log event too large: %d bytes exceeds limit of %d", n, maxBatchBytes)
		}
		size += n
		if i > 0 && *e.Timestamp < *in.LogEvents[i-1].Timestamp {
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if size > maxBatchBytes {
		return invalid("Upload too large: %d bytes exceeds limit of %d", size, maxBatchBytes)
	}
	if span := *in.LogEvents[len(in.LogEvents)-1].Timestamp - *in.LogEvents[0].Timestamp; span > maxBatchSpan.Milliseconds() {
		return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

// checkEvent is written for speed: it words nothing unless something is wrong.
func checkEvent(v *violations, i int, e *types.InputLogEvent) {
	if e.Timestamp != nil && *e.Timestamp >= 0 && e.Message != nil && *e.Message != "" {
		return
	}
	member := fmt.Sprintf("logEvents.%d.member.", i+1)
	v.required(member+"message", e.Message, text{min: 1})
	if e.Timestamp == nil {
		v.missing(member + "timestamp")
	}
	v.time(member+"timestamp", e.Timestamp)
}

// accept says which events of a batch in order of time are stored, and reports
// the others; nil when there are none.
func accept(events []types.InputLogEvent, now time.Time, retention int32) (from, to int, info *types.RejectedLogEventsInfo) {
	old := now.Add(-tooOldAfter).UnixMilli()
	expired := int64(0)
	if retention > 0 {
		expired = now.Add(-time.Duration(retention) * 24 * time.Hour).UnixMilli()
	}
	tooNew := now.Add(tooNewAfter).UnixMilli()
	tooOldEnd, expiredEnd, newStart := 0, 0, len(events)
	for i, e := range events {
		switch ts := *e.Timestamp; {
		case ts < expired:
			expiredEnd = i + 1
		case ts < old:
			tooOldEnd = i + 1
		case ts > tooNew:
			newStart = min(newStart, i)
		}
	}
	from, to = max(tooOldEnd, expiredEnd), newStart
	if from == 0 && to == len(events) {
		return from, to, nil
	}
	info = &types.RejectedLogEventsInfo{}
	if expiredEnd > 0 {
		info.ExpiredLogEventEndIndex = new(int32(expiredEnd))
	}
	if tooOldEnd > 0 {
		info.TooOldLogEventEndIndex = new(int32(tooOldEnd))
	}
	if newStart < len(events) {
		info.TooNewLogEventStartIndex = new(int32(newStart))
	}
	return from, to, info
}
