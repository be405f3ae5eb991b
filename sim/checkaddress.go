package sim

import (
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// address checks a task's interface ("address"): one of its own, from when it
// is on an instance until it has STOPPED. It looks at what is stored of every
// task in the subnet, not at what was chosen by.
func (c *checker) address(v store.View, was, now *model.Task) {
	if was != nil && was.Spec.Interface != nil && was.Spec.Interface != now.Spec.Interface &&
		(now.Spec.Interface == nil || was.Spec.Interface.Address != now.Spec.Interface.Address || was.Spec.Interface.Subnet != now.Spec.Interface.Subnet) {
		c.w.fail("address", "task %s changes its interface", now.ID)
	}
	n := now.Spec.Interface
	if n == nil || now.Status.Last == model.TaskStopped {
		return
	}
	if now.Spec.Instance == "" {
		c.w.fail("address", "task %s has an interface and no instance", now.ID)
	}
	s, ok := v.Subnet(now.Account, n.Subnet)
	if !ok {
		c.w.fail("address", "task %s is in a subnet that is not there", now.ID)
		return
	}
	if first, last := s.Range(); n.Address < first || n.Address > last {
		c.w.fail("address", "task %s has %v, which is not of %s", now.ID, n.Address, s.CIDR)
	}
	for t := range store.All[*model.Task](v) {
		if o := t.Spec.Interface; o != nil && t.ID != now.ID && t.Status.Last != model.TaskStopped && o.Subnet == n.Subnet && o.Address == n.Address {
			c.w.fail("address", "tasks %s and %s have %v", now.ID, t.ID, n.Address)
		}
	}
}

// addressFree looks whether a service that says that no address is free for its
// tasks is right.
func (c *checker) addressFree(v store.View, s *model.Service, need model.Resources) string {
	if s.Spec.Network == nil {
		return "service " + s.Name + " says that no address is free, and its tasks need none"
	}
	for _, id := range s.Spec.Network.Subnets {
		subnet, ok := v.Subnet(s.Account, id)
		if !ok {
			continue
		}
		first, last := subnet.Range()
		taken := 0
		for range store.TasksBySubnet(v, subnet.Key().ID) {
			taken++
		}
		near := false // tasks have addresses of their instance's zone where there are any
		for i := range store.All[*model.ContainerInstance](v) {
			zone, _ := i.Attribute(model.AttributeZone)
			near = near || i.Status == model.InstanceActive && i.AgentConnected && zone == subnet.Zone && fits(v, i, need)
		}
		if near && taken <= int(last-first) {
			return c.blame("address", "service %s says that no address is free, and %d of %s are taken", s.Name, taken, id)
		}
	}
	return ""
}
