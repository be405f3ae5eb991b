package control

import (
	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// interfaces returns the interface of a task in network mode awsvpc, none for
// others. A subnet or group with interfaces is not deleted; if one is missing
// all the same the task is sent without its interface, and its node refuses it.
func (l *Links) interfaces(v store.View, t *model.Task) []acs.NetworkInterface {
	n := t.Spec.Interface
	if n == nil {
		return nil
	}
	s, ok := v.Subnet(t.Account, n.Subnet)
	if !ok {
		l.options.Logger.Error("task without its subnet", "task", t.ID, "subnet", n.Subnet)
		return nil
	}
	var groups []*model.SecurityGroup
	for _, id := range store.GroupsOf(v, t.Account, n) {
		g, ok := store.Get[*model.SecurityGroup](v, model.SecurityGroupID(t.Account, id))
		if !ok {
			l.options.Logger.Error("task without its security group", "task", t.ID, "group", id)
			return nil
		}
		groups = append(groups, g)
	}
	return []acs.NetworkInterface{l.platform.Interface(t, s, groups)}
}
