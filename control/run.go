package control

import (
	"context"
	"time"
)

// Run drives the loop until ctx ends or this process no longer leads, and
// returns why. It closes the loop.
func (l *Loop) Run(ctx context.Context) error {
	defer l.Close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next, err := l.Step(ctx, l.opts.Now())
		if err != nil {
			return err
		}
		timer.Reset(max(next.Sub(l.opts.Now()), 0))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.Changed():
		case <-timer.C:
		}
	}
}
