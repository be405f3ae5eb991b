package agent

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/agent/step"
)

// submitTimeout is how long one report may take before it is tried again.
const submitTimeout = 20 * time.Second

// The longest texts that are reported.
// Source: specs/agent-protocol.md section 1.
const (
	maxReason    = 1024
	maxRuntimeID = 255
)

// Submit reports a task's state (SubmitTaskStateChange).
func (a *Agent) Submit(ctx context.Context, task string, r step.Report) error {
	ctx, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	in := &ecs.SubmitTaskStateChangeInput{
		Cluster: aws.String(a.options.Instance.Cluster), Task: aws.String(task),
		PullStartedAt: instant(r.PullStartedAt), PullStoppedAt: instant(r.PullStoppedAt),
		ExecutionStoppedAt: instant(r.ExecutionStopped),
	}
	if r.Status != "" { // else it is about the attachments alone
		in.Status = aws.String(r.Status)
	}
	for _, arn := range r.Attachments {
		in.Attachments = append(in.Attachments, types.AttachmentStateChange{AttachmentArn: aws.String(arn), Status: aws.String("ATTACHED")})
	}
	if r.Reason != "" {
		in.Reason = aws.String(clip(r.Reason, maxReason))
	}
	for _, c := range r.Containers {
		in.Containers = append(in.Containers, containerChange(c))
	}
	_, err := a.api.SubmitTaskStateChange(ctx, in)
	var api smithy.APIError
	if errors.As(err, &api) && (api.ErrorCode() == "InvalidParameterException" || api.ErrorCode() == "ClientException") {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}

func containerChange(c step.ContainerReport) types.ContainerStateChange {
	out := types.ContainerStateChange{ContainerName: aws.String(c.Name), Status: aws.String(c.Status), ExitCode: c.ExitCode}
	set := func(at **string, s string, limit int) {
		if s != "" {
			*at = aws.String(clip(s, limit))
		}
	}
	set(&out.RuntimeId, c.RuntimeID, maxRuntimeID)
	set(&out.Reason, c.Reason, maxReason)
	set(&out.ImageDigest, c.Digest, maxReason)
	for _, b := range c.Bindings {
		shown := types.NetworkBinding{BindIP: aws.String(b.BindIP), Protocol: types.TransportProtocol(b.Protocol)}
		if b.ContainerPortRange != "" {
			shown.ContainerPortRange, shown.HostPortRange = aws.String(b.ContainerPortRange), aws.String(b.HostPortRange)
		} else {
			shown.ContainerPort, shown.HostPort = aws.Int32(int32(b.ContainerPort)), aws.Int32(int32(b.HostPort))
		}
		out.NetworkBindings = append(out.NetworkBindings, shown)
	}
	return out
}

// clip cuts a text to at most limit bytes, between characters.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
