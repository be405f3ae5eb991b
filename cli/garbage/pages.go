package garbage

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Switch names the variable of the environment that asks for huge pages when
// it is 1. Without it the heap is as Go's runtime maps it.
//
// A large heap waits for memory: collections, trees and maps look at places
// far from each other, and each look walks the page tables first. Pages of
// 2 MiB instead of 4 KiB shorten that walk, and a heap that grows takes a
// five-hundredth of the faults. Where the machine leaves them to whoever asks
// (transparent huge pages: madvise), the runtime does not ask for its heap.
//
// They are for machines whose memory is their own. Below a virtual machine it
// may be in small pages all the same, which come as they are touched: a huge
// page is touched at once, as a whole, and mostly where nothing was lately.
// docs/BENCHMARKS.md says what that took on one.
//
// What is mapped can be advised only before it is touched, or else is copied
// at greater cost than it saves, and the runtime maps four megabytes at a time
// and touches them at once. So memory is mapped ahead: one large object, which
// is advised, never touched, and collected at once, leaves its pages behind
// for the heap to grow into. Pages that nobody touches take no memory.
const Switch = "ROADSTEAD_HUGE_PAGES"

const (
	// times is how often the living heap is mapped ahead: it doubles before
	// there is a next time, and garbage is several times what lives.
	times = 8
	// Of the memory that the process can have, all that is mapped for the heap
	// may take a third, so that even a heap of which every page was touched
	// once, and that was given back in parts, leaves room for the rest, and
	// what is mapped is no reason for the collector to hurry.
	mappedShare = 3
)

// heap is what the collector knows of the heap, in bytes.
type heap struct {
	living  uint64 // found by the last collection
	goal    uint64 // at which the next one ends
	objects uint64 // that live, or were not collected yet
	mapped  uint64 // in use, idle, or given back
	idle    uint64 // of that: in use for nothing
}

// ahead returns how many bytes are to be mapped for a heap to grow into, of a
// process that can have so much memory; 0 is none. It is more than is idle,
// because the runtime would find idle memory for less.
func ahead(h heap, memory uint64) uint64 {
	if h.living < small || h.goal <= h.mapped-h.mapped/5 || memory/mappedShare <= h.mapped {
		return 0
	}
	n := min(times*h.living, memory/mappedShare-h.mapped)
	if n < small || n <= h.idle {
		return 0
	}
	return n
}

// pages asks for huge pages as the heap grows. The zero pages asks for none.
type pages struct{ memory uint64 }

// newPages returns the pages of a process that can have so much memory, which
// ask for nothing where that is not wanted, of no use or not safe.
func newPages(memory uint64) pages {
	if os.Getenv(Switch) != "1" || !leftToProgram(os.ReadFile) || !unlimited() {
		return pages{}
	}
	return pages{memory}
}

// leftToProgram reports whether the machine gives huge pages to whoever asks,
// and only to them, and does not count all that is mapped as if it were used.
func leftToProgram(read func(path string) ([]byte, error)) bool {
	enabled, err := read("/sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil || !strings.Contains(string(enabled), "[madvise]") {
		return false
	}
	const never = "2" // overcommit
	overcommit, err := read("/proc/sys/vm/overcommit_memory")
	return err == nil && strings.TrimSpace(string(overcommit)) != never
}

// unlimited reports whether the process may map as much as it likes: the
// runtime ends a process that may not.
func unlimited() bool {
	return !slices.ContainsFunc([]int{unix.RLIMIT_AS, unix.RLIMIT_DATA}, func(resource int) bool {
		var limit unix.Rlimit
		return unix.Getrlimit(resource, &limit) != nil || limit.Cur != unix.RLIM_INFINITY
	})
}

// grow maps memory ahead if h needs it. The collector runs at percent, and
// does so again afterwards.
func (p pages) grow(h heap, percent int) {
	n := ahead(h, p.memory)
	if n == 0 {
		return
	}
	// What is mapped counts as allocated until it is collected: the others are
	// not to be held up until then as if the heap had outgrown its goal.
	defer debug.SetGCPercent(debug.SetGCPercent(percent + int(n*100/max(h.living, 1)) + 1))
	mapAhead(n)
	runtime.GC()
}

// mapAhead leaves n bytes of memory to the heap, advised to be of huge pages.
// They begin with what is idle at the end of the heap. The runtime would clear
// all of a slice that begins where something was before; a builder of strings
// is the one thing that is made without.
func mapAhead(n uint64) {
	var room strings.Builder
	room.Grow(int(n))
	room.WriteByte(0)
	// It fails where the kernel has none, or the address is none of a page's
	// beginning; the memory is as good as any then.
	_ = unix.Madvise(unsafe.Slice(unsafe.StringData(room.String()), n), unix.MADV_HUGEPAGE)
	runtime.KeepAlive(&room)
}

// look returns the heap as it is.
func look() heap {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/goal:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	of := func(i int) uint64 { return samples[i].Value.Uint64() }
	return heap{living: of(0), goal: of(1), objects: of(2), mapped: of(2) + of(3) + of(4) + of(5), idle: of(4) + of(5)}
}
