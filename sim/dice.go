package sim

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// dice is one subsystem's stream of randomness. Each subsystem has its own,
// so that one that draws more does not disturb the others.
type dice struct{ *rand.Rand }

// newDice returns the stream of a seed with a name.
func newDice(seed uint64, name string) dice {
	h := fnv.New64a()
	h.Write([]byte(name))
	return dice{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// between returns a duration in [low, high), whole microseconds.
func (d dice) between(low, high time.Duration) time.Duration {
	return (low + time.Duration(d.Int64N(int64(high-low)))).Truncate(time.Microsecond)
}

// skewed returns a duration in [low, high) of which most are short.
func (d dice) skewed(low, high time.Duration) time.Duration {
	f := d.Float64()
	return (low + time.Duration(f*f*f*f*float64(high-low))).Truncate(time.Microsecond)
}

// number returns an integer in [low, high].
func (d dice) number(low, high int) int { return low + d.IntN(high-low+1) }

// Read implements io.Reader: it fills p.
func (d dice) Read(p []byte) (int, error) {
	var word [8]byte
	for n := 0; n < len(p); {
		binary.LittleEndian.PutUint64(word[:], d.Uint64())
		n += copy(p[n:], word[:])
	}
	return len(p), nil
}

// pick returns one of the choices.
func pick[T any](d dice, choices ...T) T { return choices[d.IntN(len(choices))] }
