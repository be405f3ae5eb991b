package gate

import (
	"slices"
	"strings"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/policy"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
)

// granted reports whether a grant of a KMS key lets the caller in where no
// policy does. A grant goes before boundaries and session policies' silence,
// not before an explicit denial.
// Source: KMS developer guide, "Grants in KMS"; "Determining access".
func (g *Gate) granted(f *at, who caller.Identity, n *wire.Need, d policy.Decision) bool {
	key, ok := f.noun.(*model.KMSKey)
	operation, isKMS := strings.CutPrefix(n.Action, "kms:")
	if !ok || !isKMS || d.Cause == policy.ExplicitDeny || who.Kind == caller.Nobody {
		return false
	}
	return slices.ContainsFunc(key.Grants, func(grant model.KMSGrant) bool {
		if operation == "RetireGrant" && grant.Retiring != "" && names(grant.Retiring, who) {
			return true
		}
		return names(grant.Grantee, who) && slices.Contains(grant.Operations, operation) && constrained(&grant, n.Keys)
	})
}

// names reports whether a grant's principal is the caller: the user, the
// session, the role, or the account.
func names(principal string, who caller.Identity) bool {
	return principal == who.ARN || who.RoleARN != "" && who.Kind == caller.AssumedRole && principal == who.RoleARN ||
		principal == "arn:aws:iam::"+who.Account+":root" && who.Kind == caller.Root
}

// constrained reports whether the request's encryption context is as the grant
// wants it.
func constrained(grant *model.KMSGrant, keys map[string][]string) bool {
	for _, want := range append(slices.Clone(grant.ContextEquals), grant.ContextSubset...) {
		if !slices.Equal(keys["kms:EncryptionContext:"+want.Key], []string{want.Value}) {
			return false
		}
	}
	return len(grant.ContextEquals) == 0 || len(keys["kms:EncryptionContextKeys"]) == len(grant.ContextEquals)
}
