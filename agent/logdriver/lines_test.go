package logdriver

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func texts(lines []line) (out []string) {
	for _, l := range lines {
		out = append(out, l.text)
	}
	return out
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		last bool
		want string
		used int
	}{
		{"a\nb\n", false, "a|b", 4},
		{"a\nb", false, "a", 2},
		{"a\nb", true, "a|b", 3},
		{"a\r\n\r\n\nb\rc\n", false, "a|b\rc", 10},
		{"", true, "", 0},
		{"\xff\xfe ok \xc3\n", false, "\uFFFD ok \uFFFD", 8},
		{"half \xc3", true, "half \uFFFD", 6},
	} {
		lines, used := cut([]byte(c.in), c.last, time.Time{})
		if got := strings.Join(texts(lines), "|"); got != c.want || used != c.used {
			t.Errorf("cut(%q, %v) = %q, %d", c.in, c.last, got, used)
		}
	}
}

func TestLongLinesAreSplitBetweenCharacters(t *testing.T) {
	long := "x" + strings.Repeat("ä", maxEvent)
	lines, used := cut([]byte(long+"\nnext\n"), false, time.Time{})
	if used != len(long)+6 || strings.Join(texts(lines[:len(lines)-1]), "") != long || lines[len(lines)-1].text != "next" {
		t.Errorf("%d lines, %d of %d bytes", len(lines), used, len(long)+6)
	}
	// Without an end in sight, as much is taken as makes one event.
	lines, used = cut([]byte(long), false, time.Time{})
	if len(lines) != 2 || used > len(long) || len(long)-used >= maxEvent {
		t.Errorf("%d lines, %d of %d bytes", len(lines), used, len(long))
	}
}

// Whatever was written: the limits hold, every byte is accounted for once, and
// what is valid arrives as it was.
func TestCutKeepsTheLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"a", "\n", "\r\n", "ä", "\xff", "漢", strings.Repeat("x", maxEvent-1), strings.Repeat("\xff.", 70_000), strings.Repeat("\n", 20_000), strings.Repeat("b\n", 6_000)})
		all := []byte(strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), ""))
		var got []byte
		for rest := all; len(rest) > 0; {
			part := rest[:min(len(rest), chunk)]
			lines, used := cut(part, len(part) == len(rest), time.Time{})
			if used == 0 {
				t.Fatalf("nothing is taken of %d bytes", len(part))
			}
			size := 0
			for _, l := range lines {
				size += len(l.text) + eventOverhead
				if l.text == "" || len(l.text) > maxEvent || !utf8.ValidString(l.text) {
					t.Fatalf("an event of %d bytes", len(l.text))
				}
				got = append(got, l.text...)
			}
			if len(lines) > maxBatchEvents || size > maxBatchBytes {
				t.Fatalf("a batch of %d events and %d bytes", len(lines), size)
			}
			rest = rest[used:]
		}
		if utf8.Valid(all) {
			want := bytes.ReplaceAll(bytes.ReplaceAll(all, []byte("\r\n"), nil), []byte("\n"), nil)
			if !bytes.Equal(got, want) {
				t.Fatalf("%d bytes arrived of %d", len(got), len(want))
			}
		}
	})
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"": 7, "10": 10, "1k": 1 << 10, "2M": 2 << 20, "3g": 3 << 30, "1gb": 1 << 30, "0": -1, "-1": -1, "k": -1, "1x": -1, "1kk": -1, "9999999999g": -1} {
		got, err := size(text, 7)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("size(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

// A service that hangs is given up on, and asked again.
func TestHangingService(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newService("g")
		s.streams["g/c"] = nil
		s.hang = true
		d, err := New(s, dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := d.newFollower("c", config{Driver: "awslogs", Options: map[string]string{"awslogs-group": "g", "awslogs-stream": "c"}})
		if err != nil {
			t.Fatal(err)
		}
		write(t, f.path, "one\n")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); f.run(ctx) }()
		if err := f.finish(shortly(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("finished: %v", err)
		}
		s.set(func() { s.hang = false })
		if err := f.finish(shortly(t)); err != nil {
			t.Error(err)
		}
		if got := s.text("g/c"); got != "one" {
			t.Errorf("shipped: %q", got)
		}
		cancel()
		<-done
	})
}

func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*callTimeout)
	t.Cleanup(cancel)
	return ctx
}
