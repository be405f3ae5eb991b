package organizations

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/wire"
)

// Service returns the service as the router offers it.
func (d *Door) Service() *wire.Service {
	return &wire.Service{
		Name:         "organizations",
		SigningName:  "organizations",
		TargetPrefix: "AWSOrganizationsV20161128",
		Version:      "2016-11-28",
		Protocols:    []wire.Protocol{wire.AWSJSON11},
		Operations: []wire.Operation{
			wire.Op("CloseAccount", d.CloseAccount).Needing(on(d, func(in *CloseAccountInput) *string { return in.AccountId })),
			wire.Op("CreateAccount", d.CreateAccount).Needing(wire.Needs(creating)),
			wire.Op("DescribeAccount", d.DescribeAccount).Needing(on(d, func(in *DescribeAccountInput) *string { return in.AccountId })),
			wire.Op("DescribeCreateAccountStatus", d.DescribeCreateAccountStatus).Needing(wire.OnAnything()),
			wire.Op("DescribeOrganization", d.DescribeOrganization).Needing(wire.OnAnything()),
			wire.Op("ListAccounts", d.ListAccounts).Needing(wire.OnAnything()),
			wire.Op("ListAccountsForParent", d.ListAccountsForParent).Needing(wire.OnAnything()),
			wire.Op("ListCreateAccountStatus", d.ListCreateAccountStatus).Needing(wire.OnAnything()),
			wire.Op("ListParents", d.ListParents).Needing(wire.OnAnything()),
			wire.Op("ListRoots", d.ListRoots).Needing(wire.OnAnything()),
			wire.Op("ListTagsForResource", d.ListTagsForResource).Needing(on(d, func(in *ListTagsForResourceInput) *string { return in.ResourceId })),
			wire.Op("TagResource", d.TagResource).Needing(tagging(d)),
			wire.Op("UntagResource", d.UntagResource).Needing(wire.Needs(func(_ context.Context, in *UntagResourceInput) []wire.Need {
				return []wire.Need{{Resources: []string{d.accountARN(aws.ToString(in.ResourceId))}, Keys: map[string][]string{"aws:TagKeys": in.TagKeys}}}
			})),
		},
		Known: known(),
	}
}

// on makes a Permission on the account that a request names.
// Source: Service Authorization Reference, AWS Organizations.
func on[I any](d *Door, account func(*I) *string) wire.Permission {
	return wire.Needs(func(_ context.Context, in *I) []wire.Need {
		return []wire.Need{{Resources: []string{d.accountARN(aws.ToString(account(in)))}}}
	})
}

func creating(_ context.Context, in *CreateAccountInput) []wire.Need {
	needs := []wire.Need{{Keys: tagKeys(in.Tags)}}
	if len(in.Tags) > 0 {
		needs = append(needs, wire.Need{Action: "organizations:TagResource", Keys: tagKeys(in.Tags)})
	}
	return needs
}

func tagging(d *Door) wire.Permission {
	return wire.Needs(func(_ context.Context, in *TagResourceInput) []wire.Need {
		return []wire.Need{{Resources: []string{d.accountARN(aws.ToString(in.ResourceId))}, Keys: tagKeys(in.Tags)}}
	})
}

func tagKeys(tags []Tag) map[string][]string {
	keys := map[string][]string{}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		keys["aws:RequestTag/"+key] = []string{aws.ToString(t.Value)}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], key)
	}
	return keys
}

// known names every operation of the service.
func known() []string {
	return []string{
		"AcceptHandshake", "AttachPolicy", "CancelHandshake", "CloseAccount", "CreateAccount", "CreateGovCloudAccount", "CreateOrganization",
		"CreateOrganizationalUnit", "CreatePolicy", "DeclineHandshake", "DeleteOrganization", "DeleteOrganizationalUnit", "DeletePolicy",
		"DeleteResourcePolicy", "DeregisterDelegatedAdministrator", "DescribeAccount", "DescribeCreateAccountStatus", "DescribeEffectivePolicy",
		"DescribeHandshake", "DescribeOrganization", "DescribeOrganizationalUnit", "DescribePolicy", "DescribeResourcePolicy", "DetachPolicy",
		"DisableAWSServiceAccess", "DisablePolicyType", "EnableAWSServiceAccess", "EnableAllFeatures", "EnablePolicyType",
		"InviteAccountToOrganization", "LeaveOrganization", "ListAWSServiceAccessForOrganization", "ListAccounts", "ListAccountsForParent",
		"ListChildren", "ListCreateAccountStatus", "ListDelegatedAdministrators", "ListDelegatedServicesForAccount", "ListHandshakesForAccount",
		"ListHandshakesForOrganization", "ListOrganizationalUnitsForParent", "ListParents", "ListPolicies", "ListPoliciesForTarget", "ListRoots",
		"ListTagsForResource", "ListTargetsForPolicy", "MoveAccount", "PutResourcePolicy", "RegisterDelegatedAdministrator",
		"RemoveAccountFromOrganization", "TagResource", "UntagResource", "UpdateOrganizationalUnit", "UpdatePolicy",
	}
}
