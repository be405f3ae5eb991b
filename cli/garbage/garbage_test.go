package garbage

import (
	"context"
	"runtime/debug"
	"testing"
)

func TestPercent(t *testing.T) {
	const mib, gib = 1 << 20, 1 << 30
	for _, c := range []struct {
		living, memory uint64
		want           int
	}{
		{12 * mib, 24 * gib, 100},    // an idle server
		{100 * mib, 24 * gib, 100},   // a flood of large requests
		{300 * mib, 24 * gib, 200},   // garbage of 600 MiB is nothing there
		{300 * mib, 1600 * mib, 125}, // a small machine
		{300 * mib, 512 * mib, 100},
		{3 * gib, 24 * gib, 200}, // a million tasks
		{20 * gib, 24 * gib, 100},
		{100 * mib, 0, 100},
	} {
		if got := percent(c.living, c.memory); got != c.want {
			t.Errorf("%d MiB of %d MiB live: %d %%, want %d %%", c.living/mib, c.memory/mib, got, c.want)
		}
	}
}

func TestAvailable(t *testing.T) {
	if n := available(); n < 64<<20 {
		t.Errorf("%d bytes of memory", n)
	}
	if n := limit("/sys/fs/cgroup", "/no/such/group", "no.such.file"); n != ^uint64(0) {
		t.Errorf("a limit of %d bytes where there is none", n)
	}
}

// TestRunLeavesNothing: once it ends the collector runs as it did.
func TestRunLeavesNothing(t *testing.T) {
	before := debug.SetGCPercent(-1)
	debug.SetGCPercent(before)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	Run(ctx)
	if after := debug.SetGCPercent(before); after != before {
		t.Errorf("the collector runs at %d %% after, %d %% before", after, before)
	}
}

// TestFillLeavesNothing: once it ends the collector runs as it did.
func TestFillLeavesNothing(t *testing.T) {
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(-1)
	debug.SetGCPercent(percent)
	filled := Fill()
	if now := debug.SetMemoryLimit(-1); now > limit || now <= 0 {
		t.Errorf("a limit of %d bytes while the heap is filled", now)
	}
	filled()
	after, limited := debug.SetGCPercent(percent), debug.SetMemoryLimit(-1)
	if after != percent || limited != limit {
		t.Errorf("the collector runs at %d %% up to %d bytes after, %d %% up to %d before", after, limited, percent, limit)
	}
}
