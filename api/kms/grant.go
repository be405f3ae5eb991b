package kms

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire/constraint"
)

// maxGrants bounds the grants of a key: they are stored with it.
const maxGrants = 1000

// grantable are the operations that a key can be granted for.
// Source: KMS API reference, CreateGrant; KMS developer guide, "Grants in KMS".
func grantable(k *model.KMSKey) []types.GrantOperation {
	all := []types.GrantOperation{types.GrantOperationCreateGrant, types.GrantOperationRetireGrant, types.GrantOperationDescribeKey}
	a := abilityOfKey(k)
	if a.pair() {
		all = append(all, types.GrantOperationGetPublicKey)
	}
	switch types.KeyUsageType(k.Usage) {
	case types.KeyUsageTypeEncryptDecrypt:
		all = append(all, types.GrantOperationDecrypt, types.GrantOperationEncrypt, types.GrantOperationReEncryptFrom, types.GrantOperationReEncryptTo)
	case types.KeyUsageTypeSignVerify:
		all = append(all, types.GrantOperationSign, types.GrantOperationVerify)
	case types.KeyUsageTypeGenerateVerifyMac:
		all = append(all, types.GrantOperationGenerateMac, types.GrantOperationVerifyMac)
	case types.KeyUsageTypeKeyAgreement:
		all = append(all, types.GrantOperationDeriveSharedSecret)
	}
	if a.symmetric {
		all = append(all, types.GrantOperationGenerateDataKey, types.GrantOperationGenerateDataKeyWithoutPlaintext,
			types.GrantOperationGenerateDataKeyPair, types.GrantOperationGenerateDataKeyPairWithoutPlaintext)
	}
	return all
}

func checkOperations(k *model.KMSKey, asked []types.GrantOperation) error {
	for _, o := range asked {
		if !slices.Contains(grantable(k), o) {
			return constraint.Invalid("The operation %s is not valid for a KMS key with KeyUsage %s and KeySpec %s.", o, k.Usage, k.Spec)
		}
	}
	return nil
}

// CreateGrant lets a principal use a key. The same name with the same
// parameters is the same grant.
func (d *FrontDoor) CreateGrant(ctx context.Context, in *kms.CreateGrantInput) (*kms.CreateGrantOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkGrant(in); err != nil {
		return nil, err
	}
	random, err := d.bytes(32 + 96)
	if err != nil {
		return nil, err
	}
	g := model.KMSGrant{ID: hex.EncodeToString(random[:32]), Token: base64.RawURLEncoding.EncodeToString(random[32:]),
		Name: aws.ToString(in.Name), Grantee: *in.GranteePrincipal, Retiring: aws.ToString(in.RetiringPrincipal), CreatedAt: r.now,
		IssuedBy: "arn:aws:iam::" + r.who.Account + ":root"}
	for _, o := range in.Operations {
		g.Operations = append(g.Operations, string(o))
	}
	if c := in.Constraints; c != nil {
		g.ContextEquals, g.ContextSubset = pairs(c.EncryptionContextEquals), pairs(c.EncryptionContextSubset)
	}
	return &kms.CreateGrantOutput{GrantId: &g.ID, GrantToken: &g.Token}, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		if err := firstError(usable(r, k, "CreateGrant"), checkOperations(k, in.Operations), dryRun(in.DryRun)); err != nil {
			return err
		}
		for _, was := range k.Grants {
			if g.Name != "" && sameGrant(was, g) {
				g.ID, g.Token = was.ID, was.Token
				return nil
			}
		}
		if len(k.Grants) >= maxGrants {
			return limitExceeded("The key has %d grants already.", maxGrants)
		}
		k.Grants = append(k.Grants, g)
		return nil
	})
}

func sameGrant(a, b model.KMSGrant) bool {
	a.ID, a.Token, a.CreatedAt = b.ID, b.Token, b.CreatedAt
	return reflect.DeepEqual(a, b)
}

func checkGrant(in *kms.CreateGrantInput) error {
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	v.Optional("name", in.Name, grantNameText)
	v.Optional("granteePrincipal", in.GranteePrincipal, principalText)
	v.Optional("retiringPrincipal", in.RetiringPrincipal, principalText)
	grantTokens(&v, in.GrantTokens)
	if in.Operations == nil {
		v.Missing("operations")
	}
	for _, o := range in.Operations {
		constraint.OneOf(&v, "operations", o, o.Values())
	}
	if err := v.Err(); err != nil {
		return err
	}
	switch {
	case in.GranteeServicePrincipal != nil || in.RetiringServicePrincipal != nil || in.Constraints != nil && in.Constraints.SourceArn != nil:
		return unsupported("Grants for service principals are not supported by Roadstead.")
	case in.GranteePrincipal == nil:
		return constraint.Invalid("GranteePrincipal is required.")
	case !isPrincipal(*in.GranteePrincipal):
		return &types.InvalidArnException{Message: in.GranteePrincipal}
	case in.RetiringPrincipal != nil && !isPrincipal(*in.RetiringPrincipal):
		return &types.InvalidArnException{Message: in.RetiringPrincipal}
	}
	if c := in.Constraints; c != nil {
		return firstError(checkContext(c.EncryptionContextEquals), checkContext(c.EncryptionContextSubset))
	}
	return nil
}

func isPrincipal(name string) bool {
	for _, prefix := range []string{"arn:aws:iam::", "arn:aws:sts::"} {
		if len(name) > len(prefix)+13 && name[:len(prefix)] == prefix {
			return true
		}
	}
	return false
}

func pairs(m map[string]string) (tags []model.Tag) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		tags = append(tags, model.Tag{Key: k, Value: m[k]})
	}
	return tags
}

func unpair(tags []model.Tag) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	m := map[string]string{}
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

// ListGrants lists the grants of a key.
func (d *FrontDoor) ListGrants(ctx context.Context, in *kms.ListGrantsInput) (*kms.ListGrantsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	v.Optional("grantId", in.GrantId, grantIDText)
	v.Optional("granteePrincipal", in.GranteePrincipal, principalText)
	pageBounds(&v, in.Limit, in.Marker, 100)
	if err := v.Err(); err != nil {
		return nil, err
	}
	k, err := d.findByID(d.db.View(), r, *in.KeyId)
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.Limit, in.Marker, 50, "ListGrants", k.ID, aws.ToString(in.GrantId), aws.ToString(in.GranteePrincipal), aws.ToString(in.GranteeServicePrincipal))
	if err != nil {
		return nil, err
	}
	var found []types.GrantListEntry
	for _, g := range k.Grants {
		if in.GranteeServicePrincipal == nil && (in.GrantId == nil || *in.GrantId == g.ID) && (in.GranteePrincipal == nil || *in.GranteePrincipal == g.Grantee) {
			found = append(found, showGrant(r, k, g))
		}
	}
	out := &kms.ListGrantsOutput{}
	out.Grants, out.NextMarker = takeGrants(p, found)
	out.Truncated = out.NextMarker != nil
	return out, nil
}

// ListRetirableGrants lists the grants that a principal may retire.
func (d *FrontDoor) ListRetirableGrants(ctx context.Context, in *kms.ListRetirableGrantsInput) (*kms.ListRetirableGrantsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Optional("retiringPrincipal", in.RetiringPrincipal, principalText)
	pageBounds(&v, in.Limit, in.Marker, 100)
	if err := v.Err(); err != nil {
		return nil, err
	}
	if (in.RetiringPrincipal == nil) == (in.RetiringServicePrincipal == nil) {
		return nil, constraint.Invalid("Specify either RetiringPrincipal or RetiringServicePrincipal.")
	}
	p, err := newPage(in.Limit, in.Marker, 50, "ListRetirableGrants", r.scope.Account, aws.ToString(in.RetiringPrincipal), aws.ToString(in.RetiringServicePrincipal))
	if err != nil {
		return nil, err
	}
	var found []types.GrantListEntry
	for k := range store.Prefix[*model.KMSKey](d.db.View(), r.scope.Account+"/") {
		for _, g := range k.Grants {
			if g.Retiring != "" && g.Retiring == aws.ToString(in.RetiringPrincipal) {
				found = append(found, showGrant(r, k, g))
			}
		}
	}
	out := &kms.ListRetirableGrantsOutput{}
	out.Grants, out.NextMarker = takeGrants(p, found)
	out.Truncated = out.NextMarker != nil
	return out, nil
}

func takeGrants(p page, found []types.GrantListEntry) ([]types.GrantListEntry, *string) {
	place := func(g types.GrantListEntry) string { return *g.GrantId }
	slices.SortFunc(found, func(a, b types.GrantListEntry) int { return strings.Compare(place(a), place(b)) })
	list, marker := take(p, found, place)
	if list == nil {
		list = []types.GrantListEntry{}
	}
	return list, marker
}

func showGrant(r request, k *model.KMSKey, g model.KMSGrant) types.GrantListEntry {
	e := types.GrantListEntry{KeyId: new(r.arnOf(k)), GrantId: &g.ID, GranteePrincipal: &g.Grantee, CreationDate: &g.CreatedAt, IssuingAccount: &g.IssuedBy, Name: &g.Name}
	if g.Retiring != "" {
		e.RetiringPrincipal = &g.Retiring
	}
	for _, o := range g.Operations {
		e.Operations = append(e.Operations, types.GrantOperation(o))
	}
	if len(g.ContextEquals)+len(g.ContextSubset) > 0 {
		e.Constraints = &types.GrantConstraints{EncryptionContextEquals: unpair(g.ContextEquals), EncryptionContextSubset: unpair(g.ContextSubset)}
	}
	return e
}

// RevokeGrant takes a grant away.
func (d *FrontDoor) RevokeGrant(ctx context.Context, in *kms.RevokeGrantInput) (*kms.RevokeGrantOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	v.Required("grantId", in.GrantId, grantIDText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	return nil, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		if k.State == statePending {
			return pendingDeletion(r.arnOf(k))
		}
		return drop(k, *in.GrantId, in.DryRun)
	})
}

// RetireGrant is RevokeGrant for whom the grant itself lets do so.
func (d *FrontDoor) RetireGrant(ctx context.Context, in *kms.RetireGrantInput) (*kms.RetireGrantOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Optional("grantToken", in.GrantToken, tokenText)
	v.Optional("keyId", in.KeyId, keyText)
	v.Optional("grantId", in.GrantId, grantIDText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	key, id := aws.ToString(in.KeyId), aws.ToString(in.GrantId)
	switch byID := key != "" && id != ""; {
	case in.GrantToken != nil && (key != "" || id != ""), in.GrantToken == nil && !byID:
		return nil, constraint.Invalid("Specify either GrantToken, or KeyId and GrantId.")
	case in.GrantToken != nil:
		if key, id = d.byToken(r, *in.GrantToken); id == "" {
			return nil, &types.InvalidGrantTokenException{Message: new("Invalid grant token.")}
		}
	}
	return nil, d.change(r, key, func(k *model.KMSKey) error {
		i := slices.IndexFunc(k.Grants, func(g model.KMSGrant) bool { return g.ID == id })
		if i >= 0 && !retires(r.who, k.Grants[i]) {
			return denied(r, "RetireGrant", r.arnOf(k))
		}
		return drop(k, id, in.DryRun)
	})
}

// byToken finds the grant of a token.
func (d *FrontDoor) byToken(r request, token string) (key, id string) {
	for k := range store.Prefix[*model.KMSKey](d.db.View(), r.scope.Account+"/") {
		for _, g := range k.Grants {
			if g.Token == token {
				return k.ID, g.ID
			}
		}
	}
	return "", ""
}

// retires reports whether a caller whom the permissions have let in may retire
// a grant: the account that made it, the retiring principal, and the grantee if
// it was granted that.
func retires(who caller.Identity, g model.KMSGrant) bool {
	is := func(p string) bool { return p != "" && (p == who.ARN || p == who.RoleARN) }
	return g.IssuedBy == "arn:aws:iam::"+who.Account+":root" || is(g.Retiring) || is(g.Grantee) && slices.Contains(g.Operations, string(types.GrantOperationRetireGrant))
}

func drop(k *model.KMSKey, id string, dry *bool) error {
	n := len(k.Grants)
	k.Grants = slices.DeleteFunc(k.Grants, func(g model.KMSGrant) bool { return g.ID == id })
	if len(k.Grants) == n {
		return notFound("Grant ID %s not found", id)
	}
	return dryRun(dry)
}
