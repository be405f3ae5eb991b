package cli

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/auth/throttle"
	"github.com/roadstead/roadstead/cli/audit"
	"github.com/roadstead/roadstead/telemetry/logs/disk"
	"github.com/roadstead/roadstead/telemetry/trail"
	"github.com/roadstead/roadstead/wire"
)

// guard is what stands before and beside the front doors: the rates of
// callers, and the record of calls.
type guard struct {
	rates *throttle.Gate
	files *disk.Directory
	trail *trail.Trail
	audit *audit.Auditor
}

// openGuard opens the audit trail; Run of the trail is the caller's to call.
func openGuard(d dataDir, rates throttle.Rates, log *slog.Logger) (*guard, error) {
	key, err := keyring.AuditKey(string(d), rand.Reader)
	if err != nil {
		return nil, err
	}
	g := &guard{rates: throttle.NewGate(rates, throttle.Options{})}
	if g.files, err = disk.Open(d.join("audit")); err != nil {
		return nil, err
	}
	g.trail, err = trail.Open(g.files, key, trail.Options{Observe: func(n trail.Notice) {
		log.Warn("audit trail", "notice", n.Kind, "file", n.File, "error", n.Err)
	}})
	if err != nil {
		g.close()
		return nil, err
	}
	g.audit = audit.New(g.trail, audit.Options{Region: region, Account: account})
	return g, nil
}

func (g *guard) close() {
	if g != nil && g.files != nil {
		g.files.Close()
	}
}

// around returns the options of a router that the guard stands around.
func (g *guard) around(o wire.Options) wire.Options {
	authenticate, authorize := o.Authenticate, o.Authorize
	o.Admit = func(r *http.Request) error { return g.rates.Stranger(throttle.Address(r), sigv4.ClaimedKey(r)) }
	o.Authenticate = func(r *http.Request, body []byte) (context.Context, error) {
		ctx, err := authenticate(r, body)
		if err != nil {
			g.rates.Refused(throttle.Address(r))
			return nil, err
		}
		g.rates.Proven(throttle.Address(r), sigv4.ClaimedKey(r))
		return ctx, nil
	}
	o.Throttle = func(ctx context.Context, s *wire.Service, op *wire.Operation) error {
		who, _ := caller.From(ctx) // operations without credentials share a bucket
		return g.rates.Caller(who.ARN, classOf(s, op))
	}
	o.Authorize = func(ctx context.Context, s *wire.Service, op *wire.Operation, input any) error {
		if err := authorize(ctx, s, op, input); err != nil {
			return err
		}
		return g.audit.Able(s, op)
	}
	o.Record = g.audit.Record
	return o
}

// classOf returns the bucket that an operation's calls are counted in.
func classOf(s *wire.Service, op *wire.Operation) throttle.Class {
	switch op.Name {
	case "FilterLogEvents", "StartLiveTail", "LookupEvents", "SimulatePrincipalPolicy", "SimulateCustomPolicy",
		"GetAccountAuthorizationDetails", "GenerateCredentialReport", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext":
		return throttle.Expensive
	}
	if audit.KindOf(s.Name, op.Name) == audit.Reading {
		return throttle.Reading
	}
	return throttle.Mutating
}

// record runs the trail until stop is called, which returns when what was
// recorded is written. It outlives the requests that it records.
func (g *guard) record(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = g.trail.Run(ctx) // it ends with ctx alone
	}()
	return func() {
		cancel()
		<-ended
	}
}

// readTrail opens the trail of a data directory that a server may be writing.
func readTrail(d dataDir) (disk.Disk, []byte, error) {
	key, err := keyring.AuditKey(string(d), rand.Reader)
	return disk.Peek(d.join("audit")), key, err
}
