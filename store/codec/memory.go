package codec

import (
	"hash/maphash"
	"strings"
	"unsafe"
)

// Bounds of a Memory: how many strings it remembers and how long they may be.
const (
	memorySlots  = 1 << 13
	memoryLength = 128
)

// Memory remembers strings that were read lately, so that equal ones (accounts,
// clusters, statuses, image digests) share their bytes. A million tasks need a
// fifth of the memory with it. It is not safe for concurrent use.
type Memory struct {
	seed  maphash.Seed
	slots [memorySlots]string
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{seed: maphash.MakeSeed()} }

// own is from which length on a string may be the noun's own name.
const own = 16

// text returns data as a string, the same one as before where remembered.
func (m *Memory) text(data []byte, id string) string {
	slot := &m.slots[maphash.Bytes(m.seed, data)%memorySlots]
	if *slot == string(data) {
		return *slot
	}
	if len(data) >= own {
		if at := strings.Index(id, unsafe.String(unsafe.SliceData(data), len(data))); at >= 0 {
			return id[at : at+len(data)] // unlikely to be met again
		}
	}
	s := string(data)
	*slot = s
	return s
}

// reader is the state of one Decode.
type reader struct {
	memory *Memory
	id     string
}

func (r *reader) text(data []byte) string {
	if r.memory == nil || len(data) > memoryLength || len(data) == 0 {
		return string(data)
	}
	return r.memory.text(data, r.id)
}
