package logdriver

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// callTimeout is how long one call of the API may take.
const callTimeout = 20 * time.Second

// stream ships to one stream of CloudWatch Logs.
type stream struct {
	api           API
	puts          chan struct{}
	group, stream string
	createGroup   bool
	options       Options
	warned        bool // that output is dropped
	// as gives the task's execution role, as which the stream is written to; nil
	// is the container instance itself.
	as atomic.Pointer[func() (acs.Credentials, bool)]
}

// follow lets the stream be written to as an execution role.
func (s *stream) follow(as func() (acs.Credentials, bool)) {
	if as != nil {
		s.as.Store(&as)
	}
}

// patience implements sink: the platform's own service comes back.
func (s *stream) patience() time.Duration { return 0 }

// pause implements sink.
func (s *stream) pause() time.Duration { return firstPause }

// close implements sink.
func (s *stream) close() {}

// signed is how a call is made: as the task's execution role where that is
// known, else as the container instance. After a restart the role's credentials
// come a little later than the first batch.
func (s *stream) signed() []func(*cloudwatchlogs.Options) {
	as := s.as.Load()
	if as == nil {
		return nil
	}
	c, ok := (*as)()
	if !ok {
		return nil
	}
	return []func(*cloudwatchlogs.Options){func(o *cloudwatchlogs.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, nil
		})
	}}
}

// newStream returns the stream that a valid configuration names.
func newStream(d *Driver, container string, c config) *stream {
	create, _ := c.createGroup() // it is valid
	s := &stream{api: d.api, puts: d.puts, options: d.options, createGroup: create,
		group: c.Options["awslogs-group"], stream: c.Options["awslogs-stream"]}
	if s.stream == "" {
		s.stream = container
	}
	return s
}

// prepare makes the stream, and the group if that was asked for.
func (s *stream) prepare(ctx context.Context) error {
	err := s.makeStream(ctx)
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) && s.createGroup {
		if err := s.makeGroup(ctx); err != nil {
			return fmt.Errorf("failed to initialize logging driver: failed to create Cloudwatch log group: %w", err)
		}
		err = s.makeStream(ctx)
	}
	if err != nil {
		return fmt.Errorf("failed to initialize logging driver: failed to create Cloudwatch log stream: %w", err)
	}
	return nil
}

func (s *stream) makeGroup(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.api.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(s.group)}, s.signed()...)
	return unlessExists(err)
}

func (s *stream) makeStream(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.api.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{
		LogGroupName: aws.String(s.group), LogStreamName: aws.String(s.stream)}, s.signed()...)
	return unlessExists(err)
}

func unlessExists(err error) error {
	var exists *types.ResourceAlreadyExistsException
	if errors.As(err, &exists) {
		return nil
	}
	return err
}

// ship implements sink. A stream that somebody deleted takes nothing any more,
// and what is not valid will never be: such lines are dropped.
func (s *stream) ship(ctx context.Context, lines []line) error {
	select {
	case s.puts <- struct{}{}:
		defer func() { <-s.puts }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	events := make([]types.InputLogEvent, len(lines))
	for i, l := range lines {
		events[i] = types.InputLogEvent{Message: aws.String(l.text), Timestamp: aws.Int64(l.at.UnixMilli())}
	}
	out, err := s.api.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: aws.String(s.group), LogStreamName: aws.String(s.stream), LogEvents: events}, s.signed()...)
	var missing *types.ResourceNotFoundException
	var invalid *types.InvalidParameterException
	switch {
	case errors.As(err, &missing) || errors.As(err, &invalid):
		s.warn("output is dropped: the logs service will not take it", "error", err)
		return nil
	case denied(err):
		return errors.Join(errRefused, err)
	case err != nil:
		return err
	}
	if out != nil && out.RejectedLogEventsInfo != nil {
		s.warn("output is dropped: the logs service did not take all of it")
	}
	return nil
}

// warn says once for each stream what goes wrong with every batch.
func (s *stream) warn(what string, more ...any) {
	if !s.warned {
		s.warned = true
		s.options.Logger.Warn(what, append([]any{"group", s.group, "stream", s.stream}, more...)...)
	}
}

// denied reports whether the caller lacks a permission.
func denied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "AccessDeniedException"
}
