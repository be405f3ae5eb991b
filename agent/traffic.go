package agent

import "github.com/roadstead/roadstead/agent/runtime"

// traffic is what went through interfaces: bytes, packets, errors and dropped
// packets that came, and the same of those that went.
type traffic [8]int64

// Where the bytes that came, and those that went, stand in a traffic.
const (
	rxBytes = 0
	txBytes = 4
)

// trafficOf takes the interfaces of a reading together.
func trafficOf(s runtime.Stats) (t traffic) {
	for _, i := range s.Network {
		for at, d := range map[int]runtime.TrafficStats{rxBytes: i.Rx, txBytes: i.Tx} {
			for j, n := range [...]int64{d.Bytes, d.Packets, d.Errors, d.Dropped} {
				t[at+j] += n
			}
		}
	}
	return t
}

// since is what was added after an earlier traffic; an interface that counts
// less than before is a new one.
func (t traffic) since(before traffic) (out traffic) {
	for i := range t {
		out[i] = t[i]
		if t[i] >= before[i] {
			out[i] -= before[i]
		}
	}
	return out
}

func (t traffic) plus(other traffic) traffic {
	for i := range t {
		t[i] += other[i]
	}
	return t
}

// part is the j-th of n equal parts; all of them are the whole.
func (t traffic) part(j, n int) (out traffic) {
	for i := range t {
		out[i] = t[i] / int64(n)
		if int64(j) < t[i]%int64(n) {
			out[i]++
		}
	}
	return out
}
