package address

import (
	"encoding/binary"
	"hash/fnv"
	"iter"
	"slices"
	"time"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// Network is what is known of subnets and of who has addresses in them. A
// store.View is one.
type Network interface {
	// Subnet returns a subnet of the account and whether there is one.
	Subnet(account, id string) (*model.Subnet, bool)
	// TasksAt returns the tasks that have, or had and are remembered, an address
	// in a subnet (model.SubnetID).
	TasksAt(subnetID string, a model.Address) iter.Seq[*model.Task]
}

// Chooser chooses the addresses of one plan, each different from the others.
// One goroutine may use it.
type Chooser struct {
	network Network
	seed    uint64
	draws   uint64
	given   map[place]bool
	// rested are the addresses of the subnets in which each has had a task, that
	// are free, the one that has rested for longest first.
	rested map[string][]model.Address
}

// place is an address of a subnet (model.SubnetID).
type place struct {
	subnet  string
	address model.Address
}

// New returns a chooser of addresses in the network. The seed decides between
// addresses that are as good as each other: plans that are made at once should
// have different ones, so that they do not get in each other's way.
func New(network Network, seed uint64) *Chooser {
	return &Chooser{network: network, seed: seed, given: map[place]bool{}, rested: map[string][]model.Address{}}
}

// Interface returns an interface for a task of the account on an instance in
// the zone ("": in none), as the configuration wants it: in a subnet of the
// zone if it names one, and in any of its subnets otherwise. False when no
// address is free.
func (c *Chooser) Interface(account string, n *model.NetworkConfiguration, zone string) (*model.NetworkInterface, bool) {
	subnets := c.subnets(account, n, zone)
	first := c.draw("subnet")
	for i := range subnets {
		s := subnets[(first+uint64(i))%uint64(len(subnets))]
		if a, ok := c.address(s); ok {
			c.given[place{s.Key().ID, a}] = true
			return &model.NetworkInterface{Subnet: s.ID, Address: a, Groups: n.Groups}, true
		}
	}
	return nil, false
}

// Free reports whether an address is free in any of the configuration's subnets.
func (c *Chooser) Free(account string, n *model.NetworkConfiguration) bool {
	i, ok := c.Interface(account, n, "")
	if !ok {
		return false
	}
	id := model.SubnetID(account, i.Subnet)
	delete(c.given, place{id, i.Address})
	if rested, known := c.rested[id]; known {
		c.rested[id] = slices.Insert(slices.Clone(rested), 0, i.Address)
	}
	return true
}

// subnets returns those of the configuration that a task in the zone may be in.
func (c *Chooser) subnets(account string, n *model.NetworkConfiguration, zone string) (all []*model.Subnet) {
	var near []*model.Subnet
	for _, id := range n.Subnets {
		s, ok := c.network.Subnet(account, id)
		if !ok {
			continue // it was deleted since the configuration was accepted
		}
		if all = append(all, s); s.Zone == zone {
			near = append(near, s)
		}
	}
	if len(near) > 0 {
		return near
	}
	return all
}

// address returns a free address of the subnet: one that no task had that is
// remembered, or else the one whose task ended first, so that whoever still
// speaks to a task that has ended does not reach another. Looking costs little
// until there is none of the former; then each address is looked at once.
func (c *Chooser) address(s *model.Subnet) (model.Address, bool) {
	first, last := s.Range()
	if last < first {
		return 0, false
	}
	id := s.Key().ID
	if rested, known := c.rested[id]; known {
		return c.longest(id, rested)
	}
	size := uint64(last-first) + 1
	start := c.draw(id)
	for i := range size {
		a := first + model.Address((start%size+i)%size)
		if !c.given[place{id, a}] && c.fresh(id, a) {
			return a, true
		}
	}
	return c.longest(id, c.resting(id, first, size))
}

// fresh reports whether no task that is remembered had the address.
func (c *Chooser) fresh(subnetID string, a model.Address) bool {
	for range c.network.TasksAt(subnetID, a) {
		return false
	}
	return true
}

// longest takes the first of the addresses.
func (c *Chooser) longest(subnetID string, rested []model.Address) (model.Address, bool) {
	if len(rested) == 0 {
		c.rested[subnetID] = nil
		return 0, false
	}
	c.rested[subnetID] = rested[1:]
	return rested[0], true
}

// resting returns the addresses that are free, by when their last tasks ended.
func (c *Chooser) resting(subnetID string, first model.Address, size uint64) []model.Address {
	ended := map[model.Address]time.Time{}
	var free []model.Address
	for i := range size {
		a := first + model.Address(i)
		held := c.given[place{subnetID, a}]
		var last time.Time
		for t := range c.network.TasksAt(subnetID, a) {
			held = held || t.HoldsAddress() || mutant.On(mutant.AddressKept)
			if t.Status.StoppedAt.After(last) {
				last = t.Status.StoppedAt
			}
		}
		if !held {
			free = append(free, a)
			ended[a] = last
		}
	}
	slices.SortStableFunc(free, func(a, b model.Address) int { return ended[a].Compare(ended[b]) })
	return free
}

// draw returns the next number of the seed's sequence for a purpose.
func (c *Chooser) draw(purpose string) uint64 {
	c.draws++
	h := fnv.New64a()
	var in [16]byte
	binary.BigEndian.PutUint64(in[:8], c.seed)
	binary.BigEndian.PutUint64(in[8:], c.draws)
	h.Write(in[:])
	h.Write([]byte(purpose))
	return mix(h.Sum64())
}

// mix spreads the bits of a hash whose low bits are weak (the finalizer of
// SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
