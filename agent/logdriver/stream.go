package logdriver

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// Limits of one PutLogEvents.
// Source: CloudWatch Logs API reference, PutLogEvents.
const (
	maxBatchEvents = 10_000
	maxBatchBytes  = 1 << 20
	eventOverhead  = 26
)

// stream ships to one stream of CloudWatch Logs.
type stream struct {
	api           API
	group, stream string
	createGroup   bool
	options       Options
}

func newStream(api API, container string, o map[string]string, options Options) (*stream, error) {
	s := &stream{api: api, group: o["awslogs-group"], stream: o["awslogs-stream"],
		createGroup: o["awslogs-create-group"] == "true", options: options}
	if s.group == "" {
		return nil, errors.New("failed to initialize logging driver: must specify a value for log opt 'awslogs-group'")
	}
	if s.stream == "" {
		s.stream = container
	}
	return s, nil
}

// prepare makes the stream, and the group if that was asked for.
func (s *stream) prepare(ctx context.Context) error {
	err := s.makeStream(ctx)
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) && s.createGroup {
		_, err = s.api.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(s.group)})
		if err == nil || exists(err) {
			err = s.makeStream(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("failed to initialize logging driver: failed to create Cloudwatch log stream: %w", err)
	}
	return nil
}

func (s *stream) makeStream(ctx context.Context) error {
	_, err := s.api.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{
		LogGroupName: aws.String(s.group), LogStreamName: aws.String(s.stream)})
	if exists(err) {
		return nil
	}
	return err
}

func exists(err error) bool {
	var e *types.ResourceAlreadyExistsException
	return errors.As(err, &e)
}

// ship puts the lines in as few batches as the limits allow. A stream that
// somebody deleted meanwhile takes nothing any more: its lines are dropped.
func (s *stream) ship(ctx context.Context, lines []line) error {
	for len(lines) > 0 {
		n, bytes := 0, 0
		for n < len(lines) && n < maxBatchEvents && bytes+len(lines[n].text)+eventOverhead <= maxBatchBytes {
			bytes += len(lines[n].text) + eventOverhead
			n++
		}
		events := make([]types.InputLogEvent, n)
		for i, l := range lines[:n] {
			events[i] = types.InputLogEvent{Message: aws.String(l.text), Timestamp: aws.Int64(l.at.UnixMilli())}
		}
		_, err := s.api.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: aws.String(s.group), LogStreamName: aws.String(s.stream), LogEvents: events})
		var missing *types.ResourceNotFoundException
		switch {
		case errors.As(err, &missing):
			s.options.Logger.Warn("log group or stream was deleted; output is dropped", "group", s.group, "stream", s.stream)
		case err != nil:
			return err
		}
		lines = lines[n:]
	}
	return nil
}

func (s *stream) consumed(f *os.File, place int64) error { return punch(f, place) }
