// Package upkeep does from time to time what nobody asks the registry for: it
// evaluates lifecycle policies and removes blobs that nothing needs any more.
// It decides when, and nothing else.
package upkeep

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/registry/blob"
)

// How often there is a round unless Options say otherwise, and in how many of
// them blobs are collected.
const (
	DefaultEvery = 10 * time.Minute
	collectEach  = 6
)

// Expirer evaluates lifecycle policies that are due; *stored.Metadata is one.
type Expirer interface {
	Expire(ctx context.Context, now time.Time) (int, error)
}

// Collector removes what no image needs; *registry.Registry is one.
type Collector interface {
	Collect(ctx context.Context, now time.Time) (blob.Collected, error)
}

// Options are an Upkeep's settings; the zero value is usable.
type Options struct {
	Every  time.Duration // between rounds; 0: DefaultEvery
	Logger *slog.Logger  // of what was done and what failed; nil: none
}

// Upkeep is a registry's upkeep.
type Upkeep struct {
	expirer   Expirer
	collector Collector
	options   Options
}

// New returns the upkeep of a registry.
func New(expirer Expirer, collector Collector, options Options) *Upkeep {
	if options.Every == 0 {
		options.Every = DefaultEvery
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &Upkeep{expirer, collector, options}
}

// Run does a round every now and then until ctx is done. What fails is tried
// again in a later round.
func (u *Upkeep) Run(ctx context.Context) error {
	ticker := time.NewTicker(u.options.Every)
	defer ticker.Stop()
	for round := 1; ; round++ {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			if err := u.round(ctx, round, now); err != nil && ctx.Err() == nil {
				u.options.Logger.Warn("registry: upkeep failed", "error", err)
			}
		}
	}
}

// round expires images, and in every collectEach-th round collects blobs.
func (u *Upkeep) round(ctx context.Context, round int, now time.Time) error {
	gone, err := u.expirer.Expire(ctx, now)
	if gone > 0 {
		u.options.Logger.Info("registry: lifecycle policies expired images", "images", gone)
	}
	if err != nil {
		err = fmt.Errorf("evaluate lifecycle policies: %w", err)
	}
	if round%collectEach != 0 || err != nil {
		return err
	}
	done, err := u.collector.Collect(ctx, now)
	if done.Blobs > 0 {
		u.options.Logger.Info("registry: removed blobs that nothing needs", "blobs", done.Blobs, "bytes", done.Bytes)
	}
	return err
}
