package ssm

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// policy is one policy of a parameter, as callers write it.
type policy struct {
	Type       string
	Version    string
	Attributes map[string]string
}

// readPolicies returns when a parameter expires, zero for never. Expiration is
// the only policy there is: the others send events, and nobody would.
func readPolicies(text string) (expires time.Time, err error) {
	if text == "" || text == "{}" || text == "[]" {
		return expires, nil
	}
	var all []policy
	if json.Unmarshal([]byte(text), &all) != nil {
		return expires, &types.InvalidPolicyAttributeException{Message: new("Invalid policies input: the policies are no array of policies in JSON.")}
	}
	for _, p := range all {
		switch p.Type {
		case "Expiration":
		case "ExpirationNotification", "NoChangeNotification":
			return expires, &types.InvalidPolicyTypeException{Message: new("The policy type " + p.Type + " is not supported by Roadstead.")}
		default:
			return expires, &types.InvalidPolicyTypeException{Message: new("The policy type isn't supported. Parameter Store supports the following policy types: Expiration, ExpirationNotification, and NoChangeNotification.")}
		}
		if !expires.IsZero() {
			return expires, &types.IncompatiblePolicyException{Message: new("There is a conflict in the policies specified for this parameter. You can't, for example, specify two Expiration policies for a parameter.")}
		}
		if expires, err = time.Parse(time.RFC3339, p.Attributes["Timestamp"]); err != nil || len(p.Attributes) != 1 || p.Version != "1.0" {
			return time.Time{}, &types.InvalidPolicyAttributeException{Message: new("An Expiration policy has the version 1.0 and a Timestamp in the form 2030-12-02T21:34:33.000Z.")}
		}
	}
	return expires.UTC(), nil
}

// showPolicies is policies as the API shows them.
func showPolicies(text string) (out []types.ParameterInlinePolicy) {
	var all []json.RawMessage
	if json.Unmarshal([]byte(text), &all) != nil {
		return nil
	}
	for _, raw := range all {
		var p policy
		if json.Unmarshal(raw, &p) == nil {
			out = append(out, types.ParameterInlinePolicy{PolicyText: new(strings.TrimSpace(string(raw))), PolicyType: new(p.Type), PolicyStatus: new("Pending")})
		}
	}
	return out
}
