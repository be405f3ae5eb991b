package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"sync"
)

// maxCachedKeys bounds each of the cache's two generations.
const maxCachedKeys = 4096

// signingKey is a secret narrowed to one day, region and service.
type signingKey [sha256.Size]byte

func mac(key []byte, message string) (sum signingKey) {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(message))
	h.Sum(sum[:0])
	return sum
}

func deriveKey(secret Secret, date, region, service string) signingKey {
	key := mac([]byte("AWS4"+string(secret)), date)
	key = mac(key[:], region)
	key = mac(key[:], service)
	return mac(key[:], terminator)
}

type cacheKey struct{ accessKeyID, date, region, service string }

type cachedKey struct {
	secret Secret
	key    signingKey
}

// keyCache remembers derived keys. It holds two generations: when the young one
// is full it becomes the old one, and what is asked for again moves back, so
// that it stays bounded without an order of use to maintain.
type keyCache struct {
	mu         sync.Mutex
	limit      int
	young, old map[cacheKey]cachedKey
}

func newKeyCache(limit int) *keyCache {
	return &keyCache{limit: limit, young: map[cacheKey]cachedKey{}}
}

// get returns the derived key and whether it was remembered. The secret is
// compared, so that a key whose secret was replaced is derived afresh.
func (c *keyCache) get(k cacheKey, secret Secret) (signingKey, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.young[k]
	if !ok {
		if found, ok = c.old[k]; ok {
			c.insert(k, found)
		}
	}
	if !ok || subtle.ConstantTimeCompare([]byte(found.secret), []byte(secret)) == 0 {
		return signingKey{}, false
	}
	return found.key, true
}

// put remembers a key that has just verified a request. Keys that verified
// nothing are not remembered: guesses must not push real keys out.
func (c *keyCache) put(k cacheKey, secret Secret, key signingKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.insert(k, cachedKey{secret, key})
}

func (c *keyCache) insert(k cacheKey, entry cachedKey) {
	if len(c.young) >= c.limit {
		c.old, c.young = c.young, make(map[cacheKey]cachedKey)
	}
	c.young[k] = entry
}
