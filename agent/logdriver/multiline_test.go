package logdriver

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/agent"
	"github.com/roadstead/roadstead/dispatch/acs"
)

const trace = "2026-11-21 first\n  at a\n\n  at b\n2026-11-22 second\n"

func TestEventsOfSeveralLines(t *testing.T) {
	for _, how := range [][2]string{{"awslogs-multiline-pattern", `^\d{4}-`}, {"awslogs-datetime-format", "%Y-%m-%d"}, {"awslogs-datetime-format", "%F "}} {
		r := newRig(t, newService("g"), Options{})
		path := r.start("c", how[0], how[1])
		write(t, path, "before any\nstart\n"+trace)
		eventually(t, "all but the last", func() bool { return len(r.events("c")) == 2 })
		r.finish("c")
		want := []string{"before any\nstart", "2026-11-21 first\n  at a\n\n  at b", "2026-11-22 second"}
		if got := r.events("c"); !slices.Equal(got, want) {
			t.Errorf("%v: %q", how, got)
		}
	}
}

// events returns the messages of a container's stream.
func (r *rig) events(id string) (out []string) {
	r.service.mu.Lock()
	defer r.service.mu.Unlock()
	return slices.Clone(r.service.streams["g/"+id])
}

// What is held back when the agent ends is put together by its next life.
func TestEventIsCompletedAfterARestart(t *testing.T) {
	r := newRig(t, newService("g"), Options{})
	path := r.start("c", "awslogs-multiline-pattern", "^begin")
	write(t, path, "begin 1\nbegin 2\n one")
	r.expect("c", "begin 1")
	r.close()
	write(t, path, " more\n two\nbegin 3\n")
	r.open()
	eventually(t, "the second", func() bool { return len(r.events("c")) == 2 })
	r.finish("c")
	if got := r.events("c"); !slices.Equal(got, []string{"begin 1", "begin 2\n one more\n two", "begin 3"}) {
		t.Errorf("%q", got)
	}
}

// An event whose next line does not come is shipped after a while, with the
// time when it began.
func TestHeldEventIsShippedInTime(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newService("g")
		s.streams["g/c"] = nil
		d, err := New(s, dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := d.newFollower("c", config{Driver: "awslogs", Options: map[string]string{"awslogs-group": "g", "awslogs-stream": "c", "awslogs-multiline-pattern": "^begin"}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		begun := time.Now()
		write(t, f.path, "begin\n one\n")
		go func() { defer close(done); f.run(ctx) }()
		<-time.After(holdEvent - time.Millisecond) // of the test's own clock
		synctest.Wait()
		if got := s.text("g/c"); got != "" {
			t.Errorf("shipped early: %q", got)
		}
		<-time.After(2 * time.Millisecond)
		synctest.Wait()
		if got := s.text("g/c"); got != "begin\n one" || s.lastAt["g/c"] != begun.UnixMilli() {
			t.Errorf("shipped: %q, %v after it began", got, s.lastAt["g/c"]-begun.UnixMilli())
		}
		cancel()
		<-done
	})
}

// However it is cut, no line is lost or repeated, and the limits hold.
func TestJoinLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"begin\n", "more\n", "\n", "x", strings.Repeat("y", maxEvent/2) + "\n", strings.Repeat("z\n", 12_000)})
		all := strings.Join(rapid.SliceOfN(piece, 0, 10).Draw(t, "pieces"), "")
		f := &follower{}
		f.start, _ = config{Options: map[string]string{"awslogs-multiline-pattern": "^begin"}}.eventStart()
		var got []string
		for rest := all; len(rest) > 0; {
			part := rest[:min(len(rest), chunk)]
			events, used := f.take([]byte(part), len(part) == len(rest), time.Unix(1, 0))
			if used == 0 {
				t.Fatalf("nothing is taken of %d bytes", len(part))
			}
			for i, e := range events {
				if len(e.text) > maxEvent || i > 0 && strings.Contains(e.text[1:], "\nbegin") {
					t.Fatalf("an event of %d bytes", len(e.text))
				}
				got = append(got, e.text)
			}
			rest, f.place = rest[used:], f.place+int64(used)
		}
		strip := func(s string) string { return strings.ReplaceAll(s, "\n", "") }
		if strip(strings.Join(got, "")) != strip(all) {
			t.Fatalf("%d bytes became %d", len(all), len(strings.Join(got, "")))
		}
	})
}

// A buffer that says how large it is holds no more than that.
func TestNamedBufferIsBounded(t *testing.T) {
	s := newService("g")
	r := newRig(t, s, Options{})
	path := r.start("c", "mode", "non-blocking", "max-buffer-size", "1m")
	s.set(func() { s.down = true })
	for range 8 {
		write(t, path, strings.Repeat("0123456789abcde\n", 64<<10))
	}
	eventually(t, "space is given back", func() bool { r.driver.wake("c"); return onDisk(t, path) <= 1<<20+punchStep+8192 })
	s.set(func() { s.down = false })
	r.finish("c")
	if got := r.events("c"); !strings.Contains(got[0], "bytes of this log were dropped") || len(got) > 64<<10 {
		t.Errorf("%d events, first %q", len(got), got[0])
	}
}

// A stream of an execution role is written to as that role, from its making on
// and after a restart; what the role may not write ends with the container.
func TestStreamOfAnExecutionRole(t *testing.T) {
	s := newService("g")
	r := newRig(t, s, Options{})
	role := agent.Log{Container: "c", Driver: "awslogs", Options: map[string]string{"awslogs-group": "g", "awslogs-stream": "c"},
		As: func() (acs.Credentials, bool) { return acs.Credentials{AccessKeyID: "role"}, true }}
	s.allow = []string{"role"}
	file, err := r.driver.Open(t.Context(), role)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file.Path, "one\n")
	r.expect("c", "one")
	r.close()
	r.open()
	role.Adopted = true
	if _, err := r.driver.Open(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	write(t, file.Path, "two\n")
	r.expect("c", "one\ntwo")
	s.set(func() { s.allow = []string{"nobody"} })
	write(t, file.Path, "three\n")
	r.finish("c")
	r.expect("c", "one\ntwo")
	if _, err := r.driver.Open(t.Context(), agent.Log{Container: "d", Driver: "awslogs", Options: role.Options, As: role.As}); err == nil || !strings.Contains(err.Error(), "AccessDeniedException") {
		t.Errorf("a stream that the role may not make: %v", err)
	}
}
