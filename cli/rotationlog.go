package cli

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/cli/audit"
	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/rotate"
	"github.com/roadstead/roadstead/store"
)

// rotationLog says what became of rotations, in the log and in the record of
// calls: nobody has called when one is due.
type rotationLog struct {
	eventLog
	audit *audit.Auditor
	view  func() store.View
}

// Observe implements control.Observer.
func (l rotationLog) Observe(e control.Event) {
	l.eventLog.Observe(e)
	p, ok := e.(control.Planned)
	if !ok {
		return
	}
	for _, r := range p.Plan.Reasons {
		s, ok := store.Get[*model.Secret](l.view(), r.Subject.ID)
		if !ok {
			continue // it was deleted since
		}
		arn := model.Scope{Region: region, Account: s.Account}.SecretARN(s.Name, s.Suffix)
		h := audit.Happening{Service: "secretsmanager", Name: r.Code, Time: time.Now(), Kind: audit.Changing, Own: true, Account: s.Account,
			Request: map[string]string{"secretId": arn}, About: []string{arn}}
		if r.Code == rotate.Failed || r.Code == rotate.Abandoned {
			h.Code, h.Message = r.Code, r.Message
			l.log.Warn("rotation of a secret", "secret", arn, "event", r.Code, "message", r.Message)
		}
		_ = l.audit.Note(context.Background(), h) // nobody waits for it: what a full disk did not take is written later
	}
}
