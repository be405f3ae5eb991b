package shim

import "testing"

// TestShimStaysWhileItIsNeeded goes through what keeps a shim that several tasks share, in the orders that are possible.
func TestShimStaysWhileItIsNeeded(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(l *lifeline)
		want int // times that the end is asked for
	}{
		{"nothing", func(*lifeline) {}, 0},
		{"cut unused", func(l *lifeline) { l.change(func() { l.cut = true }) }, 1},
		{"a container while it is held", func(l *lifeline) { l.create()(); l.delete("a"); l.settle("a") }, 0},
		{"cut while a container is created", func(l *lifeline) {
			created := l.create()
			l.change(func() { l.cut = true })
			if l.settle("other"); l.creating != 1 {
				t.Error("it forgot a container")
			}
			created()
		}, 1},
		{"another's end while containerd waits for an answer", func(l *lifeline) {
			l.cut = true
			l.delete("a")
			l.delete("b")
			l.settle("b")
		}, 0},
		{"the end of the last", func(l *lifeline) {
			l.cut = true
			l.delete("a")
			l.delete("b")
			l.settle("b")
			l.settle("a")
		}, 1},
	} {
		asked := 0
		test.do(newLifeline(func() { asked++ }))
		if asked != test.want {
			t.Errorf("%s: its end is asked for %d times, want %d", test.name, asked, test.want)
		}
	}
	var executed *lifeline // a shim that containerd executed itself has none
	executed.create()()
	executed.delete("a")
}
