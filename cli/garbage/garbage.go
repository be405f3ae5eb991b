// Package garbage decides how much garbage this process may keep before the
// collector runs.
//
// Collecting costs as much as there is that lives, so a control plane with a
// million tasks spends a third of its time on it when the collector runs each
// time the heap has doubled, as Go does by itself. A process whose heap is
// large, on a machine that has room, lets the heap grow further: garbage may
// take up to a quarter of the memory that the process can have. A small heap
// is left as it is, because nothing is to be gained there.
//
// It also asks for huge pages, where that is wanted (Switch).
package garbage

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"time"
)

// The percentages of the living heap that garbage may reach, and what a heap
// has to be for more than the least.
const (
	least   = 100 // Go's own
	most    = 200
	filling = 400
	small   = 256 << 20
	// How often the heap is looked at: a look takes a few microseconds.
	interval     = time.Second
	fillInterval = 20 * time.Millisecond
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
	memory, before := available(), debug.SetMemoryLimit(-1)
	if half := int64(memory / 2); half > 0 && half < before {
		debug.SetMemoryLimit(half)
	}
	percent := debug.SetGCPercent(filling)
	ended, grown := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(grown)
		growUntil(ended, newPages(min(memory, uint64(before))))
	}()
	return func() {
		close(ended)
		<-grown
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(before)
	}
}

// growUntil maps memory ahead while a heap is filled, until ended is closed.
func growUntil(ended <-chan struct{}, p pages) {
	if p == (pages{}) {
		return
	}
	tick := time.NewTicker(fillInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			h := look()
			h.living = h.objects // most of it stays, and the next collection may be far
			p.grow(h, filling)
		case <-ended:
			return
		}
	}
}

// Run sets the collector's percentage as the heap grows and shrinks, and maps
// memory ahead of it, until ctx ends. GOGC in the environment is left to hold,
// and the heap to itself then; GOMEMLIMIT bounds the heap in any case.
func Run(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	memory := available()
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		memory = min(memory, uint64(limit))
	}
	pages := newPages(memory)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	defer debug.SetGCPercent(debug.SetGCPercent(least))
	now := least
	for {
		h := look()
		if want := percent(h.living, memory); want != now {
			debug.SetGCPercent(want)
			now = want
		}
		pages.grow(h, now)
		select {
		case <-tick.C:
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
