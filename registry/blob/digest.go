package blob

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// Algorithm is a hash function by its registered name in the OCI image
// specification ("sha256", "sha512").
type Algorithm string

// The algorithms that a registry has to know.
const (
	SHA256 Algorithm = "sha256"
	SHA512 Algorithm = "sha512"
)

// ErrDigestInvalid is returned for text that is not a digest, or one of an
// algorithm that is not supported, and for content that does not have the
// digest that was announced.
var ErrDigestInvalid = errors.New("digest invalid")

// hexLength is the length of the algorithm's digests in hexadecimal; 0 when
// the algorithm is unknown.
func (a Algorithm) hexLength() int {
	switch a {
	case SHA256:
		return 2 * sha256.Size
	case SHA512:
		return 2 * sha512.Size
	}
	return 0
}

// Known reports whether the store can hash with the algorithm.
func (a Algorithm) Known() bool { return a.hexLength() > 0 }

// new returns an empty hash of a known algorithm.
func (a Algorithm) new() hash.Hash {
	switch a {
	case SHA256:
		return sha256.New()
	case SHA512:
		return sha512.New()
	}
	panic("blob: hash of unknown algorithm " + string(a))
}

// Digest is the canonical text of a content's digest, "sha256:<64 hex>" or
// "sha512:<128 hex>". A Digest comes from Parse or Of and is always valid.
type Digest string

// Parse reads a digest. It returns ErrDigestInvalid for unknown algorithms,
// wrong lengths and upper-case hexadecimal, as the OCI image specification
// demands.
func Parse(text string) (Digest, error) {
	name, encoded, found := strings.Cut(text, ":")
	want := Algorithm(name).hexLength()
	if !found || want == 0 || len(encoded) != want {
		return "", fmt.Errorf("%w: %.80q", ErrDigestInvalid, text)
	}
	for i := range len(encoded) {
		c := encoded[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", fmt.Errorf("%w: %.80q", ErrDigestInvalid, text)
		}
	}
	return Digest(text), nil
}

// Of returns the digest of content that is in memory.
func Of(algorithm Algorithm, content []byte) Digest {
	h := algorithm.new()
	h.Write(content)
	return sum(algorithm, h)
}

// Algorithm returns the part before the colon.
func (d Digest) Algorithm() Algorithm {
	name, _, _ := strings.Cut(string(d), ":")
	return Algorithm(name)
}

// Hex returns the part after the colon.
func (d Digest) Hex() string {
	_, encoded, _ := strings.Cut(string(d), ":")
	return encoded
}

func (d Digest) String() string { return string(d) }

// sum is the digest of what has been written to h.
func sum(algorithm Algorithm, h hash.Hash) Digest {
	return Digest(string(algorithm) + ":" + hex.EncodeToString(h.Sum(nil)))
}

// ofReader is the digest of everything that r has left.
func ofReader(algorithm Algorithm, r io.Reader) (Digest, error) {
	h := algorithm.new()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return sum(algorithm, h), nil
}
