package control_test

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/store"
)

// TestPayloadHasTheInterface has a task without groups of its own: its
// interface is in the VPC's default group, and its instance is told the rules.
func TestPayloadHasTheInterface(t *testing.T) {
	l := newLinked(t)
	for range 2 { // the second time it is there
		if err := control.BeginNetwork(l.root, l.db, linkAccount, linkRegion); err != nil {
			t.Fatal(err)
		}
	}
	if n := store.Len[*model.VPC](l.db.View()); n != 1 {
		t.Fatalf("%d VPCs", n)
	}
	p := control.NewNetworks(linkRegion)
	if got := p.Plan(l.db.View(), linkAccount, time.Time{}); !got.Change.Empty() {
		t.Errorf("an account that has a VPC: %+v", got.Change)
	}
	l.put(&model.Account{ID: "111111111111"}, &model.Account{ID: "222222222222", ClosedAt: time.Unix(1, 0)})
	if got := p.Plan(l.db.View(), "111111111111", time.Time{}); len(got.Change.Writes) != 5 {
		t.Errorf("a new account: %+v", got.Change)
	}
	if got := p.Plan(l.db.View(), "222222222222", time.Time{}); !got.Change.Empty() {
		t.Errorf("a closed account: %+v", got.Change)
	}
	var subnet *model.Subnet
	for s := range store.All[*model.Subnet](l.db.View()) {
		subnet = s
	}
	task := l.task.Clone()
	task.ID = "0123456789abcdef0123456789abcdef"
	given, ok := address.New(l.db.View(), 1).Interface(linkAccount, &model.NetworkConfiguration{Subnets: []string{subnet.ID}}, "")
	if !ok {
		t.Fatal("no address")
	}
	task.Spec.Interface = given
	l.put(task)
	link, err := l.connect(l.root, l.one)
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	_, assigned := l.links.Assignments(link)
	if len(assigned) != 2 {
		t.Fatalf("%+v", assigned)
	}
	for _, a := range assigned {
		p := a.Payload(time.Time{})
		if a.ARN != task.ARN(linkRegion) {
			if len(p.Interfaces) != 0 {
				t.Errorf("a task without an interface: %+v", p.Interfaces)
			}
			continue
		}
		if len(p.Interfaces) != 1 || p.Interfaces[0].IPv4Addresses[0].PrivateAddress != given.Address.String() || p.Interfaces[0].Gateway != subnet.Gateway() {
			t.Fatalf("%+v", p.Interfaces)
		}
		groups := p.Interfaces[0].SecurityGroups
		if len(groups) != 1 || len(groups[0].Ingress) != 1 || groups[0].Ingress[0].GroupID != groups[0].ID || groups[0].Egress[0].CIDR != "0.0.0.0/0" {
			t.Errorf("%+v", groups)
		}
	}
}
