package step

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// TestWhateverHappens drives machines through random answers, ends, stops and
// failures and then lets everything succeed. Whatever happened: a container is
// started at most once, RUNNING is reported before STOPPED if the task ran,
// waking at Next always achieves something, and nothing is left in the end.
func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			w.happen(rapid.IntRange(0, 9).Draw(t, "what"))
		}
		w.calm = true
		w.task.Desire(w.now, Stopped)
		for n := 0; !w.task.Done(); n++ {
			if n > 1000 {
				t.Fatalf("the task is never done; outstanding %v", w.outstanding)
			}
			w.take()
			switch {
			case len(w.outstanding) > 0:
				w.answer(0)
			case len(w.running()) > 0 && w.anyKilled():
				w.end(w.killed())
			default:
				w.wake()
			}
		}
		left := slices.DeleteFunc(w.outstanding, w.pointless)
		if len(left) > 0 || len(w.task.Effects()) > 0 {
			t.Fatalf("done with effects outstanding: %#v", left)
		}
	})
}

// world is what a driver would be.
type world struct {
	t           *rapid.T
	task        *Task
	now         time.Time
	calm        bool
	outstanding []Effect        // not answered yet
	cancelled   map[string]bool // pulls, by container
	started     map[string]int
	alive       map[string]bool // processes
	signalled   map[string]bool
	delivered   []string
	allStarted  bool
}

// pointless reports whether nobody waits for the answer to an effect: to a pull
// that was cancelled, and to a check of what has ended, or a signal to it.
func (w *world) pointless(e Effect) bool {
	switch e := e.(type) {
	case Pull:
		return w.cancelled[e.Container]
	case Probe:
		return !w.alive[e.Container]
	case Signal:
		return !w.alive[e.Container]
	}
	return false
}

func newWorld(t *rapid.T) *world {
	names := []string{"a", "b", "c", "d"}[:rapid.IntRange(1, 4).Draw(t, "containers")]
	payload := acs.Task{ARN: "task/t", DesiredStatus: rapid.SampledFrom([]string{Running, Running, Running, Stopped}).Draw(t, "desired"),
		NetworkMode: rapid.SampledFrom([]string{"host", "bridge", "awsvpc"}).Draw(t, "network")}
	for i, name := range names {
		c := acs.Container{Name: name, Essential: i == 0 || rapid.Bool().Draw(t, "essential"),
			StopTimeout: rapid.Int64Range(0, 3).Draw(t, "stop"), StartTimeout: rapid.Int64Range(0, 3).Draw(t, "start")}
		for _, on := range names[:i] {
			if condition := rapid.SampledFrom([]string{"", "", "START", "COMPLETE", "SUCCESS", "HEALTHY"}).Draw(t, "condition"); condition != "" {
				c.DependsOn = append(c.DependsOn, acs.Dependency{ContainerName: on, Condition: condition})
			}
		}
		if rapid.Bool().Draw(t, "checked") {
			c.HealthCheckType = "docker"
			c.DockerConfig = &acs.DockerConfig{Config: `{"Healthcheck":{"Test":["CMD","true"],"Interval":1000000000,"Timeout":1000000000,"Retries":2}}`}
		}
		payload.Containers = append(payload.Containers, c)
	}
	task, err := New(payload)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, task: task, now: time.Unix(1e9, 0), started: map[string]int{}, alive: map[string]bool{}, signalled: map[string]bool{}, cancelled: map[string]bool{}}
	if rapid.Bool().Draw(t, "adopted") {
		w.adopt(payload)
	} else {
		task.Tick(w.now)
	}
	return w
}

func (w *world) adopt(payload acs.Task) {
	var found []Found
	for _, c := range payload.Containers {
		f := Found{Name: c.Name, RuntimeID: c.Name, StartedAt: w.now.Add(-time.Hour)}
		switch rapid.IntRange(0, 2).Draw(w.t, "found") {
		case 0:
			continue
		case 1:
			f.Running, w.alive[c.Name] = true, true
		case 2:
			code := int32(0)
			f.ExitCode = &code
		}
		w.started[c.Name]++
		found = append(found, f)
	}
	w.task.Adopt(w.now, found)
}

// take collects the effects that the machine wants.
func (w *world) take() {
	for _, e := range w.task.Effects() {
		switch e := e.(type) {
		case Cancel:
			w.cancelled[e.Container] = true
			continue
		case Start:
			w.started[e.Container]++
			if w.started[e.Container] > 1 {
				w.t.Fatalf("container %s is started twice", e.Container)
			}
		case Submit:
			w.submitted(e.Report)
		case Disconnect:
			if len(w.running()) > 0 {
				w.t.Fatal("the network is removed while a container runs in it")
			}
		case Remove:
			if w.alive[e.Container] {
				w.t.Fatalf("container %s is removed while it runs", e.Container)
			}
		}
		if slices.ContainsFunc(w.outstanding, func(o Effect) bool { return same(o, e) }) {
			w.t.Fatalf("%T %v is wanted again before it was answered", e, e)
		}
		w.outstanding = append(w.outstanding, e)
	}
}

// same reports whether two effects may not be under way together. Two signals
// may: a kill does not wait for the answer to the stop signal.
func same(a, b Effect) bool {
	switch a.(type) {
	case Submit:
		_, ok := b.(Submit)
		return ok
	case Signal:
		return false
	case Probe:
		y, ok := b.(Probe)
		return ok && a.(Probe).Container == y.Container
	}
	return a == b
}

func (w *world) submitted(r Report) {
	if n := len(w.delivered); n > 0 && w.delivered[n-1] == Stopped {
		w.t.Fatalf("%s is reported after STOPPED", r.Status)
	}
	if r.Status == Stopped && w.allStarted && !slices.Contains(w.delivered, Running) {
		w.t.Fatal("STOPPED is reported of a task that ran and was not reported RUNNING")
	}
}

func (w *world) failure(chance int) Failure {
	if !w.calm && rapid.IntRange(0, chance).Draw(w.t, "fails") == 0 {
		return "Trouble: of some kind"
	}
	return ""
}

// answer answers one of the outstanding effects.
func (w *world) answer(at int) {
	e := w.outstanding[at]
	w.outstanding = slices.Delete(w.outstanding, at, at+1)
	switch e := e.(type) {
	case Pull:
		w.task.Pulled(w.now, e.Container, "sha256:1", w.failure(8))
	case Attach:
		w.task.Attached(w.now, e.Container, nil, w.failure(8))
	case Start:
		f := w.failure(8)
		w.alive[e.Container] = f == ""
		if f == "" && !w.calm && rapid.IntRange(0, 4).Draw(w.t, "exits first") == 0 {
			w.end(e.Container)
		}
		w.task.Started(w.now, e.Container, e.Container, f)
	case Signal:
		f := w.failure(2)
		w.signalled[e.Container] = w.signalled[e.Container] || f == ""
		w.task.Signalled(w.now, e.Container, f)
	case Probe:
		w.task.Probed(w.now, e.Container, w.failure(2) == "", "")
	case Submit:
		f := w.failure(2)
		refused := f != "" && rapid.Bool().Draw(w.t, "refused")
		if f == "" || refused {
			w.delivered = append(w.delivered, e.Report.Status)
		}
		w.task.Submitted(w.now, f == "", refused)
	case Connect:
		if f := w.failure(8); f != "" && rapid.Bool().Draw(w.t, "occupied") {
			w.task.Occupied(w.now, f)
		} else {
			w.task.Connected(w.now, f)
		}
	case Disconnect:
		w.task.Disconnected(w.now, w.failure(2))
	case Forget:
		w.task.Forgotten(w.now, w.failure(2))
	case Remove:
		w.task.Removed(w.now, e.Container, w.failure(2))
	default:
		w.t.Fatalf("unknown effect %T", e)
	}
	w.note()
}

// note remembers whether every container has run.
func (w *world) note() {
	all := len(w.task.containers) > 0
	for _, c := range w.task.containers {
		all = all && c.started
	}
	w.allStarted = w.allStarted || all
}

// end ends a container's process.
func (w *world) end(name string) {
	w.alive[name] = false
	code := int32(rapid.IntRange(0, 1).Draw(w.t, "code"))
	w.task.Exited(w.now, name, &code, "")
	w.note()
}

func (w *world) running() []string {
	var out []string
	for _, c := range w.task.containers {
		if w.alive[c.spec.Name] {
			out = append(out, c.spec.Name)
		}
	}
	return out
}

func (w *world) killed() string {
	at := slices.IndexFunc(w.running(), func(name string) bool { return w.signalled[name] })
	return w.running()[at]
}

func (w *world) anyKilled() bool {
	return slices.ContainsFunc(w.running(), func(name string) bool { return w.signalled[name] })
}

// wake lets the time come that the machine waits for, and checks that it does
// not want the same time again: that would be waiting without a pause.
func (w *world) wake() {
	next := w.task.Next()
	if next.IsZero() {
		if w.calm {
			w.t.Fatalf("nothing is under way, nothing is waited for, and the task is %s and not done: %s", w.task.Status(), w.phases())
		}
		return
	}
	if next.After(w.now) {
		w.now = next
	}
	w.task.Tick(w.now)
	if again := w.task.Next(); !again.IsZero() && !again.After(w.now) {
		w.t.Fatalf("at %v the machine wants to be woken at %v: %s", w.now, again, w.phases())
	}
}

func (w *world) phases() (s string) {
	for _, c := range w.task.containers {
		s += fmt.Sprintf("%s phase %d; ", c.spec.Name, c.phase)
	}
	return s
}

// happen makes one thing happen.
func (w *world) happen(what int) {
	w.take()
	switch {
	case what < 6 && len(w.outstanding) > 0:
		w.answer(rapid.IntRange(0, len(w.outstanding)-1).Draw(w.t, "which"))
	case what == 6 && len(w.running()) > 0:
		w.end(rapid.SampledFrom(w.running()).Draw(w.t, "who"))
	case what == 7:
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(w.t, "ms")) * time.Millisecond)
		w.task.Tick(w.now)
	case what == 8:
		w.wake()
	case what == 9 && rapid.IntRange(0, 5).Draw(w.t, "stop") == 0:
		w.task.Desire(w.now, Stopped)
	case what == 9:
		w.task.Retry(w.now)
	}
	w.take()
}
