package metrics

// Stat is a statistic set: samples of one value, summed up.
// Source: CloudWatch API reference, StatisticSet.
type Stat struct {
	Count         int64
	Sum, Min, Max float64
}

// Mean returns the mean of the samples; 0 when there are none.
func (s Stat) Mean() float64 {
	if s.Count == 0 {
		return 0
	}
	return s.Sum / float64(s.Count)
}

// Plus returns the samples of both.
func (s Stat) Plus(o Stat) Stat {
	switch {
	case o.Count <= 0:
		return s
	case s.Count <= 0:
		return o
	}
	return Stat{s.Count + o.Count, s.Sum + o.Sum, min(s.Min, o.Min), max(s.Max, o.Max)}
}

// compact is a Stat as it is kept: there are many.
type compact struct {
	count         uint32
	sum, min, max float32
}

func (c compact) stat() Stat {
	return Stat{int64(c.count), float64(c.sum), float64(c.min), float64(c.max)}
}

func (c *compact) add(s Stat) {
	s = c.stat().Plus(s)
	*c = compact{uint32(s.Count), float32(s.Sum), float32(s.Min), float32(s.Max)}
}

// Counters only grow, until what counts begins anew. They are an array so that
// they can be taken together.
type Counters [numCounters]int64

// The counters of a container: of its network interfaces, and of the devices
// that it reads and writes.
const (
	RxBytes = iota
	RxPackets
	RxErrors
	RxDropped
	TxBytes
	TxPackets
	TxErrors
	TxDropped
	StorageReadBytes
	StorageWriteBytes
	numCounters
)

// since returns what was counted after before; a counter that is smaller has
// begun anew.
func (c Counters) since(before Counters) (out Counters) {
	for i := range c {
		out[i] = c[i]
		if c[i] >= before[i] {
			out[i] -= before[i]
		}
	}
	return out
}

// Plus returns the sum of both.
func (c Counters) Plus(o Counters) Counters {
	for i := range c {
		c[i] += o[i]
	}
	return c
}
