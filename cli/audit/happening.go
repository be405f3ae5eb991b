package audit

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/telemetry/trail"
)

// Happening is what was done by other ways than the AWS APIs: an image that
// was pushed, a channel that an agent opened. It is recorded as the operation
// that AWS knows for it.
type Happening struct {
	Service, Name string // as "ecr", "PutImage"
	Time          time.Time
	Kind          Kind
	Request       any      // shown in JSON; nil: null
	About         []string // ARNs
	Code, Message string   // of an error; "" on success
	// Own is set for what the platform did by itself, in Account: nobody
	// called, and nobody waits for the record.
	Own     bool
	Account string
}

// Ready returns an error while what is to be recorded cannot be.
func (a *Auditor) Ready() error { return a.trail.Able() }

// Note records what happened, as the caller in the context did it. What
// changed something is durable when Note returns nil.
func (a *Auditor) Note(ctx context.Context, h Happening) error {
	who, known := caller.From(ctx)
	from := caller.OriginOf(ctx)
	e := trail.Event{
		Time: h.Time, Source: h.Service + ".amazonaws.com", Name: h.Name, Region: a.options.Region, Account: a.options.Account,
		Address: from.SourceIP, UserAgent: from.UserAgent, ErrorCode: h.Code, ErrorMessage: h.Message,
		RequestID: uuid.NewString(), ID: uuid.NewString(), ReadOnly: h.Kind == Reading, Data: h.Kind == Reporting,
	}
	if from.Secure {
		e.TLS = "TLSv1.3"
	}
	if known {
		e.Identity, e.Account = identity(&who), who.Account
	}
	if h.Own {
		e.Kind, e.Account = "AwsServiceEvent", h.Account
		e.Identity = trail.Identity{Type: "AWSService", AccountID: h.Account}
		e.Address, e.UserAgent = e.Source, e.Source
	}
	for _, arn := range h.About {
		e.Resources = about(e.Resources, arn)
	}
	if h.Request != nil {
		text, err := json.Marshal(h.Request)
		if err != nil {
			return err
		}
		e.Request = text
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return a.trail.Append(ctx, &e, h.Kind == Changing && h.Code == "" && !h.Own)
}
