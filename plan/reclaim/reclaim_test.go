package reclaim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/place"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// TestTranscripts plays testdata. Lines are "instance ID MEMORY [zone]", "spot ID
// INSTANCE MEMORY [stopping] [asked]", "task ID INSTANCE MEMORY [stopping]" and
// "waits ID MEMORY AGE [zone]".
func TestTranscripts(t *testing.T) {
	datadriven.RunTest(t, "testdata/reclaim.txt", func(t *testing.T, d *datadriven.TestData) string {
		w := &world{zones: map[string]string{}}
		for line := range strings.SplitSeq(d.Input, "\n") {
			w.line(strings.Fields(line))
		}
		return show(Plan(w.view()))
	})
}

type world struct {
	instances []*model.ContainerInstance
	tasks     []*model.Task
	waiting   []*model.Task
	zones     map[string]string // by waiting task
}

func (w *world) line(words []string) {
	number := func(i int) int {
		n, err := strconv.Atoi(words[i])
		if err != nil {
			panic(err)
		}
		return n
	}
	switch words[0] {
	case "instance":
		zone := ""
		if len(words) > 3 {
			zone = words[3]
		}
		w.instance(words[1], number(2), zone)
	case "spot", "task":
		provider := model.ProviderFargate
		if words[0] == "spot" {
			provider = model.ProviderFargateSpot
		}
		t := w.task(words[1], words[2], provider, number(3))
		for _, word := range words[4:] {
			switch word {
			case "stopping":
				t.Desired = model.TaskStopped
			case "asked":
				t.Tags = []model.Tag{{Key: Tag}}
			}
		}
	case "waits":
		age, err := time.ParseDuration(words[3])
		if err != nil {
			panic(err)
		}
		w.wait(words[1], number(2), age)
		if len(words) > 4 {
			w.zones[words[1]] = words[4]
		}
	}
}

func (w *world) instance(id string, memory int, zone string) {
	i := &model.ContainerInstance{Account: "1", Cluster: model.FargateCluster, ID: id, Status: model.InstanceActive, AgentConnected: true,
		Fargate: true, Registered: model.Resources{CPU: 1 << 20, Memory: memory}}
	if zone != "" {
		i.Attributes = []model.Attribute{{Name: place.ZoneAttribute, Value: zone}}
	}
	w.instances = append(w.instances, i)
}

func (w *world) task(id, instance, provider string, memory int) *model.Task {
	t := &model.Task{Account: "1", Cluster: "c", ID: id, Desired: model.TaskRunning,
		Spec: model.TaskSpec{Instance: model.InstanceID("1", model.FargateCluster, instance), LaunchType: model.LaunchFargate, CapacityProvider: provider,
			Resources: model.Resources{Memory: memory}, CreatedAt: start.Add(-time.Duration(len(w.tasks)) * time.Second)},
		Status: model.TaskObserved{Last: model.TaskRunning}}
	w.tasks = append(w.tasks, t)
	return t
}

func (w *world) wait(id string, memory int, age time.Duration) {
	w.waiting = append(w.waiting, &model.Task{Account: "1", Cluster: "c", ID: id, Desired: model.TaskRunning,
		Spec:   model.TaskSpec{LaunchType: model.LaunchFargate, Resources: model.Resources{Memory: memory}, CreatedAt: start.Add(-age)},
		Status: model.TaskObserved{Last: model.TaskProvisioning}})
}

func (w *world) view() View {
	v := View{Tasks: w.tasks, Waiting: w.waiting, Now: start, Request: func(f *place.Fleet, t *model.Task) (*place.Request, error) {
		req := &place.Request{Resources: t.Spec.Resources}
		var zones []string
		if z := w.zones[t.ID]; z != "" {
			zones = []string{z}
		}
		req.ForFargate(f, zones)
		return req, nil
	}}
	for _, i := range w.instances {
		n := place.Node{Instance: i, Guest: true}
		for _, t := range w.tasks {
			if t.Spec.Instance == i.Key().ID {
				n.Usage = n.Usage.Add(t)
			}
		}
		v.Nodes = append(v.Nodes, n)
	}
	return v
}

func show(p plan.Plan) string {
	var out strings.Builder
	for _, r := range p.Reasons {
		fmt.Fprintf(&out, "%s %s: %s\n", strings.TrimPrefix(r.Subject.ID, "1/c/"), strings.ToLower(r.Code), r.Message)
	}
	for _, w := range p.Change.Writes {
		t := w.Noun.(*model.Task)
		fmt.Fprintf(&out, "%s: %s %s %s\n", t.ID, t.Desired, t.StopCode, t.StoppedReason)
	}
	if out.Len() == 0 {
		return "nothing\n"
	}
	return out.String()
}

func stopped(p plan.Plan) (ids []string) {
	for _, w := range p.Change.Writes {
		ids = append(ids, w.Noun.(*model.Task).ID)
	}
	return ids
}

// TestNoMoreThanNeeded: only tasks of FARGATE_SPOT that were running are
// interrupted; all the waiting that could have room have it then; none of the
// interrupted could have stayed; planning again interrupts no other.
func TestNoMoreThanNeeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{zones: map[string]string{}}
		for i := range rapid.IntRange(0, 4).Draw(t, "instances") {
			id := fmt.Sprint("i", i)
			left := rapid.IntRange(1, 10).Draw(t, "memory")
			w.instance(id, left, "")
			for k := 0; k < 6 && left > 0; k++ {
				size := rapid.IntRange(1, 4).Draw(t, "size")
				if size > left {
					break
				}
				left -= size
				provider := rapid.SampledFrom([]string{model.ProviderFargate, model.ProviderFargateSpot}).Draw(t, "provider")
				task := w.task(fmt.Sprint("t", i, k), id, provider, size)
				if rapid.IntRange(0, 4).Draw(t, "stopping") == 0 {
					task.Desired = model.TaskStopped
				}
			}
		}
		for k := range rapid.IntRange(0, 4).Draw(t, "waiting") {
			w.wait(fmt.Sprint("w", k), rapid.IntRange(1, 8).Draw(t, "wants"), time.Duration(k)*time.Second)
		}
		p := Plan(w.view())
		gone := stopped(p)
		for _, task := range w.tasks {
			if slices.Contains(gone, task.ID) && (!Spot(task) || task.Desired != model.TaskRunning) {
				t.Fatalf("%s was interrupted", task.ID)
			}
		}
		if len(gone) > 0 && placeable(w, nil) == len(w.waiting) {
			t.Fatalf("%v were interrupted although there was room for all", gone)
		}
		served := placeable(w, gone)
		for _, id := range gone {
			rest := slices.DeleteFunc(slices.Clone(gone), func(o string) bool { return o == id })
			if len(w.waiting) == 1 && placeable(w, rest) == served {
				t.Fatalf("%s could have stayed: %v", id, gone)
			}
		}
		for _, task := range w.tasks {
			if slices.Contains(gone, task.ID) {
				*task = *task.Stop(StopCode, Reason, start)
			}
		}
		if again := Plan(w.view()); !again.Change.Empty() && len(again.Change.Writes) > 0 {
			t.Fatalf("planning again interrupts %v, after %v", stopped(again), gone)
		}
	})
}

// placeable returns how many of the waiting fit, the oldest first, when what is
// stopping and the gone have gone.
func placeable(w *world, gone []string) (n int) {
	v := w.view()
	nodes := v.Nodes
	for i := range nodes {
		for _, t := range w.tasks {
			if t.Spec.Instance == nodes[i].Instance.Key().ID && (t.Desired == model.TaskStopped || slices.Contains(gone, t.ID)) {
				nodes[i].Usage = nodes[i].Usage.Remove(t)
			}
		}
	}
	f := place.NewFleet(nodes)
	waiting := slices.Clone(w.waiting)
	slices.SortFunc(waiting, func(a, b *model.Task) int { return a.Spec.CreatedAt.Compare(b.Spec.CreatedAt) })
	for _, t := range waiting {
		req, _ := v.Request(f, t)
		req.Count = 1
		if r := place.Place(f, req, 0); len(r.Placed) == 1 {
			held := t.Clone()
			held.Spec.Instance, held.Status.Last = r.Placed[0], model.TaskPending
			f.Hold(held)
			n++
		}
	}
	return n
}

func TestPlansAreBounded(t *testing.T) {
	w := &world{}
	w.instance("i", 1<<20, "")
	for k := range 3 * maxTasks {
		w.task(fmt.Sprint("t", k), "i", model.ProviderFargateSpot, 1).Tags = []model.Tag{{Key: Tag}}
	}
	if p := Plan(w.view()); len(p.Change.Writes) > maxTasks || !p.Wake.Equal(start) {
		t.Errorf("%d writes, wake %v", len(p.Change.Writes), p.Wake)
	}
}

func TestRoom(t *testing.T) {
	w := &world{}
	w.instance("a", 4, "")
	w.instance("b", 4, "")
	w.task("t", "a", model.ProviderFargate, 2)
	w.task("s", "b", model.ProviderFargateSpot, 4)
	f := place.NewFleet(w.view().Nodes)
	req := &place.Request{Resources: model.Resources{Memory: 3}, Count: 5}
	req.ForFargate(f, nil)
	held := func(id string) (u model.Usage) {
		for _, task := range w.tasks {
			if Spot(task) && task.Spec.Instance == id {
				u = u.Add(task)
			}
		}
		return u
	}
	if n := Room(f, req, held); n != 1 {
		t.Errorf("room for %d", n)
	}
	if n := Room(f, req, nil); n != 0 {
		t.Errorf("room for %d where nobody knows what is interruptible", n)
	}
}
