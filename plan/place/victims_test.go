package place

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
)

// plainVictims is Victims as it is meant: it compares all with all. It chooses n of the tasks to be stopped: first those that do not run
// yet, then the unhealthy, then by the strategies turned round, so that what
// stays is as well placed as it can be (spread: from the fullest zone and
// instance; binpack: from the emptiest instance), and the newest among equals.
// Staying are the instances of tasks of the group that are not to be chosen
// from. The same arguments give the same tasks in the same order.
func plainVictims(f *Fleet, tasks []*model.Task, staying []string, rules *Rules, n int) []*model.Task {
	v := newPlainVictims(f, tasks, staying, rules)
	var chosen []*model.Task
	for len(chosen) < min(n, len(tasks)) {
		best := -1
		for i := range v.candidates {
			if !v.candidates[i].chosen && (best < 0 || v.compare(i, best) < 0) {
				best = i
			}
		}
		v.choose(best)
		chosen = append(chosen, v.candidates[best].task)
	}
	return chosen
}

type plain struct {
	strategy   []model.PlacementStrategy
	candidates []plainCandidate
	counts     []map[string]int // by strategy: the group's tasks by the spread field's value
}

type plainCandidate struct {
	task   *model.Task
	chosen bool
	rank   int      // 0 not running, 1 unhealthy, 2 the rest
	fields []string // by strategy: the value that spread counts
	left   []int    // by strategy: what binpack compares
}

func newPlainVictims(f *Fleet, tasks []*model.Task, staying []string, rules *Rules) *plain {
	v := &plain{strategy: defaultStrategy[:]}
	if rules != nil {
		v.strategy = rules.strategy
	}
	v.counts = make([]map[string]int, len(v.strategy))
	for k := range v.counts {
		v.counts[k] = map[string]int{}
	}
	for _, t := range tasks {
		c := v.candidate(f, t)
		for k, value := range c.fields {
			v.counts[k][value]++
		}
		v.candidates = append(v.candidates, c)
	}
	for _, id := range staying {
		if i, ok := f.at[id]; ok {
			for k, s := range v.strategy {
				if s.Type == Spread {
					v.counts[k][f.nodes[i].field(s.Field)]++
				}
			}
		}
	}
	return v
}

func (v *plain) candidate(f *Fleet, t *model.Task) plainCandidate {
	c := plainCandidate{task: t, rank: 2, fields: make([]string, len(v.strategy)), left: make([]int, len(v.strategy))}
	switch {
	case t.Status.Last != model.TaskRunning:
		c.rank = 0
	case t.Status.Health == "UNHEALTHY":
		c.rank = 1
	}
	i, ok := f.at[t.Spec.Instance]
	if !ok {
		return c
	}
	n := &f.nodes[i]
	for k, s := range v.strategy {
		switch {
		case s.Type == Spread:
			c.fields[k] = n.field(s.Field)
		case s.Type == Binpack && s.Field == FieldCPU:
			c.left[k] = n.Instance.Registered.CPU - n.Usage.CPU
		case s.Type == Binpack:
			c.left[k] = n.Instance.Registered.Memory - n.Usage.Memory
		}
	}
	return c
}

// compare is below 0 when candidate i is to go before j.
func (v *plain) compare(i, j int) int {
	a, b := &v.candidates[i], &v.candidates[j]
	if d := cmp.Compare(a.rank, b.rank); d != 0 {
		return d
	}
	for k := range v.strategy {
		d := cmp.Or(cmp.Compare(v.counts[k][b.fields[k]], v.counts[k][a.fields[k]]), cmp.Compare(b.left[k], a.left[k]))
		if d != 0 {
			return d
		}
	}
	return cmp.Or(b.task.Spec.CreatedAt.Compare(a.task.Spec.CreatedAt), cmp.Compare(b.task.ID, a.task.ID))
}

func (v *plain) choose(i int) {
	c := &v.candidates[i]
	c.chosen = true
	for k, value := range c.fields {
		v.counts[k][value]--
	}
}

// TestVictimsAreThePlainOnes: the quick way chooses the same tasks in the same
// order as the plain one.
func TestVictimsAreThePlainOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var nodes []Node
		for i := range rapid.IntRange(1, 8).Draw(t, "instances") {
			n := &model.ContainerInstance{Account: "1", Cluster: "c", ID: fmt.Sprintf("n%d", i), Status: model.InstanceActive,
				Registered: model.Resources{CPU: 1000, Memory: rapid.SampledFrom([]int{500, 1000}).Draw(t, "memory")}}
			for _, a := range []string{ZoneAttribute, "rack"} {
				n.Attributes = append(n.Attributes, model.Attribute{Name: a, Value: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, a)})
			}
			nodes = append(nodes, Node{Instance: n, Usage: model.Usage{CPU: rapid.SampledFrom([]int{0, 100}).Draw(t, "used")}})
		}
		f := NewFleet(nodes)
		instance := rapid.Custom(func(t *rapid.T) string {
			return model.InstanceID("1", "c", fmt.Sprintf("n%d", rapid.IntRange(0, 8).Draw(t, "on")))
		})
		var tasks []*model.Task
		for i := range rapid.IntRange(0, 25).Draw(t, "tasks") {
			tasks = append(tasks, &model.Task{ID: fmt.Sprintf("t%02d", i),
				Spec: model.TaskSpec{Instance: instance.Draw(t, "instance")},
				Status: model.TaskObserved{Last: rapid.SampledFrom([]model.TaskStatus{model.TaskPending, model.TaskRunning, model.TaskRunning}).Draw(t, "status"),
					Health: rapid.SampledFrom([]string{"", "UNHEALTHY", "HEALTHY"}).Draw(t, "health")}})
		}
		strategies := rapid.SliceOfN(rapid.SampledFrom([]model.PlacementStrategy{{Type: Spread, Field: "attribute:" + ZoneAttribute},
			{Type: Spread, Field: "attribute:rack"}, {Type: Spread, Field: FieldInstance}, {Type: Binpack, Field: FieldCPU},
			{Type: Binpack, Field: FieldMemory}, {Type: Random}}), 0, 4).Draw(t, "strategies")
		rules, err := Compile(strategies, nil)
		if err != nil {
			t.Fatal(err)
		}
		staying := rapid.SliceOfN(instance, 0, 10).Draw(t, "staying")
		n := rapid.IntRange(0, 30).Draw(t, "n")
		want, got := plainVictims(f, tasks, staying, rules, n), Victims(f, tasks, staying, rules, n)
		if !slices.Equal(want, got) {
			t.Fatalf("chose %v, want %v", ids(got), ids(want))
		}
	})
}

func ids(tasks []*model.Task) (all []string) {
	for _, t := range tasks {
		all = append(all, t.ID)
	}
	return all
}
