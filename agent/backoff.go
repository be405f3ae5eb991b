package agent

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff waits longer each time, with an upper bound. The zero value is for
// the conversation with the control plane.
type backoff struct {
	first, last time.Duration // 0: firstWait, lastWait
	factor      float64       // 0: 1.5
	next        time.Duration
}

const (
	firstWait = 100 * time.Millisecond
	lastWait  = 10 * time.Second
	// jitter is how much of a wait is left to chance, so that the agents of a
	// fleet do not come back all at once.
	jitter = 0.2
)

// wait waits; false when ctx ended.
func (b *backoff) wait(ctx context.Context) bool {
	first, last, factor := b.first, b.last, b.factor
	if first == 0 {
		first, last = firstWait, lastWait
	}
	if factor == 0 {
		factor = 1.5
	}
	b.next = min(max(first, time.Duration(float64(b.next)*factor)), last)
	return sleep(ctx, time.Duration(float64(b.next)*(1-jitter*rand.Float64())))
}

func (b *backoff) reset() { b.next = 0 }

// sleep waits; false when ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
