package address

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// network is a Network of few subnets and tasks.
type network struct {
	subnets []*model.Subnet
	tasks   []*model.Task
}

func (n *network) Subnet(account, id string) (*model.Subnet, bool) {
	for _, s := range n.subnets {
		if s.Account == account && s.ID == id {
			return s, true
		}
	}
	return nil, false
}

func (n *network) TasksAt(subnetID string, a model.Address) iter.Seq[*model.Task] {
	var found []*model.Task
	for _, t := range n.tasks {
		if i := t.Spec.Interface; model.SubnetID(t.Account, i.Subnet) == subnetID && i.Address == a {
			found = append(found, t)
		}
	}
	return slices.Values(found)
}

// take has a new task take the interface.
func (n *network) take(i *model.NetworkInterface) *model.Task {
	t := &model.Task{Account: "1", ID: fmt.Sprintf("%032x", len(n.tasks)), Desired: model.TaskRunning,
		Spec: model.TaskSpec{Interface: i}, Status: model.TaskObserved{Last: model.TaskRunning}}
	n.tasks = append(n.tasks, t)
	return t
}

func small() *network {
	return &network{subnets: []*model.Subnet{
		{Account: "1", ID: "subnet-a", VPC: "vpc", CIDR: "10.0.0.0/28", Zone: "za"},
		{Account: "1", ID: "subnet-b", VPC: "vpc", CIDR: "10.0.0.16/28", Zone: "zb"},
		{Account: "1", ID: "subnet-none", VPC: "vpc", CIDR: "10.0.1.0/30", Zone: "zn"},
		{Account: "1", ID: "subnet-last", VPC: "vpc", CIDR: "255.255.255.240/28", Zone: "zl"},
	}}
}

func wants(subnets ...string) *model.NetworkConfiguration {
	return &model.NetworkConfiguration{Subnets: subnets, Groups: []string{"sg-1"}}
}

// TestAddressesDiffer fills subnets up, in one plan and in many: each gives
// its eleven addresses and no more, and none that it keeps for itself.
func TestAddressesDiffer(t *testing.T) {
	for _, subnet := range []string{"subnet-a", "subnet-last"} {
		for _, plans := range []int{1, 11} {
			n := small()
			s, _ := n.Subnet("1", subnet)
			first, last := s.Range()
			seen := map[model.Address]bool{}
			var c *Chooser
			for i := range 11 {
				if i%(11/plans) == 0 {
					c = New(n, uint64(i))
				}
				got, ok := c.Interface("1", wants(subnet), "zb")
				if !ok || seen[got.Address] || got.Address < first || got.Address > last || got.Subnet != subnet || got.Groups[0] != "sg-1" {
					t.Fatalf("%s, %d plans, %d: %v %+v", subnet, plans, i, ok, got)
				}
				seen[got.Address] = true
				if plans > 1 {
					n.take(got)
				}
			}
			if got, ok := c.Interface("1", wants(subnet), ""); ok {
				t.Errorf("%s, %d plans: a twelfth address: %v", subnet, plans, got.Address)
			}
		}
	}
}

// TestZoneIsKept: a task is in a subnet of its instance's zone if one is named,
// else in any that has room.
func TestZoneIsKept(t *testing.T) {
	n := small()
	for i := range 20 {
		if got, _ := New(n, uint64(i)).Interface("1", wants("subnet-a", "subnet-b"), "zb"); got.Subnet != "subnet-b" {
			t.Fatalf("in zone zb: %+v", got)
		}
	}
	counts := map[string]int{}
	for i := range 22 {
		got, ok := New(n, uint64(i)).Interface("1", wants("subnet-a", "subnet-none", "subnet-b", "subnet-gone"), "elsewhere")
		if !ok {
			t.Fatalf("%v", counts)
		}
		counts[got.Subnet]++
		n.take(got)
	}
	if counts["subnet-a"] != 11 || counts["subnet-b"] != 11 {
		t.Errorf("%v", counts)
	}
	for _, none := range []*model.NetworkConfiguration{wants("subnet-a"), wants("subnet-none"), wants("subnet-gone")} {
		if got, ok := New(n, 1).Interface("1", none, ""); ok {
			t.Errorf("%v: %+v", none.Subnets, got)
		}
	}
}

// TestAddressesRest: an address that was given back is not given again as long
// as there are others, and then the one that has rested for longest is.
func TestAddressesRest(t *testing.T) {
	n := small()
	stop := func(task *model.Task, at time.Time) { task.Status.Last, task.Status.StoppedAt = model.TaskStopped, at }
	var order []model.Address
	for i := range 11 {
		got, _ := New(n, uint64(i)).Interface("1", wants("subnet-a"), "")
		if slices.Contains(order, got.Address) {
			t.Fatalf("%v is given again", got.Address)
		}
		order = append(order, got.Address)
		stop(n.take(got), start.Add(time.Duration(i)*time.Minute))
	}
	n.tasks[0].Status.Last = model.TaskRunning // still holds its address
	c := New(n, 99)
	for i := 1; i < 11; i++ {
		got, ok := c.Interface("1", wants("subnet-a"), "")
		if !ok || got.Address != order[i] {
			t.Fatalf("%d: %v, want %v", i, got, order[i])
		}
	}
	if got, ok := c.Interface("1", wants("subnet-a"), ""); ok {
		t.Fatalf("more than there are: %v", got)
	}
	// A task that took an address over holds it, whatever its predecessor did.
	n.take(&model.NetworkInterface{Subnet: "subnet-a", Address: order[1]})
	if got, _ := New(n, 7).Interface("1", wants("subnet-a"), ""); got.Address != order[2] {
		t.Errorf("%v, want %v", got.Address, order[2])
	}
}

// TestBeginning looks at what an account has from the beginning.
func TestBeginning(t *testing.T) {
	nouns := Beginning("000000000000", "us-east-1")
	if len(nouns) != 5 {
		t.Fatalf("%d nouns", len(nouns))
	}
	vpc, group := nouns[0].(*model.VPC), nouns[1].(*model.SecurityGroup)
	if !vpc.Default || vpc.CIDR != "172.31.0.0/16" || vpc.DefaultGroup != group.ID || len(vpc.ID) != len("vpc-")+17 || group.VPC != vpc.ID || len(group.Rules) != 2 {
		t.Errorf("%+v %+v", vpc, group)
	}
	var got []string
	for _, n := range nouns[2:] {
		s := n.(*model.Subnet)
		first, last := s.Range()
		got = append(got, fmt.Sprint(s.CIDR, " ", s.Zone, " ", s.ZoneID, " ", first, " ", last, " ", s.Gateway()))
	}
	want := []string{
		"172.31.0.0/20 us-east-1a use1-az1 172.31.0.4 172.31.15.254 172.31.0.1/20",
		"172.31.16.0/20 us-east-1b use1-az2 172.31.16.4 172.31.31.254 172.31.16.1/20",
		"172.31.32.0/20 us-east-1c use1-az3 172.31.32.4 172.31.47.254 172.31.32.1/20",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if again := Beginning("000000000000", "us-east-1")[0].(*model.VPC); again.ID != vpc.ID {
		t.Errorf("%s and %s", vpc.ID, again.ID)
	}
	if other := Beginning("000000000001", "us-east-1")[0].(*model.VPC); other.ID == vpc.ID {
		t.Error("two accounts have the same VPC")
	}
}

func TestRegionsAreAbbreviated(t *testing.T) {
	for region, want := range map[string]string{"us-east-1": "use1", "eu-central-1": "euc1", "ap-southeast-2": "apse2", "us-gov-west-1": "usgw1", "here": "here"} {
		if got := shortRegion(region); got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
}
