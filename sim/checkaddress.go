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
