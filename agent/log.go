package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/step"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// asExecutionRole is what the payload says of a log that is written as the
// task's execution role. Source: specs/agent-protocol.md section 2.1.
const asExecutionRole = "ExecutionRole"

// logOf says where a container's output goes.
func (n *Node) logOf(t acs.Task, name, id string) Log {
	spec := containerOf(t, name)
	out := Log{Container: id, Subject: LogSubject{ID: id, Name: id, Image: spec.Image}}
	if config, err := configOf(spec); err == nil {
		out.Subject.Labels = metadataLabels(t, name, config)
	}
	out.Driver, out.Options = logConfig(spec)
	n.routerLog(t, &out, name)
	if spec.LogsAuthStrategy == asExecutionRole && n.options.Execution != nil && t.ExecutionRoleCredentials != nil {
		out.As = func() (acs.Credentials, bool) {
			now, cancel := context.WithCancel(context.Background())
			cancel() // those that are not here are not waited for
			c, err := n.options.Execution(now, t)
			return c, err == nil
		}
	}
	return out
}

func (n *Node) openLog(ctx context.Context, t acs.Task, log Log) (LogFile, error) {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	if log.As != nil {
		if _, err := n.options.Execution(ctx, t); err != nil {
			return LogFile{}, fmt.Errorf("failed to initialize logging driver: %w", err)
		}
	}
	return n.edges.Logs.Open(ctx, log)
}

// logFailure words a log that cannot be opened as ECS does: on Fargate it is
// found out before the container is made.
// Source: ECS developer guide, "ResourceInitializationError".
func logFailure(t acs.Task, err error) step.Failure {
	err = logError(err)
	if !onFargate(t) {
		return failure("CannotStartContainerError", err)
	}
	before, after, made := strings.Cut(err.Error(), "failed to initialize logging driver: ")
	if made {
		err = errors.New(before + after)
	}
	switch {
	case strings.Contains(err.Error(), "Cloudwatch log stream"):
		err = fmt.Errorf("create stream has been retried 1 times: %w: exit status 1", err)
	case strings.Contains(err.Error(), "Cloudwatch log group"):
		err = fmt.Errorf("create group has been retried 1 times: %w: exit status 1", err)
	}
	return failure("ResourceInitializationError: failed to validate logger args", err)
}

// logError words what the API said of a log as Docker's driver does: the code
// and the message, without how they travelled.
func logError(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	before, _, _ := strings.Cut(err.Error(), "operation error ")
	return fmt.Errorf("%s%s: %s", before, api.ErrorCode(), api.ErrorMessage())
}

// logConfig returns the log driver of a container and its options. Docker's
// own default is json-file.
func logConfig(c acs.Container) (driver string, options map[string]string) {
	h, err := hostConfigOf(c)
	if err != nil || h.LogConfig == nil || h.LogConfig.Type == "" {
		return "json-file", nil
	}
	return h.LogConfig.Type, h.LogConfig.Config
}
