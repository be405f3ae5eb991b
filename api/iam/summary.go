package iam

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// GetAccountSummary counts what the account has and may have.
func (c *call) GetAccountSummary(*iam.GetAccountSummaryInput) (*iam.GetAccountSummaryOutput, error) {
	v, mine := c.db.View(), c.Account+"/"
	versions := 0
	for p := range all[*model.Policy](c, v) {
		versions += len(p.Versions)
	}
	rootKeys := 0
	if len(slices.Collect(store.KeysByUser(v, model.UserID(c.Account, "")))) > 0 {
		rootKeys = 1
	}
	counts := map[types.SummaryKeyType]int{
		types.SummaryKeyTypeUsers:                        store.Count[*model.User](v, mine),
		types.SummaryKeyTypeUsersQuota:                   maxUsers,
		types.SummaryKeyTypeGroups:                       store.Count[*model.Group](v, mine),
		types.SummaryKeyTypeGroupsQuota:                  maxGroups,
		types.SummaryKeyTypeRoles:                        store.Count[*model.Role](v, mine),
		types.SummaryKeyTypeRolesQuota:                   maxRoles,
		types.SummaryKeyTypeInstanceProfiles:             store.Count[*model.InstanceProfile](v, mine),
		types.SummaryKeyTypeInstanceProfilesQuota:        maxProfiles,
		types.SummaryKeyTypePolicies:                     store.Count[*model.Policy](v, mine),
		types.SummaryKeyTypePoliciesQuota:                maxPolicies,
		types.SummaryKeyTypePolicyVersionsInUse:          versions,
		types.SummaryKeyTypePolicyVersionsInUseQuota:     maxPolicies * maxVersions,
		types.SummaryKeyTypeVersionsPerPolicyQuota:       maxVersions,
		types.SummaryKeyTypePolicySizeQuota:              maxManaged,
		types.SummaryKeyTypeUserPolicySizeQuota:          maxUserInline,
		types.SummaryKeyTypeGroupPolicySizeQuota:         maxGroupInline,
		types.SummaryKeyTypeRolePolicySizeQuota:          maxRoleInline,
		types.SummaryKeyTypeAssumeRolePolicySizeQuota:    maxTrust,
		types.SummaryKeyTypeAttachedPoliciesPerUserQuota: maxAttached, types.SummaryKeyTypeAttachedPoliciesPerGroupQuota: maxAttached,
		types.SummaryKeyTypeAttachedPoliciesPerRoleQuota: maxAttached,
		types.SummaryKeyTypeGroupsPerUserQuota:           maxMemberships,
		types.SummaryKeyTypeAccessKeysPerUserQuota:       maxKeys,
		types.SummaryKeyTypeAccountAccessKeysPresent:     rootKeys,
		types.SummaryKeyTypeProviders:                    store.Count[*model.OIDCProvider](v, mine),
		// None of these are kept here.
		types.SummaryKeyTypeMFADevices: 0, types.SummaryKeyTypeMFADevicesInUse: 0, types.SummaryKeyTypeAccountMFAEnabled: 0,
		types.SummaryKeyTypeServerCertificates: 0, types.SummaryKeyTypeServerCertificatesQuota: 0, types.SummaryKeyTypeSigningCertificatesPerUserQuota: 0,
		types.SummaryKeyTypeAccountPasswordPresent: 0, types.SummaryKeyTypeAccountSigningCertificatesPresent: 0,
	}
	out := &iam.GetAccountSummaryOutput{SummaryMap: map[string]int32{}}
	for key, n := range counts {
		out.SummaryMap[string(key)] = int32(n)
	}
	return out, nil
}
