package plan

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Seed is what the ids of one plan are derived from. Whoever asks for the
// plan draws it: from a good source in production, from the seeded stream in
// a simulation.
type Seed [16]byte

// IDs is a stream of ids: the same seed gives the same ids in the same order.
type IDs struct {
	seed Seed
	n    uint64
}

// NewIDs begins the stream of seed.
func NewIDs(seed Seed) *IDs { return &IDs{seed: seed} }

func (s *IDs) next() [sha256.Size]byte {
	var in [len(Seed{}) + 8]byte
	copy(in[:], s.seed[:])
	binary.BigEndian.PutUint64(in[len(s.seed):], s.n)
	s.n++
	return sha256.Sum256(in[:])
}

// Hex returns 32 hexadecimal digits, the form of a task's id.
func (s *IDs) Hex() string {
	b := s.next()
	return hex.EncodeToString(b[:16])
}

// UUID returns a random UUID (version 4), the form of a container's and an
// event's id.
func (s *IDs) UUID() string {
	b := s.next()
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// Deployment returns ecs-svc/ and 19 digits, the form of a deployment's id.
func (s *IDs) Deployment() string {
	b := s.next()
	const first, span = 1_000_000_000_000_000_000, 8_000_000_000_000_000_000
	return fmt.Sprintf("ecs-svc/%d", first+binary.BigEndian.Uint64(b[:8])%span)
}

// ServiceDeployment returns 21 letters, digits, hyphens and underscores, the
// form of the last part of a service deployment's ARN.
func (s *IDs) ServiceDeployment() string {
	b := s.next()
	return base64.RawURLEncoding.EncodeToString(b[:16])[:21]
}

// Uint64 returns a number, such as the seed of a placement.
func (s *IDs) Uint64() uint64 {
	b := s.next()
	return binary.BigEndian.Uint64(b[:8])
}
