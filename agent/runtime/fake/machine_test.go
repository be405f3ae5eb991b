package fake_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
)

// script plays a scene at times of its own and gives what a person can read.
func script(t *testing.T) string {
	t.Helper()
	began := time.Unix(0, 0).UTC()
	m := fake.NewMachine(fake.Options{Behave: func(c runtime.Container) fake.Behaviour {
		switch c.Name {
		case "job":
			return fake.Behaviour{StartTakes: time.Second, Runs: 3 * time.Second, ExitCode: 7}
		case "stubborn":
			return fake.Behaviour{StopTakes: -1}
		case "slow":
			return fake.Behaviour{StopTakes: 2 * time.Second}
		}
		return fake.Behaviour{}
	}})
	image, at, err := m.Pull(began, runtime.PullRequest{Image: "web"})
	if err != nil || !at.Equal(began) {
		t.Fatal(at, err)
	}
	var said strings.Builder
	tell := func(now time.Time) {
		m.Advance(now)
		for _, e := range m.Events() {
			fmt.Fprintf(&said, "%v %s %s", now.Sub(began), e.ID, e.Status)
			if e.Status == runtime.StatusExited {
				fmt.Fprintf(&said, " %d after %v lost=%v", e.ExitCode, e.ExitedAt.Sub(e.StartedAt), e.Lost)
			}
			said.WriteString("\n")
		}
	}
	for _, name := range []string{"job", "stubborn", "slow"} {
		if _, _, err := m.Start(began, runtime.Container{ID: name, TaskID: "t", Name: name, Image: image.Ref}); err != nil {
			t.Fatal(err)
		}
	}
	tell(began)
	now := began.Add(500 * time.Millisecond)
	for _, name := range []string{"stubborn", "slow"} {
		if err := m.Signal(now, name, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	for next, ok := m.Next(); ok; next, ok = m.Next() {
		tell(next)
	}
	m.Crash(began.Add(10 * time.Second))
	tell(began.Add(10 * time.Second))
	if err := m.Remove(began.Add(11*time.Second), "stubborn"); err != nil {
		t.Fatal(err)
	}
	tell(began.Add(11 * time.Second))
	return said.String()
}

func TestMachine(t *testing.T) {
	const want = `0s stubborn running
0s slow running
1s job running
2.5s slow exited 143 after 2.5s lost=false
4s job exited 7 after 3s lost=false
10s stubborn exited 255 after 10s lost=true
11s stubborn removed
`
	for range 2 {
		if got := script(t); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
}
