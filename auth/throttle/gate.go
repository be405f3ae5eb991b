package throttle

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/aws/smithy-go"
)

// Gate throttles the callers of one server. It is safe for concurrent use.
type Gate struct {
	now     func() time.Time
	callers [classes]*Limiter
	refused *Limiter
	proven  *Limiter // who called with success, by address and key: remembered, not counted
}

// Options of a Gate. The zero value works.
type Options struct {
	Now     func() time.Time // time.Now if nil
	Callers int              // how many are remembered; DefaultCallers if zero
}

// NewGate returns a Gate with full buckets.
func NewGate(r Rates, o Options) *Gate {
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Gate{now: o.Now, refused: NewLimiter(r.Refused, o.Callers), proven: NewLimiter(Rate{1, 1}, o.Callers)}
	for c := range g.callers {
		g.callers[c] = NewLimiter(r.Class[c], o.Callers)
	}
	return g
}

// Caller takes a token of an authenticated caller, or returns an *Exceeded.
func (g *Gate) Caller(id string, class Class) error {
	if !g.callers[class].Take(id, g.now()) {
		return &Exceeded{}
	}
	return nil
}

// Stranger returns an *Exceeded if too many attempts from the address were
// refused lately. Whoever called from there with this access key before is let
// through: a flood must not shut out the others behind one address.
func (g *Gate) Stranger(address, accessKeyID string) error {
	if !g.refused.Has(address, g.now()) && !(accessKeyID != "" && g.proven.knows(address+" "+accessKeyID)) {
		return &Exceeded{}
	}
	return nil
}

// Refused counts an attempt that was refused.
func (g *Gate) Refused(address string) { g.refused.Take(address, g.now()) }

// Proven notes that a call from the address was signed with the access key.
func (g *Gate) Proven(address, accessKeyID string) { g.proven.bucket(address + " " + accessKeyID) }

// Remembered is how many callers and addresses are remembered in all.
func (g *Gate) Remembered() int {
	n := g.refused.Len() + g.proven.Len()
	for _, l := range g.callers {
		n += l.Len()
	}
	return n
}

func (l *Limiter) knows(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.known[key]
	return ok
}

// Address is where a request comes from, as it is counted: an IPv4 address, or
// the first 64 bits of an IPv6 one, of which one machine may have all.
func Address(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address := from.Addr().Unmap()
	if address.Is6() {
		if prefix, err := address.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}

// Exceeded refuses a call, in AWS's words.
// Source: "Common errors" of the ECS and the IAM API references.
type Exceeded struct{}

var _ smithy.APIError = (*Exceeded)(nil)

// Error returns the code and the message.
func (e *Exceeded) Error() string { return e.ErrorCode() + ": " + e.ErrorMessage() }

// ErrorCode returns the error type of the JSON protocols.
func (*Exceeded) ErrorCode() string { return "ThrottlingException" }

// ErrorMessage returns AWS's sentence.
func (*Exceeded) ErrorMessage() string { return "Rate exceeded" }

// ErrorFault says that the caller is at fault.
func (*Exceeded) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }

// QueryErrorCode returns the error code of the query protocols.
func (*Exceeded) QueryErrorCode() string { return "Throttling" }

// QueryStatusCode returns the status that the query protocols give the error.
func (*Exceeded) QueryStatusCode() int { return http.StatusBadRequest }
