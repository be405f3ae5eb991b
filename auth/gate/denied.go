package gate

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/auth/policy"
)

// Denied refuses a request, in AWS's words. It implements smithy.APIError with
// the code of the JSON protocols.
type Denied struct {
	Action, Resource string
	Decision         policy.Decision
	message          string
}

var _ smithy.APIError = (*Denied)(nil)

// messageAudience is what reasons of denials are sealed for.
const messageAudience = "authorization message "

// denied makes the error. What a statement says is nobody's to know but of
// those who may decode it, so it is named in a sealed text.
// Source: STS API reference, DecodeAuthorizationMessage.
func (g *Gate) denied(r *policy.Request, d policy.Decision) error {
	e := &Denied{Action: r.Action, Resource: r.Resource, Decision: d, message: policy.Message(r, d)}
	if d.Cause != policy.ExplicitDeny || g.opts.Sealer == nil {
		return e
	}
	text, err := json.Marshal(reasonOf(r, d))
	if err == nil {
		var sealed string
		if sealed, err = g.opts.Sealer.SealText(text, messageAudience+r.Caller.Account); err == nil {
			e.message += ". Encoded authorization failure message: " + sealed
		}
	}
	return e // without the reason where it is too long: the answer is the same
}

// Decode opens the sealed reason of a denial of a caller of the account.
func (g *Gate) Decode(account, sealed string) (string, bool) {
	if g.opts.Sealer == nil {
		return "", false
	}
	text, err := g.opts.Sealer.OpenText(sealed, messageAudience+account)
	return string(text), err == nil
}

// The form of decoded messages. Source: STS API reference,
// DecodeAuthorizationMessage; IAM re:Post on decoded messages.
type (
	items[T any] struct {
		Items []T `json:"items"`
	}
	matched struct {
		StatementID     string           `json:"statementId"`
		Effect          string           `json:"effect"`
		Principals      items[value]     `json:"principals"`
		PrincipalGroups items[value]     `json:"principalGroups"`
		Actions         items[value]     `json:"actions"`
		Resources       items[value]     `json:"resources"`
		Conditions      items[condition] `json:"conditions"`
		SourcePolicyID  string           `json:"sourcePolicyId"`
		SourceType      string           `json:"sourcePolicyType"`
	}
	value struct {
		Value string `json:"value"`
	}
	condition struct {
		Key    string       `json:"key"`
		Values items[value] `json:"values"`
	}
	principal struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		ARN  string `json:"arn"`
	}
	requested struct {
		Principal  principal        `json:"principal"`
		Action     string           `json:"action"`
		Resource   string           `json:"resource"`
		Conditions items[condition] `json:"conditions"`
	}
	reason struct {
		Allowed           bool           `json:"allowed"`
		ExplicitDeny      bool           `json:"explicitDeny"`
		MatchedStatements items[matched] `json:"matchedStatements"`
		Failures          items[value]   `json:"failures"`
		Context           requested      `json:"context"`
	}
)

func reasonOf(r *policy.Request, d policy.Decision) reason {
	id := ""
	if known := r.Context["aws:userid"]; len(known) > 0 {
		id = known[0]
	}
	out := reason{ExplicitDeny: true, MatchedStatements: items[matched]{[]matched{matchedBy(d, id)}}, Failures: items[value]{[]value{}},
		Context: requested{Principal: principal{id, r.Caller.ARN[strings.LastIndexAny(r.Caller.ARN, "/:")+1:], r.Caller.ARN},
			Action: r.Action, Resource: r.Resource, Conditions: items[condition]{[]condition{}}}}
	keys := make([]string, 0, len(r.Context))
	for key := range r.Context {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		c := condition{Key: key}
		for _, v := range r.Context[key] {
			c.Values.Items = append(c.Values.Items, value{v})
		}
		out.Context.Conditions.Items = append(out.Context.Conditions.Items, c)
	}
	return out
}

// matchedBy is the statement that denied. principal is the caller's id.
func matchedBy(d policy.Decision, principal string) matched {
	m := matched{StatementID: d.Sid, Effect: "DENY", SourcePolicyID: d.Policy, SourceType: d.Type, Principals: valuesOf([]string{principal}),
		PrincipalGroups: valuesOf(nil), Actions: valuesOf(nil), Resources: valuesOf(nil), Conditions: items[condition]{[]condition{}}}
	if d.Statement == nil {
		return m
	}
	m.Actions, m.Resources = valuesOf(d.Statement.Actions), valuesOf(d.Statement.Resources)
	for _, c := range d.Statement.Conditions {
		m.Conditions.Items = append(m.Conditions.Items, condition{c.Key, valuesOf(c.Values)})
	}
	return m
}

func valuesOf(texts []string) items[value] {
	out := items[value]{[]value{}}
	for _, t := range texts {
		out.Items = append(out.Items, value{t})
	}
	return out
}

// Error returns the code and the message.
func (d *Denied) Error() string { return d.ErrorCode() + ": " + d.message }

// ErrorCode returns the error type of the JSON protocols.
func (d *Denied) ErrorCode() string { return "AccessDeniedException" }

// ErrorMessage returns AWS's sentence.
func (d *Denied) ErrorMessage() string { return d.message }

// ErrorFault says that the caller is at fault.
func (d *Denied) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }

// HTTPStatusCode returns the status that the JSON protocols give the error.
func (d *Denied) HTTPStatusCode() int { return 400 }

// QueryErrorCode returns the error code of the query protocols.
func (d *Denied) QueryErrorCode() string { return "AccessDenied" }

// QueryStatusCode returns the status that the query protocols give the error.
func (d *Denied) QueryStatusCode() int { return 403 }
