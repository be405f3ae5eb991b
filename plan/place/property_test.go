package place

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
)

func drawNodes(t *rapid.T) []Node {
	nodes := make([]Node, rapid.IntRange(0, 12).Draw(t, "nodes"))
	for i := range nodes {
		label := fmt.Sprintf("n%d", i)
		n := &model.ContainerInstance{Account: "1", Cluster: "c", ID: label,
			Status:         rapid.SampledFrom([]string{"ACTIVE", "ACTIVE", "ACTIVE", "DRAINING"}).Draw(t, "status"),
			AgentConnected: rapid.IntRange(0, 5).Draw(t, "connected") > 0,
			Registered:     model.Resources{CPU: rapid.IntRange(0, 2000).Draw(t, "cpu"), Memory: rapid.IntRange(0, 2000).Draw(t, "memory")}}
		if rapid.Bool().Draw(t, "has rack") {
			n.Attributes = append(n.Attributes, model.Attribute{Name: "rack", Value: rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "rack")})
		}
		if rapid.Bool().Draw(t, "has zone") {
			n.Attributes = append(n.Attributes, model.Attribute{Name: ZoneAttribute, Value: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "zone")})
		}
		n.CapacityProvider = rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "provider")
		nodes[i] = Node{Instance: n}
		if rapid.Bool().Draw(t, "held") {
			nodes[i].Usage.Ports = []model.Port{{Number: 80, Protocol: "tcp"}}
		}
		nodes[i].Usage.CPU = rapid.IntRange(0, 500).Draw(t, "used")
	}
	return nodes
}

func drawStrategies(t *rapid.T) (strategy []model.PlacementStrategy) {
	for range rapid.IntRange(0, MaxStrategies).Draw(t, "strategies") {
		strategy = append(strategy, rapid.SampledFrom([]model.PlacementStrategy{{Type: Spread, Field: "instanceId"}, {Type: Spread, Field: "host"},
			{Type: Spread, Field: "attribute:rack"}, {Type: Spread, Field: "attribute:" + ZoneAttribute}, {Type: Binpack, Field: "cpu"},
			{Type: Binpack, Field: "memory"}, {Type: Random}}).Draw(t, "strategy"))
	}
	return strategy
}

func drawRequest(t *rapid.T, nodes []Node) *Request {
	strategy := drawStrategies(t)
	var constraints []model.PlacementConstraint
	if rapid.Bool().Draw(t, "distinct") {
		constraints = append(constraints, model.PlacementConstraint{Type: DistinctInstance})
	}
	if rapid.Bool().Draw(t, "member") {
		constraints = append(constraints, model.PlacementConstraint{Type: MemberOf, Expression: "attribute:rack in [1, 2]"})
	}
	r, err := Compile(strategy, constraints)
	if err != nil {
		t.Fatal(err)
	}
	req := &Request{Count: rapid.IntRange(0, 20).Draw(t, "count"), Rules: r,
		Resources: model.Resources{CPU: rapid.IntRange(0, 300).Draw(t, "cpu each"), Memory: rapid.IntRange(0, 300).Draw(t, "memory each")}}
	if rapid.IntRange(0, 3).Draw(t, "port") == 0 {
		req.Resources.Ports = []model.Port{{Number: 80, Protocol: "tcp"}}
	}
	req.Provider = rapid.SampledFrom([]string{"", "", "", "p", "none"}).Draw(t, "provider wanted")
	for _, n := range nodes {
		for range rapid.IntRange(0, 2).Draw(t, "group") {
			req.Group = append(req.Group, n.Instance.Key().ID)
		}
	}
	return req
}

// TestPlaced checks a placement by replaying it with Check, one by one: every
// choice was allowed, nothing that would have fitted was left out, it is the
// same every time, and what was handed in has not changed.
func TestPlaced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawNodes(t)
		req := drawRequest(t, nodes)
		seed := rapid.Uint64().Draw(t, "seed")
		r := Place(NewFleet(nodes), req, seed)
		if again := Place(NewFleet(nodes), req, seed); !reflect.DeepEqual(r, again) {
			t.Fatalf("%v and then %v", r, again)
		}
		if len(r.Placed) > req.Count || (len(r.Placed) < req.Count) != (len(r.Failures) > 0) && NewFleet(nodes).Active() > 0 {
			t.Fatalf("%d wanted: %v", req.Count, r)
		}
		f := NewFleet(nodes)
		replay := *req
		for _, id := range r.Placed {
			n, _ := f.Node(id)
			if why := Check(n, &replay); why != "" {
				t.Fatalf("%s of %v: %s", id, r.Placed, why)
			}
			f.Hold(&model.Task{Spec: model.TaskSpec{Instance: id, Resources: req.Resources}, Status: model.TaskObserved{Last: model.TaskPending}})
			replay.Group = append(replay.Group, id)
		}
		if len(r.Placed) == req.Count {
			return
		}
		for _, id := range f.Nodes() {
			n, _ := f.Node(id)
			if why := Check(n, &replay); why == "" {
				t.Fatalf("%v, although %s has room", r, id)
			}
		}
	})
}

// TestExplainAgreesWithCheck: what refuses first is what Check says, and an
// instance that fits has no refusals; failures of a placement say the same.
func TestExplainAgreesWithCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawNodes(t)
		req := drawRequest(t, nodes)
		f := NewFleet(nodes)
		explained := map[string]string{}
		for _, e := range Explain(f, req) {
			n, _ := f.Node(e.Instance)
			why := Check(n, req)
			if e.Fits() != (why == "") || !e.Fits() && e.Refusals[0].Reason != why {
				t.Fatalf("%+v, but Check says %q", e, why)
			}
			explained[e.Instance] = Detail(e.Refusals)
		}
		req.Count = f.Len()*1000 + 1
		req.Resources.CPU, req.Resources.Memory = 1<<20, 1<<20 // nothing fits, so the failures are of the fleet as it is
		for _, e := range Explain(f, req) {
			explained[e.Instance] = Detail(e.Refusals)
		}
		for _, x := range Place(f, req, 1).Failures {
			if x.Detail == "" || x.Detail != explained[x.Instance] {
				t.Fatalf("%+v, explained as %q", x, explained[x.Instance])
			}
		}
	})
}

func TestDetailsAreBounded(t *testing.T) {
	req := &Request{Count: 1, Resources: model.Resources{CPU: 1 << 21}}
	for i := range 500 {
		req.Required = append(req.Required, model.Attribute{Name: fmt.Sprint("wanted", i)})
	}
	fs := Place(NewFleet(fleetOf(MaxDetails+10)), req, 1).Failures
	for i, f := range fs {
		if (f.Detail == "") != (i >= MaxDetails) || len(f.Detail) > MaxDetail {
			t.Fatalf("failure %d: %d bytes", i, len(f.Detail))
		}
	}
	if len(fs) != MaxDetails+10 {
		t.Errorf("%d failures", len(fs))
	}
}

// TestSpreadIsEven: with room everywhere no instance gets two tasks more than another.
func TestSpreadIsEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "nodes")
		count := rapid.IntRange(0, 100).Draw(t, "count")
		counts := map[string]int{}
		for _, id := range Place(NewFleet(fleetOf(n)), &Request{Count: count}, rapid.Uint64().Draw(t, "seed")).Placed {
			counts[id]++
		}
		for _, node := range fleetOf(n) {
			if c := counts[node.Instance.Key().ID]; c < count/n || c > (count+n-1)/n {
				t.Fatalf("%d tasks on %d instances: %v", count, n, counts)
			}
		}
	})
}

func fleetOf(n int) []Node {
	nodes := make([]Node, n)
	for i := range nodes {
		nodes[i].Instance = &model.ContainerInstance{Account: "1", Cluster: "c", ID: fmt.Sprintf("%032x", i), Status: model.InstanceActive,
			AgentConnected: true, Registered: model.Resources{CPU: 1 << 20, Memory: 1 << 20},
			Attributes: []model.Attribute{{Name: "a1"}, {Name: "a2"}, {Name: "ecs.capability.x"}}}
	}
	return nodes
}

// TestZonesAreEven does the same for zones of different size.
func TestZonesAreEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := fleetOf(rapid.IntRange(3, 20).Draw(t, "nodes"))
		zones := map[string]string{}
		for i := range nodes {
			zone := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "zone")
			nodes[i].Instance.Attributes = append(nodes[i].Instance.Attributes, model.Attribute{Name: ZoneAttribute, Value: zone})
			zones[nodes[i].Instance.Key().ID] = zone
		}
		counts := map[string]int{}
		for _, z := range zones {
			counts[z] = 0
		}
		count := rapid.IntRange(0, 60).Draw(t, "count")
		for _, id := range Place(NewFleet(nodes), &Request{Count: count}, 1).Placed {
			counts[zones[id]]++
		}
		for _, c := range counts {
			if c < count/len(counts) || c > (count+len(counts)-1)/len(counts) {
				t.Fatalf("%d tasks: %v", count, counts)
			}
		}
	})
}

// TestFleetUpdates: a fleet that was brought up to date is the fleet built anew.
func TestFleetUpdates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, want := NewFleet(nil), map[string]Node{}
		rules, err := Compile(drawStrategies(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		req := func() *Request { return &Request{Count: 5, Resources: model.Resources{CPU: 10}, Rules: rules} }
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			n := fleetOf(rapid.IntRange(1, 6).Draw(t, "node"))
			node := n[len(n)-1]
			node.Instance.Status = rapid.SampledFrom([]string{"ACTIVE", "ACTIVE", "DRAINING"}).Draw(t, "status")
			node.Instance.CapacityProvider = rapid.SampledFrom([]string{"", "p"}).Draw(t, "provider")
			node.Instance.Attributes = append(node.Instance.Attributes, model.Attribute{Name: "rack", Value: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "rack")})
			node.Usage.CPU = rapid.IntRange(0, 3).Draw(t, "used")
			node.Usage.Running = rapid.IntRange(0, 3).Draw(t, "running")
			if rapid.Bool().Draw(t, "place") {
				Place(f, req(), 3) // makes the fleet remember an order
			}
			id := node.Instance.Key().ID
			if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
				f.Remove(id)
				delete(want, id)
				continue
			}
			f.Set(node)
			want[id] = node
		}
		var nodes []Node
		for _, n := range want {
			nodes = append(nodes, n)
		}
		if fresh := NewFleet(nodes); !reflect.DeepEqual(Place(f, req(), 7), Place(fresh, req(), 7)) || f.Active() != fresh.Active() || !reflect.DeepEqual(f.Nodes(), fresh.Nodes()) || !reflect.DeepEqual(f.at, fresh.at) {
			t.Fatalf("%+v, want %+v", f, fresh)
		}
	})
}

func strategyName(strategy []model.PlacementStrategy) string {
	if len(strategy) == 0 {
		return "default"
	}
	var words []string
	for _, s := range strategy {
		words = append(words, s.Type+strings.TrimPrefix(s.Field, "attribute:"))
	}
	return strings.Join(words, "+")
}

func BenchmarkPlace(b *testing.B) {
	nodes := fleetOf(10_000)
	for i := range nodes {
		nodes[i].Instance.Attributes = append(nodes[i].Instance.Attributes, model.Attribute{Name: ZoneAttribute, Value: fmt.Sprint("z", i%3)},
			model.Attribute{Name: "rack", Value: fmt.Sprint("r", i%60)})
		nodes[i].Usage.CPU, nodes[i].Usage.Memory, nodes[i].Usage.Running = i*7%1000, i*13%1000, i%100
	}
	zone, instance := model.PlacementStrategy{Type: Spread, Field: "attribute:" + ZoneAttribute}, model.PlacementStrategy{Type: Spread, Field: "instanceId"}
	cpu, memory := model.PlacementStrategy{Type: Binpack, Field: "cpu"}, model.PlacementStrategy{Type: Binpack, Field: "memory"}
	for _, strategy := range [][]model.PlacementStrategy{nil, {memory}, {cpu, memory}, {zone, memory}, {instance, cpu}, {zone, {Type: Spread, Field: "attribute:rack"}, instance, cpu, memory}, {{Type: Random}}} {
		f := NewFleet(nodes)
		for _, count := range []int{1, 10, 100} {
			rules, err := Compile(strategy, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%d", strategyName(strategy), count), func(b *testing.B) {
				req := &Request{Count: count, Resources: model.Resources{CPU: 100, Memory: 100}, Rules: rules,
					Required: []model.Attribute{{Name: "ecs.capability.x"}}}
				placed := len(Place(f, req, 1).Placed)
				for b.Loop() {
					placed += len(Place(f, req, uint64(placed)).Placed)
				}
				b.ReportMetric(float64(placed-count)/b.Elapsed().Seconds(), "placements/s")
			})
		}
	}
}

// scores returns what a chain of strategies compares for node n, lowest first,
// as the documentation has it and without any cleverness: a spread over an
// attribute counts the group's tasks on all nodes with the same value of it and
// of the attributes at the beginning of the chain that come before it.
func scores(strategy []model.PlacementStrategy, nodes []Node, group []string, n Node) (s []int) {
	value := func(n Node, name string) string {
		v, _ := n.Instance.Attribute(strings.TrimPrefix(name, "attribute:"))
		return v
	}
	var alike []string
	leading := true
	for _, step := range strategy {
		attribute := step.Type == Spread && strings.HasPrefix(step.Field, "attribute:")
		leading = leading && attribute
		switch {
		case step.Type == Random:
			return s
		case step.Type == Binpack && step.Field == "cpu":
			s = append(s, n.Instance.Registered.CPU-n.Usage.CPU)
		case step.Type == Binpack:
			s = append(s, n.Instance.Registered.Memory-n.Usage.Memory)
		case !attribute:
			count := 0
			for _, id := range group {
				if id == n.Instance.Key().ID {
					count++
				}
			}
			s = append(s, count)
		default:
			count := 0
			for _, id := range group {
				at := slices.IndexFunc(nodes, func(o Node) bool { return o.Instance.Key().ID == id })
				if at >= 0 && value(nodes[at], step.Field) == value(n, step.Field) &&
					!slices.ContainsFunc(alike, func(f string) bool { return value(nodes[at], f) != value(n, f) }) {
					count++
				}
			}
			s = append(s, count)
			if leading {
				alike = append(alike, step.Field)
			}
		}
	}
	return s
}

// TestNoInstanceIsBetter compares each choice with all others: no instance
// that could have taken the task is better by the chain of strategies.
func TestNoInstanceIsBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawNodes(t)
		req := drawRequest(t, nodes)
		strategy := drawStrategies(t)
		rules, err := Compile(strategy, nil)
		if err != nil {
			t.Fatal(err)
		}
		rules.distinct, rules.memberOf = req.Rules.distinct, req.Rules.memberOf
		req.Rules = rules
		if len(strategy) == 0 {
			strategy = defaultStrategy[:]
		}
		f := NewFleet(nodes)
		replay := *req
		now := slices.Clone(nodes)
		for _, id := range Place(f, req, rapid.Uint64().Draw(t, "seed")).Placed {
			at := slices.IndexFunc(now, func(n Node) bool { return n.Instance.Key().ID == id })
			chosen := scores(strategy, now, replay.Group, now[at])
			for _, n := range now {
				if s := scores(strategy, now, replay.Group, n); Check(n, &replay) == "" && slices.Compare(s, chosen) < 0 {
					t.Fatalf("%v: %s with %v was chosen, but %s has %v", strategy, id, chosen, n.Instance.ID, s)
				}
			}
			now[at].Usage = now[at].Usage.Add(&model.Task{Spec: model.TaskSpec{Resources: req.Resources}, Status: model.TaskObserved{Last: model.TaskPending}})
			replay.Group = append(replay.Group, id)
		}
		for _, n := range nodes {
			if left, _ := f.Node(n.Instance.Key().ID); !reflect.DeepEqual(left, n) {
				t.Fatalf("the fleet has %+v, it was %+v", left, n)
			}
		}
	})
}

// BenchmarkPlaceRefused places where the instances that the strategy prefers
// refuse: one in a hundred has the attribute that is wanted.
func BenchmarkPlaceRefused(b *testing.B) {
	nodes := fleetOf(10_000)
	for i := range nodes {
		nodes[i].Instance.Attributes = append(nodes[i].Instance.Attributes, model.Attribute{Name: "stack", Value: fmt.Sprint(i % 100)})
		nodes[i].Usage.CPU = 10_000 - i
	}
	rules, err := Compile([]model.PlacementStrategy{{Type: Binpack, Field: "cpu"}}, []model.PlacementConstraint{{Type: MemberOf, Expression: "attribute:stack == 99"}})
	if err != nil {
		b.Fatal(err)
	}
	f := NewFleet(nodes)
	for b.Loop() {
		Place(f, &Request{Count: 1, Rules: rules, Resources: model.Resources{CPU: 10}}, 1)
	}
}

// BenchmarkPlaceNowhere places where no instance has room.
func BenchmarkPlaceNowhere(b *testing.B) {
	f := NewFleet(fleetOf(10_000))
	for b.Loop() {
		Place(f, &Request{Count: 1, Resources: model.Resources{CPU: 1 << 21}}, 1)
	}
}
