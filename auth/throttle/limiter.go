package throttle

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// DefaultCallers is how many callers, or addresses, are remembered.
const DefaultCallers = 10_000

// Rate is how often something may happen: PerSecond in the long run, Burst at
// once. The zero Rate sets no limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Unlimited reports whether the rate sets no limit.
func (r Rate) Unlimited() bool { return r.PerSecond <= 0 }

// Limiter has a bucket for each key that it was asked about lately. It is safe
// for concurrent use.
type Limiter struct {
	rate  Rate
	limit int

	mu     sync.Mutex
	newest *list.List // of *bucket, the one asked last in front
	known  map[string]*list.Element
}

type bucket struct {
	key    string
	tokens *rate.Limiter
}

// NewLimiter returns a Limiter that remembers as many keys as limit says,
// DefaultCallers if zero.
func NewLimiter(r Rate, limit int) *Limiter {
	if limit == 0 {
		limit = DefaultCallers
	}
	r.Burst = max(r.Burst, 1)
	return &Limiter{rate: r, limit: limit, newest: list.New(), known: map[string]*list.Element{}}
}

// Take takes a token of the key's bucket, and reports whether there was one.
func (l *Limiter) Take(key string, now time.Time) bool {
	return l.rate.Unlimited() || l.bucket(key).AllowN(now, 1)
}

// Has reports whether the key's bucket has a token, and takes none.
func (l *Limiter) Has(key string, now time.Time) bool {
	if l.rate.Unlimited() {
		return true
	}
	l.mu.Lock()
	e, ok := l.known[key]
	l.mu.Unlock()
	return !ok || e.Value.(*bucket).tokens.TokensAt(now) >= 1
}

func (l *Limiter) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.known[key]; ok {
		l.newest.MoveToFront(e)
		return e.Value.(*bucket).tokens
	}
	if l.newest.Len() >= l.limit {
		delete(l.known, l.newest.Remove(l.newest.Back()).(*bucket).key)
	}
	b := &bucket{key, rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)}
	l.known[key] = l.newest.PushFront(b)
	return b.tokens
}

// Len is how many keys are remembered.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.newest.Len()
}
