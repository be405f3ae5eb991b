package sigv4

import (
	"fmt"
	"testing"
)

func TestKeyCacheStaysBounded(t *testing.T) {
	const limit = 8
	c := newKeyCache(limit)
	hot := cacheKey{accessKeyID: "hot"}
	c.put(hot, "s", signingKey{1})
	for i := range 100 * limit {
		c.put(cacheKey{accessKeyID: fmt.Sprint(i)}, "s", signingKey{})
		if len(c.young) > limit || len(c.old) > limit {
			t.Fatalf("%d young and %d old keys with a limit of %d", len(c.young), len(c.old), limit)
		}
		if key, ok := c.get(hot, "s"); !ok || key != (signingKey{1}) {
			t.Fatalf("after %d others, the key in use was forgotten", i)
		}
	}
	if _, ok := c.get(cacheKey{accessKeyID: "0"}, "s"); ok {
		t.Fatal("a key not in use was kept")
	}
}

func TestKeyCacheForgetsAReplacedSecret(t *testing.T) {
	c := newKeyCache(8)
	k := cacheKey{accessKeyID: "k"}
	c.put(k, "old", signingKey{1})
	if _, ok := c.get(k, "new"); ok {
		t.Fatal("the key of the old secret serves the new one")
	}
	c.put(k, "new", signingKey{2})
	if key, ok := c.get(k, "new"); !ok || key != (signingKey{2}) {
		t.Fatalf("got %v, %v", key, ok)
	}
}

func TestRefusedRequestsAreNotCached(t *testing.T) {
	v := verifierAt(testNow, "")
	r := newRequest(t, "GET", "http://127.0.0.1/", nil)
	sign(t, r, nil, "", testNow)
	r.Host = "another"
	if _, err := v.Verify(r, nil); err == nil || len(v.cache.young) != 0 {
		t.Fatalf("error %v, %d keys cached", err, len(v.cache.young))
	}
	r.Host = "127.0.0.1"
	if _, err := v.Verify(r, nil); err != nil || len(v.cache.young) != 1 {
		t.Fatalf("error %v, %d keys cached", err, len(v.cache.young))
	}
}
