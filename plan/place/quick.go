package place

// Limits of placeQuickly.
const (
	quickCandidates = 12  // instances that are compared for each task
	quickScan       = 128 // instances that are looked at to find them
)

// placeQuickly places a few tasks on a large fleet by the default strategy,
// without a pass over the whole fleet: for each task it takes the least
// filled zone as Place does, and in it the least busy of some instances that
// have no task of the group yet. Any of those is as good to the strategy as
// any other, so only the tie is decided among fewer. False when it does not
// apply or does not find one: then nothing but the whole pass will do.
func placeQuickly(f *Fleet, req *Request, seed uint64) (r Result, ok bool) {
	if req.Count == 0 || req.Only != nil || req.Count*quickCandidates > len(f.nodes)/4 {
		return r, false
	}
	p := newPlacement(f, req, seed)
	zones := p.quickZones()
	if zones == nil {
		return r, false
	}
	for len(r.Placed) < req.Count {
		z := least(zones)
		i := p.quickNode(z.nodes, uint64(len(r.Placed)))
		if i < 0 {
			return Result{}, false
		}
		p.take(i)
		z.count++
		r.Placed = append(r.Placed, f.nodes[i].id)
	}
	return r, true
}

// quickZone is a zone with how many tasks of the group are in it.
type quickZone struct {
	nodes []int32
	count int
	tie   uint64
}

// quickZones returns the zones to spread over, nil if the strategy is not
// spread over zones and then instances, or over instances alone.
func (p *placement) quickZones() []quickZone {
	if len(p.tail) != 1 || p.tail[0].Type != Spread || p.tail[0].Field != FieldInstance {
		return nil
	}
	if len(p.levels) == 0 {
		return []quickZone{{nodes: p.fleet.all}}
	}
	if len(p.levels) > 1 || p.levels[0] != attributePrefix+ZoneAttribute {
		return nil
	}
	zones := make([]quickZone, len(p.fleet.zones))
	for k, z := range p.fleet.zones {
		zones[k] = quickZone{nodes: z.nodes, tie: hash(p.seed, z.name)}
	}
	for _, id := range p.req.Group {
		i, ok := p.fleet.at[id]
		if !ok {
			continue
		}
		for k := range zones {
			if p.fleet.zones[k].name == p.fleet.nodes[i].zone {
				zones[k].count++
			}
		}
	}
	return zones
}

func least(zones []quickZone) *quickZone {
	best := &zones[0]
	for k := range zones[1:] {
		z := &zones[k+1]
		if z.count < best.count || (z.count == best.count && z.tie < best.tie) {
			best = z
		}
	}
	return best
}

// quickNode looks at some of the nodes, from a place that the seed says, and
// returns the best of those that will do, -1 if it finds none.
func (p *placement) quickNode(nodes []int32, nth uint64) int {
	best, found := -1, 0
	from := int(mix(p.seed+nth+1) % uint64(len(nodes)))
	for k := range min(quickScan, len(nodes)) {
		i := int(nodes[(from+k)%len(nodes)])
		if p.group[i] > 0 || !p.possible(i) || p.check(i) != "" {
			continue
		}
		if best < 0 || p.busy(i) < p.busy(best) {
			best = i
		}
		if found++; found == quickCandidates {
			break
		}
	}
	return best
}

// busy is how many tasks are on node i.
func (p *placement) busy(i int) int {
	u := p.node(i).Usage
	return u.Running + u.Pending
}
