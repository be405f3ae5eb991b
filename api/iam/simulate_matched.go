package iam

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/auth/policy"
)

// matched returns the statements that lead to a decision: those that, each by
// itself, lead to it. Where something is denied, those are the denials alone.
func (s *simulation) matched(r *policy.Request, cause policy.Cause) []types.Statement {
	found := []types.Statement{}
	sources := slices.Clone(s.identity)
	if s.boundary != nil && cause == policy.ExplicitDeny {
		sources = append(sources, *s.boundary)
	}
	for _, from := range sources {
		for i := range from.Statements {
			alone := policy.Named{Name: from.Name, Document: &policy.Document{Version: from.Version, Statements: from.Statements[i : i+1]}}
			own := *r
			own.Account = ""
			if policy.Evaluate(&own, &policy.Policies{Identity: []policy.Named{alone}}).Cause == cause {
				found = append(found, from.statement(i))
			}
		}
	}
	if s.resource == nil {
		return found
	}
	for i := range s.resource.Statements {
		alone := &policy.Named{Document: &policy.Document{Version: s.resource.Version, Statements: s.resource.Statements[i : i+1]}}
		if policy.Evaluate(r, &policy.Policies{Resource: alone}).Cause == cause {
			found = append(found, s.resource.statement(i))
		}
	}
	return found
}

// statement says where the i-th statement of a policy is.
func (s *source) statement(i int) types.Statement {
	out := types.Statement{SourcePolicyId: &s.Name, SourcePolicyType: s.kind}
	spans := statements(s.text)
	if i < len(spans) {
		out.StartPosition, out.EndPosition = position(s.text, spans[i][0]), position(s.text, spans[i][1])
	}
	return out
}

// position is a line and a column, both from 1.
func position(text string, offset int) *types.Position {
	before := text[:offset]
	return &types.Position{Line: int32(1 + strings.Count(before, "\n")), Column: int32(offset - strings.LastIndexByte(before, '\n'))}
}

// statements returns where the statements of a document, which is valid,
// begin and end.
func statements(text string) (spans [][2]int) {
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil
		}
		if name != "Statement" {
			continue
		}
		at := int(d.InputOffset()) - len(value)
		if !bytes.HasPrefix(value, []byte("[")) {
			return [][2]int{{at, at + len(value)}}
		}
		list := json.NewDecoder(bytes.NewReader(value))
		if _, err := list.Token(); err != nil {
			return nil
		}
		for list.More() {
			var one json.RawMessage
			if err := list.Decode(&one); err != nil {
				return nil
			}
			end := at + int(list.InputOffset())
			spans = append(spans, [2]int{end - len(one), end})
		}
	}
	return spans
}
