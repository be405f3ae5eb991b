package upkeep

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/registry/blob"
)

// chores counts what was asked of it.
type chores struct {
	expired, collected int
	fails              error
}

func (c *chores) Expire(context.Context, time.Time) (int, error) {
	c.expired++
	return 1, c.fails
}

func (c *chores) Collect(context.Context, time.Time) (blob.Collected, error) {
	c.collected++
	return blob.Collected{Blobs: 1}, nil
}

func TestRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chores{}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour+time.Minute)
		defer cancel()
		if err := New(c, c, Options{}).Run(ctx); err != nil {
			t.Error(err)
		}
		if c.expired != 12 || c.collected != 2 {
			t.Errorf("in two hours %d evaluations and %d collections", c.expired, c.collected)
		}
	})
}

// TestFailures: what fails is tried again, and nothing is collected by a
// round that knows not what is wanted.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &chores{fails: errors.New("disk on fire")}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour+time.Minute)
		defer cancel()
		if err := New(c, c, Options{}).Run(ctx); err != nil {
			t.Error(err)
		}
		if c.expired != 6 || c.collected != 0 {
			t.Errorf("in an hour %d evaluations and %d collections", c.expired, c.collected)
		}
	})
}
