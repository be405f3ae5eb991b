package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
)

// maxPooledBuffer is the largest buffer kept for later requests, in bytes: one
// huge request must not hold memory for ever.
const maxPooledBuffer = 64 << 10

const (
	defaultSkew     = 5 * time.Minute
	unsignedPayload = "UNSIGNED-PAYLOAD"
	headerPayload   = "X-Amz-Content-Sha256"
)

// Secret is a secret access key. It does not print.
type Secret string

// String hides the secret from everything that formats it.
func (Secret) String() string { return "[secret]" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "[secret]" }

// LogValue hides the secret from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Keys finds the secret of an access key and whose key it is. sessionToken is
// empty for a permanent key. Its errors are ErrUnknownKey, ErrExpiredToken or
// a failure of its own.
type Keys interface {
	Lookup(accessKeyID, sessionToken string, now time.Time) (Secret, caller.Identity, error)
}

// Options of a Verifier. The zero value works.
type Options struct {
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Skew is how far a signature's time may be from the clock, in either
	// direction; 5 minutes when zero.
	Skew time.Duration
	// Region is the only region that a request may be signed for; any when empty.
	Region string
	// AllowUnsignedPayload accepts requests whose x-amz-content-sha256 is
	// UNSIGNED-PAYLOAD. Only a listener with TLS may do so.
	AllowUnsignedPayload bool
}

// Verifier verifies requests. It is safe for concurrent use.
type Verifier struct {
	keys    Keys
	options Options
	cache   *keyCache
	buffers sync.Pool // *[]byte, for canonical requests
}

// New returns a Verifier of the signatures made with keys.
func New(keys Keys, options Options) *Verifier {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Skew == 0 {
		options.Skew = defaultSkew
	}
	v := &Verifier{keys: keys, options: options, cache: newKeyCache(maxCachedKeys)}
	v.buffers.New = func() any { b := make([]byte, 0, 2048); return &b }
	return v
}

// Result is a verified request.
type Result struct {
	AccessKeyID string
	Region      string // of the credential scope
	Service     string // signing name, of the credential scope
	SignedAt    time.Time
	Presigned   bool
	Identity    caller.Identity
}

// For returns AWS's error unless the request was signed for the service with
// this signing name. Who already knows which service a request is for, such as
// a websocket endpoint, asks it after Verify.
func (r Result) For(signingName string) error {
	if r.Service != signingName {
		return invalid("Credential should be scoped to correct service: '" + signingName + "'. ")
	}
	return nil
}

// Verify returns who signed r. body is the whole request body, empty for a
// websocket upgrade; r.Body is not read. A refusal is an *Error; any other
// error is a failure of the Keys.
func (v *Verifier) Verify(r *http.Request, body []byte) (Result, error) {
	c, err := readClaim(r)
	if err != nil {
		return Result{}, err
	}
	if v.options.Region != "" && c.region != v.options.Region {
		return Result{}, invalid("Credential should be scoped to a valid region. ")
	}
	now := v.options.Now()
	secret, identity, err := v.keys.Lookup(c.accessKeyID, c.token, now)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Result{}, &Error{Reason: InvalidToken, Message: messageInvalidToken}
	case errors.Is(err, ErrExpiredToken):
		return Result{}, &Error{Reason: ExpiredToken, Message: messageExpiredToken}
	case err != nil:
		return Result{}, fmt.Errorf("look up access key: %w", err)
	}
	if err := v.checkTime(c, now); err != nil {
		return Result{}, err
	}
	payloadHash, err := v.payloadHash(r, c, body)
	if err != nil {
		return Result{}, err
	}
	if !v.matches(r, c, secret, payloadHash) {
		return Result{}, invalid(messageMismatch)
	}
	identity.AccessKeyID = c.accessKeyID
	return Result{
		AccessKeyID: c.accessKeyID, Region: c.region, Service: c.service,
		SignedAt: c.signedAt, Presigned: c.presigned, Identity: identity,
	}, nil
}

// checkTime refuses what was signed too long ago or for later. A presigned
// request lives as long as it says; its start has the clock skew too.
func (v *Verifier) checkTime(c *claim, now time.Time) error {
	now = now.UTC().Truncate(time.Second)
	lifetime := v.options.Skew
	if c.expires > 0 {
		lifetime = c.expires
	}
	if oldest := now.Add(-lifetime); c.signedAt.Before(oldest) {
		return invalid(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s)",
			c.stamp, oldest.Format(stampFormat), now.Format(stampFormat), inWords(lifetime)))
	}
	if latest := now.Add(v.options.Skew); c.signedAt.After(latest) {
		return invalid(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %s)",
			c.stamp, latest.Format(stampFormat), now.Format(stampFormat), inWords(v.options.Skew)))
	}
	return nil
}

func inWords(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", d/time.Minute)
	}
	return fmt.Sprintf("%d sec.", d/time.Second)
}

// payloadHash returns the hash to sign the body with. A hash that the request
// states must be the body's: a statement alone would let the body be replaced.
func (v *Verifier) payloadHash(r *http.Request, c *claim, body []byte) (string, error) {
	stated := r.Header[headerPayload]
	if len(stated) == 0 && c.presigned {
		for _, p := range c.query {
			if p.name == headerPayload {
				stated = append(stated, p.value)
			}
		}
	}
	if len(stated) == 1 && stated[0] == unsignedPayload && v.options.AllowUnsignedPayload {
		return unsignedPayload, nil
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if len(stated) > 1 || len(stated) == 1 && stated[0] != hash {
		return "", invalid(messageMismatch)
	}
	return hash, nil
}

// matches calculates the signature and compares it in constant time.
func (v *Verifier) matches(r *http.Request, c *claim, secret Secret, payloadHash string) bool {
	ck := cacheKey{c.accessKeyID, c.date, c.region, c.service}
	key, cached := v.cache.get(ck, secret)
	if !cached {
		key = deriveKey(secret, c.date, c.region, c.service)
	}
	buffer := v.buffers.Get().(*[]byte)
	text := appendCanonicalRequest((*buffer)[:0], r, c, payloadHash)
	sum := sha256.Sum256(text)
	text = append(text[:0], algorithm...)
	text = append(text, '\n')
	text = append(text, c.stamp...)
	text = append(text, '\n')
	text = append(text, c.scope...)
	text = append(text, '\n')
	text = hex.AppendEncode(text, sum[:])
	signature := mac(key[:], string(text))
	if cap(text) <= maxPooledBuffer {
		*buffer = text
		v.buffers.Put(buffer)
	}

	var want [2 * sha256.Size]byte
	hex.Encode(want[:], signature[:])
	if subtle.ConstantTimeCompare(want[:], []byte(c.signature)) != 1 {
		return false
	}
	if !cached {
		// Clone: the strings of the claim would keep the whole header alive.
		v.cache.put(cacheKey{
			strings.Clone(ck.accessKeyID), strings.Clone(ck.date), strings.Clone(ck.region), strings.Clone(ck.service),
		}, secret, key)
	}
	return true
}
