package garbage

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestAhead(t *testing.T) {
	const mib, gib = 1 << 20, 1 << 30
	for _, c := range []struct {
		what   string
		h      heap
		memory uint64
		want   uint64
	}{
		{"a small server", heap{living: 100 * mib, goal: 200 * mib, mapped: 200 * mib}, 24 * gib, 0},
		{"one that has become large", heap{living: 256 * mib, goal: 768 * mib, mapped: 800 * mib, idle: 10 * mib}, 24 * gib, 2 * gib},
		{"one that has room", heap{living: 256 * mib, goal: 768 * mib, mapped: 4 * gib, idle: 3 * gib}, 24 * gib, 0},
		{"a small machine", heap{living: 256 * mib, goal: 512 * mib, mapped: 512 * mib}, 3 * gib, 512 * mib},
		{"a smaller one", heap{living: 256 * mib, goal: 512 * mib, mapped: 512 * mib}, 1 * gib, 0},
		{"one that is nearly full", heap{living: 256 * mib, goal: 700 * mib, mapped: 800 * mib}, 2 * gib, 0},
		{"little more than is idle", heap{living: 1 * gib, goal: 3 * gib, mapped: 3 * gib, idle: 2 * gib}, 15 * gib, 0},
		{"nothing known of the memory", heap{living: 1 * gib, goal: 3 * gib, mapped: 3 * gib}, 0, 0},
	} {
		if got := ahead(c.h, c.memory); got != c.want {
			t.Errorf("%s: %d MiB, want %d MiB", c.what, got/mib, c.want/mib)
		}
	}
}

func TestLeftToProgram(t *testing.T) {
	for _, c := range []struct {
		enabled, overcommit string
		want                bool
	}{
		{"always [madvise] never\n", "0\n", true},
		{"always [madvise] never\n", "1\n", true},
		{"always [madvise] never\n", "2\n", false},
		{"[always] madvise never\n", "0\n", false},
		{"always madvise [never]\n", "0\n", false},
		{"", "0\n", false},
	} {
		got := leftToProgram(func(path string) ([]byte, error) {
			switch {
			case strings.HasSuffix(path, "/overcommit_memory"):
				return []byte(c.overcommit), nil
			case c.enabled != "":
				return []byte(c.enabled), nil
			}
			return nil, errors.ErrUnsupported
		})
		if got != c.want {
			t.Errorf("%q, overcommit %q: %t", c.enabled, c.overcommit, got)
		}
	}
}

// TestSwitch: nobody is given huge pages who did not ask for them.
func TestSwitch(t *testing.T) {
	for _, value := range []string{"", "0", "on"} {
		t.Setenv(Switch, value)
		if p := newPages(1 << 40); p != (pages{}) {
			t.Errorf("%s=%q maps %d bytes ahead", Switch, value, p.memory)
		}
	}
	if n := ahead(heap{living: 1 << 33, goal: 1 << 34, mapped: 1 << 33}, pages{}.memory); n != 0 {
		t.Errorf("%d bytes are mapped ahead without", n)
	}
}

// TestMapAhead: what is mapped ahead takes no memory, and is there for the
// heap afterwards.
func TestMapAhead(t *testing.T) {
	if !unlimited() {
		t.Skip("this process may not map as much as it likes, and the runtime would end it")
	}
	const used = 64 << 20
	before, resident := look(), residentPages(t)
	n := before.idle + small // it goes where nothing was before
	percent := debug.SetGCPercent(100)
	p := pages{memory: mappedShare * (before.mapped + n)}
	p.grow(heap{living: n, goal: before.mapped + n, mapped: before.mapped, idle: before.idle}, 100)
	after := look()
	if after.mapped < before.mapped+n*9/10 {
		t.Errorf("%d MiB are mapped, %d before", after.mapped>>20, before.mapped>>20)
	}
	if after.objects > before.objects+n/2 {
		t.Errorf("objects of %d MiB, before %d MiB: it was not collected", after.objects>>20, before.objects>>20)
	}
	// The runtime notes for each page of 8 KiB whom it belongs to.
	if now := residentPages(t); now > resident+n/8/uint64(os.Getpagesize()) {
		t.Errorf("%d pages are resident, %d before", now, resident)
	}
	if now := debug.SetGCPercent(percent); now != 100 {
		t.Errorf("the collector runs at %d %% afterwards", now)
	}
	kept := make([]byte, used)
	for i := 0; i < used; i += os.Getpagesize() {
		kept[i] = 1
	}
	if again := look(); again.mapped > after.mapped+used/2 {
		t.Errorf("%d MiB are mapped with an object of %d, %d before", again.mapped>>20, used>>20, after.mapped>>20)
	}
	runtime.KeepAlive(kept)
}

func residentPages(t *testing.T) (n uint64) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	for _, digit := range fields[1] {
		n = n*10 + uint64(digit-'0')
	}
	return n
}
