package store

import (
	"encoding/binary"
	"iter"
	"slices"

	"github.com/roadstead/roadstead/model"
)

// addresses are those that the changes of a batch give to tasks, before the
// tables show it.
type addresses map[string]bool

// free returns the addresses that a change gives to tasks, none of which a task
// that still has an interface may have. Revisions cannot guard that:
// two plans that choose the same free address read nothing in common that
// either changes. An address that is taken is a conflict with its subnet, and
// the planner chooses again.
func (a addresses) free(st *state, c model.Change) (given []string, err error) {
	for _, w := range c.Writes {
		t, ok := w.Noun.(*model.Task)
		if !ok || !t.HoldsAddress() || st.addresses < 0 || hasAddress(st, t) {
			continue
		}
		value := addressOf(t)
		if a[value] || slices.Contains(given, value) || st.heldByOther(value, w.Key.ID) {
			return nil, &ConflictError{model.Key{Kind: model.KindSubnet, ID: model.SubnetID(t.Account, t.Spec.Interface.Subnet)}}
		}
		given = append(given, value)
	}
	return given, nil
}

// hasAddress reports whether the task has its interface already.
func hasAddress(st *state, t *model.Task) bool {
	noun, ok := st.noun(t.Key())
	return ok && noun.(*model.Task).Spec.Interface != nil
}

// heldByOther reports whether a task of another id has the address.
func (st *state) heldByOther(value, id string) (held bool) {
	st.tables[st.task].found(st.schema.tables[st.task], st.addresses, value, func(r *row) bool {
		held = r.id != id && r.noun.(*model.Task).HoldsAddress()
		return !held
	})
	return held
}

// addressOf returns what a task is found by that has or had an interface: the
// subnet's id (model.SubnetID), a slash, and the address in four bytes.
func addressOf(t *model.Task) string {
	if t.Spec.Interface == nil {
		return ""
	}
	return addressValue(model.SubnetID(t.Account, t.Spec.Interface.Subnet), t.Spec.Interface.Address)
}

func addressValue(subnetID string, a model.Address) string {
	b := make([]byte, 0, len(subnetID)+5)
	b = append(append(b, subnetID...), '/')
	return string(binary.BigEndian.AppendUint32(b, uint32(a)))
}

// subnetOf returns what a task is found by that has an interface.
func subnetOf(t *model.Task) string {
	if !t.HoldsAddress() {
		return ""
	}
	return model.SubnetID(t.Account, t.Spec.Interface.Subnet)
}

// TasksAt returns the tasks that have, or had and are still in the tables, an
// address in a subnet (model.SubnetID), by id.
func (v View) TasksAt(subnetID string, a model.Address) iter.Seq[*model.Task] {
	return lookup[*model.Task](v, byAddress, addressValue(subnetID, a))
}

// TasksBySubnet returns the tasks that have an interface in a subnet
// (model.SubnetID), by id.
func TasksBySubnet(v View, subnetID string) iter.Seq[*model.Task] {
	return lookup[*model.Task](v, bySubnet, subnetID)
}

// Subnet returns the subnet of an account with the id and whether there is one.
func (v View) Subnet(account, id string) (*model.Subnet, bool) {
	return Get[*model.Subnet](v, model.SubnetID(account, id))
}

// GroupsOf returns the ids of the security groups that an interface is in: its
// own, or else the default one of its VPC.
func GroupsOf(v View, account string, n *model.NetworkInterface) []string {
	if len(n.Groups) > 0 {
		return n.Groups
	}
	s, _ := v.Subnet(account, n.Subnet)
	if s == nil {
		return nil
	}
	vpc, ok := Get[*model.VPC](v, model.VPCID(account, s.VPC))
	if !ok {
		return nil
	}
	return []string{vpc.DefaultGroup}
}
