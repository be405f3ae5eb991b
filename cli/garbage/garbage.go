// Package garbage decides how much garbage this process may keep before the
// collector runs.
//
// Collecting costs as much as there is that lives, so a control plane with a
// million tasks spends a third of its time on it when the collector runs each
// time the heap has doubled, as Go does by itself. A process whose heap is
// large, on a machine that has room, lets the heap grow further: garbage may
// take up to a quarter of the memory that the process can have. A small heap
// is left as it is, because nothing is to be gained there.
package garbage

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The percentages of the living heap that garbage may reach, and what a heap
// has to be for more than the least.
const (
	least    = 100 // Go's own
	most     = 200
	filling  = 400
	small    = 256 << 20
	interval = 5 * time.Second
	// share of the memory that garbage may take.
	share = 4
)

// Fill is for the time in which a heap is filled with what stays: collecting
// finds little then, and each collection walks over all that is there. Garbage
// may be several times the living heap, up to half of the memory that the
// process can have. The function that it returns ends it.
func Fill() (filled func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetMemoryLimit(-1)
	if half := int64(available() / 2); half > 0 && half < before {
		debug.SetMemoryLimit(half)
	}
	percent := debug.SetGCPercent(filling)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(before)
	}
}

// Run sets the collector's percentage as the heap grows and shrinks, until ctx
// ends. GOGC in the environment is left to hold; GOMEMLIMIT bounds the heap in
// any case.
func Run(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	memory := available()
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		memory = min(memory, uint64(limit))
	}
	look := time.NewTicker(interval)
	defer look.Stop()
	defer debug.SetGCPercent(debug.SetGCPercent(least))
	now := least
	for {
		if want := percent(living(), memory); want != now {
			debug.SetGCPercent(want)
			now = want
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// percent is how much garbage, as a percentage of the living heap, a process
// of that much memory may have; both are bytes.
func percent(living, memory uint64) int {
	if living < small {
		return least
	}
	steps := memory / share * 100 / living / 25 // in steps, so that it seldom changes
	return int(min(max(steps*25, least), most))
}

func living() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
