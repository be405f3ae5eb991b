package place

import (
	"cmp"

	"github.com/roadstead/roadstead/model"
)

// Victims chooses n of the tasks to be stopped: first those that do not run
// yet, then the unhealthy, then by the strategies turned round, so that what
// stays is as well placed as it can be (spread: from the fullest zone and
// instance; binpack: from the emptiest instance), and the newest among equals.
// Staying are the instances of tasks of the group that are not to be chosen
// from. The same arguments give the same tasks in the same order.
func Victims(f *Fleet, tasks []*model.Task, staying []string, rules *Rules, n int) []*model.Task {
	v := newVictims(f, tasks, staying, rules)
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

type victims struct {
	strategy   []model.PlacementStrategy
	candidates []candidate
	counts     []map[string]int // by strategy: the group's tasks by the spread field's value
}

type candidate struct {
	task   *model.Task
	chosen bool
	rank   int      // 0 not running, 1 unhealthy, 2 the rest
	fields []string // by strategy: the value that spread counts
	left   []int    // by strategy: what binpack compares
}

func newVictims(f *Fleet, tasks []*model.Task, staying []string, rules *Rules) *victims {
	v := &victims{strategy: defaultStrategy[:]}
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

func (v *victims) candidate(f *Fleet, t *model.Task) candidate {
	c := candidate{task: t, rank: 2, fields: make([]string, len(v.strategy)), left: make([]int, len(v.strategy))}
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
func (v *victims) compare(i, j int) int {
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

func (v *victims) choose(i int) {
	c := &v.candidates[i]
	c.chosen = true
	for k, value := range c.fields {
		v.counts[k][value]--
	}
}
