package provision

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
	"github.com/roadstead/roadstead/plan/place"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// TestTranscripts plays testdata. Lines are "instance ID PROVIDER MEMORY
// [used=N] [DRAINING]" and "task ID PROVIDER MEMORY AGE [distinct] [memberOf=X]".
func TestTranscripts(t *testing.T) {
	datadriven.RunTest(t, "testdata/provision.txt", func(t *testing.T, d *datadriven.TestData) string {
		v := newView(nil)
		var nodes []place.Node
		for line := range strings.SplitSeq(d.Input, "\n") {
			words := strings.Fields(line)
			switch words[0] {
			case "instance":
				nodes = append(nodes, node(words[1], words[2], number(t, words[3]), words[4:]))
			case "task":
				age, err := time.ParseDuration(words[4])
				if err != nil {
					t.Fatal(err)
				}
				v.Tasks = append(v.Tasks, task(words[1], words[2], number(t, words[3]), age, words[5:]))
			}
		}
		v.Fleet = place.NewFleet(nodes)
		return show(Plan(v))
	})
}

func number(t *testing.T, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func newView(nodes []place.Node) View {
	return View{Now: start, Definitions: map[string]*model.TaskDefinition{"1/d:1": {Definition: &types.TaskDefinition{}}}, Fleet: place.NewFleet(nodes)}
}

func node(id, provider string, memory int, rest []string) place.Node {
	n := place.Node{Instance: &model.ContainerInstance{Account: "1", Cluster: "c", ID: id, Status: model.InstanceActive, AgentConnected: true,
		CapacityProvider: provider, Registered: model.Resources{CPU: 1 << 20, Memory: memory}}}
	for _, w := range rest {
		if used, ok := strings.CutPrefix(w, "used="); ok {
			n.Usage.Memory, _ = strconv.Atoi(used)
		} else {
			n.Instance.Status = w
		}
	}
	return n
}

func task(id, provider string, memory int, age time.Duration, rest []string) *model.Task {
	t := &model.Task{Account: "1", Cluster: "c", ID: id, Desired: model.TaskRunning,
		Spec: model.TaskSpec{TaskDefinition: "1/d:1", Group: "family:d", CapacityProvider: provider, Resources: model.Resources{Memory: memory},
			CreatedAt: start.Add(-age)},
		Status: model.TaskObserved{Containers: []model.ContainerObserved{{Name: "main", Last: model.TaskPending}}}}
	strategy := []model.PlacementStrategy{{Type: place.Binpack, Field: place.FieldMemory}}
	var constraints []model.PlacementConstraint
	for _, w := range rest {
		if e, ok := strings.CutPrefix(w, "memberOf="); ok {
			constraints = append(constraints, model.PlacementConstraint{Type: place.MemberOf, Expression: strings.ReplaceAll(e, "_", " ")})
		} else {
			constraints = append(constraints, model.PlacementConstraint{Type: place.DistinctInstance})
		}
	}
	Wait(t, strategy, constraints, nil)
	return t
}

func show(p plan.Plan) string {
	var out strings.Builder
	for _, w := range p.Change.Writes {
		t := w.Noun.(*model.Task)
		fmt.Fprintf(&out, "%s: %s on %q %s %s\n", t.ID, t.Status.Last, strings.TrimPrefix(t.Spec.Instance, "1/c/"), t.StopCode, t.StoppedReason)
	}
	for _, r := range p.Reasons {
		if r.Code == "Waiting" {
			fmt.Fprintf(&out, "%s waits: %s\n", strings.TrimPrefix(r.Subject.ID, "1/c/"), r.Message)
		}
	}
	if !p.Wake.IsZero() {
		fmt.Fprintf(&out, "wake in %v\n", p.Wake.Sub(start))
	}
	return out.String()
}

// TestNothingIsOvercommittedOrPassedOver: what is given fits beside what was
// there, tasks of the same kind are served in the order of their age, the
// fleet is left as it was, and planning again after the plan gives nothing
// more.
func TestNothingIsOvercommittedOrPassedOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var nodes []place.Node
		for i := range rapid.IntRange(0, 6).Draw(t, "instances") {
			n := node(fmt.Sprint("i", i), rapid.SampledFrom([]string{"p", "q"}).Draw(t, "provider"), rapid.IntRange(0, 1000).Draw(t, "memory"), nil)
			n.Usage.Memory = rapid.IntRange(0, 300).Draw(t, "used")
			nodes = append(nodes, n)
		}
		v := newView(nodes)
		for i := range rapid.IntRange(0, 12).Draw(t, "tasks") {
			age := time.Duration(rapid.IntRange(0, 10).Draw(t, "age")) * time.Minute
			v.Tasks = append(v.Tasks, task(fmt.Sprintf("t%02d", i), rapid.SampledFrom([]string{"p", "q"}).Draw(t, "wants"), rapid.SampledFrom([]int{100, 300, 900}).Draw(t, "size"), age, nil))
		}
		p := Plan(v)
		after := append([]place.Node(nil), nodes...)
		given := map[string]bool{}
		for _, w := range p.Change.Writes {
			got := w.Noun.(*model.Task)
			given[got.ID] = true
			for i := range after {
				if after[i].Instance.Key().ID == got.Spec.Instance {
					after[i].Usage = after[i].Usage.Add(got)
					if after[i].Usage.Memory > after[i].Instance.Registered.Memory || after[i].Instance.CapacityProvider != got.Spec.CapacityProvider {
						t.Fatalf("%s does not belong on %+v", got.ID, after[i])
					}
				}
			}
		}
		for _, n := range nodes {
			if now, _ := v.Fleet.Node(n.Instance.Key().ID); now.Usage.Memory != n.Usage.Memory || now.Usage.Pending != n.Usage.Pending {
				t.Fatalf("the fleet was changed: %+v", now)
			}
		}
		for _, a := range v.Tasks {
			for _, b := range v.Tasks {
				if shapeOf(a) == shapeOf(b) && a.Spec.CreatedAt.Before(b.Spec.CreatedAt) && given[b.ID] && !given[a.ID] {
					t.Fatalf("%s was served before %s", b.ID, a.ID)
				}
			}
		}
		rest := newView(after)
		for _, x := range v.Tasks {
			if !given[x.ID] {
				rest.Tasks = append(rest.Tasks, x)
			}
		}
		if again := Plan(rest); !again.Change.Empty() {
			t.Fatalf("planning again writes %s", show(again))
		}
	})
}

func TestPlansAreBounded(t *testing.T) {
	v := newView([]place.Node{node("i", "p", 1<<20, nil)})
	for i := range 3 * plan.MaxWrites {
		v.Tasks = append(v.Tasks, task(fmt.Sprint("t", i), "p", 1, time.Minute, nil))
	}
	if p := Plan(v); len(p.Change.Writes) > plan.MaxWrites || !p.Wake.Equal(start) {
		t.Errorf("%d writes, wake %v", len(p.Change.Writes), p.Wake)
	}
}

func TestWaits(t *testing.T) {
	for name, c := range map[string]struct {
		provider *model.CapacityProvider
		want     bool
	}{
		"none":              {nil, false},
		"FARGATE":           {&model.CapacityProvider{Name: model.ProviderFargate}, false},
		"managed instances": {&model.CapacityProvider{Managed: &types.ManagedInstancesProvider{}}, true},
		"unmanaged group":   {&model.CapacityProvider{AutoScaling: &types.AutoScalingGroupProvider{}}, false},
		"disabled": {&model.CapacityProvider{AutoScaling: &types.AutoScalingGroupProvider{
			ManagedScaling: &types.ManagedScaling{Status: types.ManagedScalingStatusDisabled}}}, false},
		"enabled": {&model.CapacityProvider{AutoScaling: &types.AutoScalingGroupProvider{
			ManagedScaling: &types.ManagedScaling{Status: types.ManagedScalingStatusEnabled}}}, true},
	} {
		if got := Waits(c.provider); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// subnets is an address.Network in which nobody has an address.
type subnets []*model.Subnet

func (s subnets) Subnet(account, id string) (*model.Subnet, bool) {
	i := slices.IndexFunc(s, func(n *model.Subnet) bool { return n.ID == id })
	if i < 0 {
		return nil, false
	}
	return s[i], true
}

func (subnets) TasksAt(string, model.Address) iter.Seq[*model.Task] {
	return func(func(*model.Task) bool) {}
}

// TestOtherZonesAreTried: waiting tasks go to where addresses are; those that find
// none do not keep the room from others.
func TestOtherZonesAreTried(t *testing.T) {
	v := newView(nil)
	var nodes []place.Node
	for _, zone := range []string{"a", "b"} {
		n := node("i"+zone, "p", 1000, nil)
		n.Instance.Attributes = []model.Attribute{{Name: model.AttributeZone, Value: zone}}
		nodes = append(nodes, n)
	}
	v.Fleet = place.NewFleet(nodes)
	v.Network = subnets{{Account: "1", ID: "a", Zone: "a", CIDR: "10.0.0.0/30"}, {Account: "1", ID: "b", Zone: "b", CIDR: "10.0.1.0/29"}}
	for i := range 6 { // a /30 has no addresses, a /29 three
		w := task(fmt.Sprint("t", i), "p", 100, 10*time.Minute, nil)
		w.Spec.Network = &model.NetworkConfiguration{Subnets: []string{"a", "b"}}
		v.Tasks = append(v.Tasks, w)
	}
	v.Tasks = append(v.Tasks, task("young", "p", 900, time.Minute, nil))
	p, made := Plan(v), map[string]int{}
	for _, w := range p.Change.Writes {
		given := w.Noun.(*model.Task)
		made[strings.TrimPrefix(given.Spec.Instance, "1/c/")]++
		if given.ID == "young" {
			continue
		}
		if n := given.Spec.Interface; n == nil || n.Subnet != "b" || given.Spec.Network != nil {
			t.Errorf("%s: %+v %+v", given.ID, n, given.Spec.Network)
		}
	}
	if made["ib"] != 3 || made["ia"] != 1 {
		t.Errorf("%v\n%s", made, show(p))
	}
	if waits := show(p); strings.Count(waits, "InsufficientFreeAddressesInSubnet") != 3 {
		t.Errorf("%s", waits)
	}
}
