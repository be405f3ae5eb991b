// Package audit makes the record of each call: it decides what of a request is
// told, what is hidden, and who waits for the record.
//
// Calls that change something wait until their record is durable, and are
// refused before they do anything while no record can be kept. Reports about
// what has happened already (agents' and logs') and calls that only read are
// recorded without waiting and never refused: refusing them would change
// nothing but what we know. Attempts of callers who could not say who they are
// do not wait either, so that a flood of them is no flood of disk syncs.
package audit

import (
	"context"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/telemetry/trail"
	"github.com/roadstead/roadstead/wire"
)

// Of calls that were refused for coming too often this many are recorded in a
// second; the rest are counted in the next that is.
const throttledPerSecond = 10

// patience is how long an answer waits for its record.
const patience = 20 * time.Second

// Options of an Auditor.
type Options struct {
	Region  string
	Account string // of calls whose caller is not known
}

// Auditor records calls. It is safe for concurrent use.
type Auditor struct {
	trail     *trail.Trail
	options   Options
	throttled *rate.Limiter
	hidden    sync.Map // of ownMember, bool: what hide has decided

	mu         sync.Mutex
	suppressed int
}

// New returns an Auditor over a trail that is running.
func New(t *trail.Trail, o Options) *Auditor {
	return &Auditor{trail: t, options: o, throttled: rate.NewLimiter(throttledPerSecond, throttledPerSecond)}
}

// Able refuses an operation that has to be recorded while no record can be
// kept.
func (a *Auditor) Able(s *wire.Service, op *wire.Operation) error {
	if KindOf(s.Name, op.Name) != Changing {
		return nil
	}
	if err := a.trail.Able(); err != nil {
		return &wire.Error{Code: "ServiceUnavailable", Status: http.StatusServiceUnavailable,
			Message: "The call would change something and cannot be recorded now, so it was refused: the disk of the audit trail takes nothing."}
	}
	return nil
}

// Record records a call. The error is to be answered instead of what the call
// came to.
func (a *Auditor) Record(c wire.Call) error {
	e := a.event(&c)
	if strings.HasPrefix(c.Code, "Throttling") && !a.admit(&e) {
		return nil
	}
	_, known := caller.From(c.Context)
	wait := known && c.Op != nil && KindOf(c.Service, c.Op.Name) == Changing && c.Status < http.StatusInternalServerError
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context), patience)
	defer cancel()
	err := a.trail.Append(ctx, &e, wait)
	if err == nil || !wait || c.Code != "" {
		return nil // what was not done may be answered without a record
	}
	return &wire.Error{Code: "ServiceUnavailable", Status: http.StatusServiceUnavailable,
		Message: "The call was carried out, but its record could not be kept yet: look at what is there before you call again."}
}

// admit counts a throttled call and reports whether it is recorded.
func (a *Auditor) admit(e *trail.Event) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.throttled.AllowN(e.Time, 1) {
		a.suppressed++
		return false
	}
	e.Suppressed, a.suppressed = a.suppressed, 0
	return true
}

func (a *Auditor) event(c *wire.Call) trail.Event {
	who, known := caller.From(c.Context)
	e := trail.Event{
		Time: c.Started, Source: c.Service + ".amazonaws.com", Name: c.Operation, Region: a.options.Region,
		Address: host(c.Request.RemoteAddr), UserAgent: c.Request.UserAgent(), ErrorCode: c.Code, ErrorMessage: c.Message,
		RequestID: c.RequestID, ID: uuid.NewString(), Account: a.options.Account, ReadOnly: true,
	}
	if c.Service == "" {
		e.Source = "unknown.amazonaws.com"
	}
	if c.Operation == "" {
		e.Name = "Unknown"
	}
	if c.Request.TLS != nil {
		e.TLS = "TLSv1.3"
	}
	if known {
		e.Identity, e.Account = identity(&who), who.Account
	} else {
		e.Identity.AccessKeyID = sigv4.ClaimedKey(c.Request)
	}
	if c.Op == nil {
		return e
	}
	kind := KindOf(c.Service, c.Op.Name)
	e.ReadOnly, e.Data = kind == Reading, kind == Reporting
	e.Resources = resourcesOf(c)
	if c.Input != nil {
		e.Request = wire.Tell(make([]byte, 0, 256), c.Input, a.hide)
	}
	if c.Output != nil && !e.ReadOnly {
		e.Response = wire.Tell(make([]byte, 0, 256), c.Output, a.hide)
	}
	return e
}

func identity(who *caller.Identity) trail.Identity {
	i := trail.Identity{Type: who.Kind.String(), PrincipalID: who.UserID, ARN: who.ARN, AccountID: who.Account, AccessKeyID: who.AccessKeyID}
	switch who.Kind {
	case caller.User:
		i.Type, i.UserName = "IAMUser", last(who.ARN)
	case caller.AssumedRole:
		i.IssuerARN, i.IssuerName = who.RoleARN, last(who.RoleARN)
		i.IssuerID, _, _ = strings.Cut(who.UserID, ":")
	}
	return i
}

// last returns what follows the last slash of an ARN.
func last(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func host(address string) string {
	if h, _, err := net.SplitHostPort(address); err == nil {
		return h
	}
	return address
}

type ownMember struct {
	owner  reflect.Type
	member string
}

// hide says which members are hidden beyond those that their models call
// sensitive: the modules of the query services have no models, and contents
// are not what a record is of.
func (a *Auditor) hide(owner reflect.Type, member string) bool {
	key := ownMember{owner, member}
	if known, ok := a.hidden.Load(key); ok {
		return known.(bool)
	}
	hidden := secret(owner.Name(), member)
	a.hidden.Store(key, hidden) // bounded by the members that there are
	return hidden
}

func secret(owner, member string) bool {
	switch strings.ToLower(member) {
	case "plaintext", "ciphertextblob", "ciphertextforrecipient", "secretstring", "secretbinary", "secretaccesskey", "sessiontoken",
		"password", "newpassword", "oldpassword", "randompassword", "servicepassword", "webidentitytoken", "samlassertion",
		"privatekey", "privatekeyplaintextblob", "authorizationtoken", "authorizationdata", "authenticationcode1", "authenticationcode2",
		"tokencode", "base32stringseed", "qrcodepng", "layerpartblob", "logevents", "encodedmessage", "decodedmessage":
		return true
	case "value":
		return owner == "PutParameterInput" || owner == "Parameter" || owner == "ParameterHistory" || owner == "KeyValuePair"
	}
	return false
}
