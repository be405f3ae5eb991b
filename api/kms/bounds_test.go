package kms_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// What the service's model says of a request comes before the question
// whether its key is there.
func TestTheModelComesBeforeTheKey(t *testing.T) {
	e := serve(t)
	ctx, absent, all := t.Context(), new("absent"), new(int32(1001))
	limit := func(n string) string {
		return "1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to " + n
	}
	refused(t, "ValidationException", limit("100"))(e.ListGrants(ctx, &kms.ListGrantsInput{KeyId: absent, Limit: all}))
	refused(t, "ValidationException", limit("100"))(e.ListAliases(ctx, &kms.ListAliasesInput{KeyId: absent, Limit: all}))
	refused(t, "ValidationException", limit("100"))(e.ListRetirableGrants(ctx, &kms.ListRetirableGrantsInput{Limit: all}))
	refused(t, "ValidationException", limit("50"))(e.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: absent, Limit: all}))
	refused(t, "ValidationException", limit("1000"))(e.ListKeyPolicies(ctx, &kms.ListKeyPoliciesInput{KeyId: absent, Limit: all}))
	refused(t, "ValidationException", limit("1000"))(e.ListKeyRotations(ctx, &kms.ListKeyRotationsInput{KeyId: absent, Limit: all}))
	refused(t, "ValidationException", limit("1000"))(e.ListKeys(ctx, &kms.ListKeysInput{Limit: all}))
	refused(t, "ValidationException", "1 validation error detected: Value '' at 'marker' failed to satisfy constraint: Member must have length greater than or equal to 1")(
		e.ListKeys(ctx, &kms.ListKeysInput{Marker: new("")}))
	refused(t, "ValidationException", "1 validation error detected: Value 'ALL' at 'includeKeyMaterial' failed to satisfy constraint: Member must satisfy enum value set: [ALL_KEY_MATERIAL, ROTATIONS_ONLY]")(
		e.ListKeyRotations(ctx, &kms.ListKeyRotationsInput{KeyId: absent, IncludeKeyMaterial: types.IncludeKeyMaterial("ALL")}))
	refused(t, "ValidationException", "1 validation error detected: Value 'no one' at 'granteePrincipal' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\w+=,.@:/-]+$")(
		e.ListGrants(ctx, &kms.ListGrantsInput{KeyId: absent, GranteePrincipal: new("no one")}))
	long := strings.Repeat("x", 129)
	refused(t, "ValidationException", "1 validation error detected: Value '"+long+"' at 'tagKeys.1.member' failed to satisfy constraint: Member must have length less than or equal to 128")(
		e.UntagResource(ctx, &kms.UntagResourceInput{KeyId: absent, TagKeys: []string{long}}))
}
