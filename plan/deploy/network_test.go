package deploy

import (
	"iter"
	"slices"
	"testing"

	"github.com/roadstead/roadstead/model"
)

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

// TestZonesWithoutAddresses: where a zone has no address left, tasks go to
// another one, and are said to lack addresses only when no zone has any.
func TestZonesWithoutAddresses(t *testing.T) {
	for _, c := range []struct {
		blocks   [2]string // of the zones' subnets; a /29 has three addresses, a /30 none
		missing  int
		want     map[string]int // new tasks by zone
		unplaced bool
	}{
		{[2]string{"10.0.0.0/28", "10.0.1.0/28"}, 3, map[string]int{"za": 1, "zb": 2}, false}, // one is in za already
		{[2]string{"10.0.0.0/30", "10.0.1.0/28"}, 3, map[string]int{"zb": 3}, false},
		{[2]string{"10.0.0.0/30", "10.0.1.0/29"}, 6, map[string]int{"zb": 3}, true},
		{[2]string{"10.0.0.0/30", "10.0.1.0/30"}, 2, map[string]int{}, true},
	} {
		v := crowd(1+c.missing, 4)
		v.Tasks = v.Tasks[:1]
		for i, id := range v.Fleet.Nodes() {
			n, _ := v.Fleet.Node(id)
			n.Instance = n.Instance.Clone()
			n.Instance.Attributes = slices.DeleteFunc(slices.Clone(n.Instance.Attributes), func(a model.Attribute) bool { return a.Name == model.AttributeZone })
			n.Instance.Attributes = append(n.Instance.Attributes, model.Attribute{Name: model.AttributeZone, Value: []string{"za", "zb"}[i%2]})
			v.Fleet.Set(n)
		}
		v.Network = subnets{{Account: v.Service.Account, ID: "a", Zone: "za", CIDR: c.blocks[0]}, {Account: v.Service.Account, ID: "b", Zone: "zb", CIDR: c.blocks[1]}}
		for i, d := range v.Deployments {
			v.Deployments[i] = d.Clone()
			v.Deployments[i].Spec.Network = &model.NetworkConfiguration{Subnets: []string{"a", "b"}}
		}
		p, made := Plan(v), map[string]int{}
		for _, w := range p.Change.Writes {
			if task, ok := w.Noun.(*model.Task); ok && task.Desired == model.TaskRunning && task.Spec.Interface != nil {
				zone := v.Fleet.Zone(task.Spec.Instance)
				made[zone]++
				if task.Spec.Interface.Subnet != zone[1:] {
					t.Errorf("%v: a task in %s is in subnet %s", c, zone, task.Spec.Interface.Subnet)
				}
			}
		}
		stuck := false
		for _, r := range p.Reasons {
			stuck = stuck || r.Code == CodeStuck
		}
		if len(made) != len(c.want) || made["za"] != c.want["za"] || made["zb"] != c.want["zb"] || stuck != c.unplaced {
			t.Errorf("%+v: made %v, stuck %v: %+v", c, made, stuck, p.Reasons)
		}
	}
}
