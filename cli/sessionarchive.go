package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/dispatch/exec"
	"github.com/roadstead/roadstead/telemetry/logs"
)

// sessionArchive keeps the records of sessions among the logs.
type sessionArchive struct{ events *logs.Store }

// Begin implements exec.Archive. The group must be there: nobody would look for
// one that a session has made.
func (a sessionArchive) Begin(ctx context.Context, r exec.Record) error {
	if err := a.events.CreateStream(ctx, r.Account, r.Group, r.Stream); err != nil {
		return fmt.Errorf("log group %s: %w", r.Group, err)
	}
	return nil
}

// Append implements exec.Archive.
func (a sessionArchive) Append(ctx context.Context, r exec.Record, lines []exec.Line) error {
	events := make([]logs.InputEvent, 0, len(lines))
	for _, l := range lines {
		events = append(events, logs.InputEvent{Timestamp: l.At.UnixMilli(), Message: l.Text})
	}
	err := a.events.Append(ctx, r.Account, r.Group, r.Stream, events)
	if errors.Is(err, logs.ErrGroupNotFound) || errors.Is(err, logs.ErrStreamNotFound) {
		return fmt.Errorf("log group %s, stream %s: %w", r.Group, r.Stream, err)
	}
	return err
}
