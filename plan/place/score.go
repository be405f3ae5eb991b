package place

// score sets what orders the instance within its bin, the lowest first.
func (b *bin) score(p *placement, it *item) {
	i := int(it.at)
	n := p.node(i)
	for k, s := range p.tail {
		switch {
		case s.Type == Random:
			// Drawn anew for every task, so that equals are chosen equally often.
			it.scores[k] = int64(mix(p.seed+uint64(i)*2+uint64(p.group[i])<<32) >> 1)
		case s.Type == Binpack && s.Field == FieldCPU:
			it.scores[k] = int64(n.Instance.Registered.CPU - n.Usage.CPU)
		case s.Type == Binpack:
			it.scores[k] = int64(n.Instance.Registered.Memory - n.Usage.Memory)
		case s.Field == FieldInstance:
			it.scores[k] = int64(p.group[i])
		default:
			it.scores[k] = b.spread[k][n.field(s.Field)]
		}
	}
	it.tasks = int64(n.Usage.Running + n.Usage.Pending)
	if it.tie == 0 {
		it.tie = mix(p.seed ^ uint64(i+1)*0x9e3779b97f4a7c15)
	}
}

// countSpread fills b.spread for the strategies that need it.
func (b *bin) countSpread(p *placement) {
	for k, s := range p.tail {
		if s.Type != Spread || s.Field == FieldInstance {
			continue
		}
		if b.spread == nil {
			b.spread = make([]map[string]int64, len(p.tail))
		}
		b.spread[k] = map[string]int64{}
		for i := range b.nodes {
			at := b.nodes[i].at
			b.spread[k][p.fleet.nodes[at].field(s.Field)] += int64(p.group[at])
		}
	}
}

func (b *bin) countTaken(p *placement, i int) {
	for k, counts := range b.spread {
		if counts != nil {
			counts[p.fleet.nodes[i].field(p.tail[k].Field)]++
		}
	}
}

// mix scrambles x, so that neighbouring numbers come out unrelated.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

func hash(seed uint64, s string) uint64 {
	h := seed
	for i := range len(s) {
		h = mix(h ^ uint64(s[i])<<1 ^ 0x9e3779b97f4a7c15)
	}
	return h
}
