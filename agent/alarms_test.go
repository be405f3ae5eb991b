package agent

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The alarms answer as a list would that is searched each time.
func TestAlarms(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	start := time.Unix(1e9, 0)
	var a alarms
	tasks := make([]*live, 50)
	for i := range tasks {
		tasks[i] = &live{}
	}
	for range 10_000 {
		l := tasks[chance.IntN(len(tasks))]
		if chance.IntN(3) == 0 {
			a.set(l, time.Time{})
		} else {
			a.set(l, start.Add(time.Duration(chance.IntN(1000))*time.Second))
		}
		want := idle
		for _, l := range tasks {
			if !l.alarm.at.IsZero() {
				want = min(want, l.alarm.at.Sub(start))
			}
		}
		if got := a.wait(start); got != want {
			t.Fatalf("wait: %v, want %v", got, want)
		}
		if chance.IntN(100) == 0 {
			now := start.Add(100 * time.Second)
			for _, l := range a.due(now) {
				if l.alarm.at.After(now) || l.alarm.index != 0 {
					t.Fatalf("due at %v: %v, index %d", now, l.alarm.at, l.alarm.index)
				}
				l.alarm.at = time.Time{}
			}
			if a.wait(now) == 0 {
				t.Fatal("something is due that was not handed out")
			}
		}
	}
}
