package reap

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// TestTranscripts plays testdata. The input has one line for the instance
// ("ACTIVE", "connected" or "silent DURATION ago") and one for each task:
// "ID STATUS DESIRED [service] [stopped DURATION ago]".
func TestTranscripts(t *testing.T) {
	datadriven.RunTest(t, "testdata/instance.txt", func(t *testing.T, d *datadriven.TestData) string {
		v := InstanceView{ID: "1/c/n", Now: start}
		for line := range strings.SplitSeq(d.Input, "\n") {
			words := strings.Fields(line)
			switch words[0] {
			case "since":
				v.Since = start.Add(-duration(t, words[1]))
			case "instance":
				v.Instance = instance(t, words[1:])
			default:
				v.Tasks = append(v.Tasks, task(t, words))
			}
		}
		return show(Instance(v))
	})
}

func duration(t *testing.T, s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func instance(t *testing.T, words []string) *model.ContainerInstance {
	i := &model.ContainerInstance{Account: "1", Cluster: "c", ID: "n", Status: words[0]}
	switch words[1] {
	case "connected":
		i.AgentConnected = true
	case "silent":
		i.ConnectedAt = start.Add(-duration(t, words[2]))
	}
	return i
}

func task(t *testing.T, words []string) *model.Task {
	task := &model.Task{Account: "1", Cluster: "c", ID: words[0], Desired: model.TaskStatus(words[2]),
		Status: model.TaskObserved{Last: model.TaskStatus(words[1])}}
	for i, w := range words[3:] {
		switch w {
		case "service":
			task.Spec.Service = "1/c/s"
		case "stopped":
			task.Status.StoppedAt = start.Add(-duration(t, words[3+i+1]))
		case "stopping":
			task.StoppingAt = start.Add(-duration(t, words[3+i+1]))
		}
	}
	return task
}

func show(p plan.Plan) string {
	var out strings.Builder
	for _, w := range p.Change.Writes {
		switch n := w.Noun.(type) {
		case nil:
			fmt.Fprintf(&out, "delete %s\n", w.Key)
		case *model.Task:
			fmt.Fprintf(&out, "%s %s->%s (%s: %s)\n", n.ID, n.Status.Last, n.Desired, n.StopCode, n.StoppedReason)
		}
	}
	if !p.Wake.IsZero() {
		fmt.Fprintf(&out, "wake in %v\n", p.Wake.Sub(start))
	}
	if out.Len() == 0 {
		return "nothing\n"
	}
	return out.String()
}

func TestToken(t *testing.T) {
	token := &model.ClientToken{Account: "1", Operation: "RunTask", Token: "x", ExpiresAt: start}
	if p := Token(token, start.Add(-time.Second)); !p.Change.Empty() || !p.Wake.Equal(start) {
		t.Errorf("too early: %+v", p)
	}
	if got := show(Token(token, start)); got != "delete client-token/1/RunTask//x\n" {
		t.Error(got)
	}
}

func TestService(t *testing.T) {
	s := &model.Service{Account: "1", Cluster: "c", Name: "s", Status: model.ServiceInactive, CreatedAt: start}
	e := &model.ServiceEvents{Account: "1", Cluster: "c", Service: "s", Events: []model.ServiceEvent{{At: start.Add(time.Hour)}}}
	v := ServiceView{Service: s, Events: e, Now: start.Add(DefaultService)}
	if p := Service(v); !p.Change.Empty() || !p.Wake.Equal(start.Add(DefaultService+time.Hour)) {
		t.Errorf("too early: %+v", p)
	}
	v.Now = start.Add(DefaultService + time.Hour)
	if got := show(Service(v)); got != "delete service-events/1/c/s\ndelete service/1/c/s\n" {
		t.Error(got)
	}
	s = s.Clone()
	s.Status = model.ServiceDraining
	if p := Service(ServiceView{Service: s, Now: v.Now}); !p.Change.Empty() || !p.Wake.IsZero() {
		t.Errorf("draining: %+v", p)
	}
}

func TestPlansAreBounded(t *testing.T) {
	v := InstanceView{ID: "1/c/n", Now: start}
	for i := range 3 * plan.MaxWrites {
		v.Tasks = append(v.Tasks, task(t, []string{fmt.Sprint("t", i), "STOPPED", "STOPPED", "stopped", "2h"}))
	}
	if p := Instance(v); len(p.Change.Writes) > plan.MaxWrites || !p.Wake.Equal(start) {
		t.Errorf("%d writes, wake %v", len(p.Change.Writes), p.Wake)
	}
}
