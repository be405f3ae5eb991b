package iam_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const execution = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"

func TestPolicies(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	arn := w.policy("run", allow)
	wantSame(t, arn, "arn:aws:iam::123456789012:policy/run")
	_, err := w.root.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("Run"), PolicyDocument: aws.String(allow)})
	wantError(t, err, "EntityAlreadyExists", "A policy called Run already exists. Duplicate names are not allowed.")
	_, err = w.root.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("x"), PolicyDocument: aws.String(trust)})
	wantError(t, err, "MalformedPolicyDocument", "Policy document should not specify a principal.")
	_, err = w.root.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("old"), PolicyDocument: aws.String(`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"ecs:*","Resource":"*"}}`)})
	wantError(t, err, "MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.")
	big := strings.Replace(allow, "ecs:*", "ecs:"+strings.Repeat("x", 6144), 1)
	_, err = w.root.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("x"), PolicyDocument: &big})
	wantError(t, err, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
	for n := 2; n <= 5; n++ {
		v := must(w.root.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(strings.Replace(allow, "ecs", "ecr", 1)), SetAsDefault: n == 3}))(t).PolicyVersion
		wantSame(t, []any{*v.VersionId, v.IsDefaultVersion}, []any{fmt.Sprint("v", n), n == 3})
	}
	_, err = w.root.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(allow)})
	wantError(t, err, "LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")
	_, err = w.root.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v3")})
	wantError(t, err, "DeleteConflict", "Cannot delete the default version of a policy.")
	must(w.root.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v5")}))(t)
	got := must(w.root.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")}))(t).PolicyVersion
	plain, _ := url.PathUnescape(*got.Document)
	wantSame(t, []any{plain, got.IsDefaultVersion}, []any{allow, false})
	_, err = w.root.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
	wantCode(t, "DeletePolicy", err, "DeleteConflict")
	for _, v := range []string{"v1", "v2", "v3", "v4"} {
		must(w.root.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: &v}))(t)
	}
	versions := must(w.root.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: &arn}))(t).Versions
	wantSame(t, []any{len(versions), *versions[0].VersionId, versions[0].Document == nil}, []any{1, "v5", true})
	_, err = w.root.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v9")})
	wantError(t, err, "NoSuchEntity", "Policy "+arn+" version v9 does not exist or is not attachable.")
	w.role("web")
	must(w.root.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("web"), PermissionsBoundary: &arn}))(t)
	_, err = w.root.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
	wantError(t, err, "DeleteConflict", "Cannot delete a policy attached to entities.")
	wantSame(t, *must(w.root.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn}))(t).Policy.PermissionsBoundaryUsageCount, int32(1))
	must(w.root.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("web")}))(t)
	must(w.root.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn}))(t)
	_, err = w.root.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	wantError(t, err, "NoSuchEntity", "Policy "+arn+" was not found.")
	_, err = w.root.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("web"), PermissionsBoundary: &arn})
	wantError(t, err, "NoSuchEntity", "Scope ARN: "+arn+" does not exist or is not attachable.")
	_, err = w.root.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String(execution)})
	wantCode(t, "AWS's policy", err, "InvalidInput")
}

func TestManagedPolicies(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	p := must(w.root.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(execution)}))(t).Policy
	wantSame(t, []string{*p.PolicyName, *p.Path, *p.DefaultVersionId}, []string{"AmazonECSTaskExecutionRolePolicy", "/service-role/", "v1"})
	v := must(w.root.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: p.DefaultVersionId}))(t).PolicyVersion
	if plain, _ := url.PathUnescape(*v.Document); !strings.Contains(plain, "logs:PutLogEvents") {
		t.Errorf("document %s", plain)
	}
	_, err := w.root.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/NoneSuch")})
	wantError(t, err, "NoSuchEntity", "Policy arn:aws:iam::aws:policy/NoneSuch was not found.")
	own := w.policy("own", allow)
	count := func(in *iam.ListPoliciesInput) (arns []string) {
		for pages := iam.NewListPoliciesPaginator(w.root, in); pages.HasMorePages(); {
			for _, p := range must(pages.NextPage(ctx))(t).Policies {
				arns = append(arns, *p.Arn)
			}
		}
		return arns
	}
	wantSame(t, count(&iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}), []string{own})
	of := len(count(&iam.ListPoliciesInput{Scope: types.PolicyScopeTypeAws, MaxItems: aws.Int32(7)}))
	if of < 40 || len(count(&iam.ListPoliciesInput{})) != of+1 {
		t.Errorf("%d policies of AWS", of)
	}
	w.role("web")
	must(w.root.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("web"), PolicyArn: aws.String(execution)}))(t)
	wantSame(t, count(&iam.ListPoliciesInput{OnlyAttached: true}), []string{execution})
	wantSame(t, count(&iam.ListPoliciesInput{OnlyAttached: true, PathPrefix: aws.String("/x/")}), []string(nil))
}

func TestAttachments(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.user("bob")
	w.group("devs")
	w.role("web")
	arn := w.policy("run", allow)
	bob, devs, web := aws.String("bob"), aws.String("devs"), aws.String("web")
	for range 2 { // what is attached stays attached
		must(w.root.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: bob, PolicyArn: &arn}))(t)
		must(w.root.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: devs, PolicyArn: &arn}))(t)
		must(w.root.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: web, PolicyArn: &arn}))(t)
	}
	list := must(w.root.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: web}))(t).AttachedPolicies
	wantSame(t, []any{len(list), *list[0].PolicyName, *list[0].PolicyArn}, []any{1, "run", arn})
	wantSame(t, len(must(w.root.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: bob}))(t).AttachedPolicies), 1)
	wantSame(t, len(must(w.root.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: devs, PathPrefix: aws.String("/x/")}))(t).AttachedPolicies), 0)
	entities := must(w.root.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: &arn}))(t)
	wantSame(t, []string{*entities.PolicyUsers[0].UserName, *entities.PolicyGroups[0].GroupName, *entities.PolicyRoles[0].RoleName}, []string{"bob", "devs", "web"})
	only := must(w.root.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: &arn, EntityFilter: types.EntityTypeRole}))(t)
	wantSame(t, []int{len(only.PolicyRoles), len(only.PolicyUsers)}, []int{1, 0})
	wantSame(t, *must(w.root.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn}))(t).Policy.AttachmentCount, int32(3))
	_, err := w.root.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: web})
	wantError(t, err, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	_, err = w.root.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: web, PolicyArn: aws.String(arn + "x")})
	wantError(t, err, "NoSuchEntity", "Policy "+arn+"x does not exist or is not attachable.")
	_, err = w.root.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: web, PolicyArn: aws.String(strings.Repeat("x", 20))})
	wantError(t, err, "ValidationError", "Invalid ARN:  Could not be parsed!")
	for n := range 9 {
		more := w.policy(fmt.Sprint("p", n), allow)
		must(w.root.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: bob, PolicyArn: &more}))(t)
	}
	_, err = w.root.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: bob, PolicyArn: aws.String(execution)})
	wantError(t, err, "LimitExceeded", "Cannot exceed quota for PoliciesPerUser: 10")
	details := must(w.root.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{}))(t)
	wantSame(t, []int{len(details.UserDetailList), len(details.GroupDetailList), len(details.RoleDetailList), len(details.Policies), len(details.UserDetailList[0].AttachedManagedPolicies)}, []int{1, 1, 1, 10, 10})
	must(w.root.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: bob, PolicyArn: &arn}))(t)
	_, err = w.root.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: bob, PolicyArn: &arn})
	wantError(t, err, "NoSuchEntity", "Policy "+arn+" was not found.")
	must(w.root.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: devs, PolicyArn: &arn}))(t)
	must(w.root.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: web, PolicyArn: &arn}))(t)
	must(w.root.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: web}))(t)
}

func TestInlinePolicies(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.user("bob")
	w.group("devs")
	w.role("web")
	bob, devs, web, p := aws.String("bob"), aws.String("devs"), aws.String("web"), aws.String("p")
	must(w.root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: bob, PolicyName: p, PolicyDocument: aws.String(allow)}))(t)
	must(w.root.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: devs, PolicyName: p, PolicyDocument: aws.String(allow)}))(t)
	must(w.root.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: web, PolicyName: p, PolicyDocument: aws.String(allow)}))(t)
	user := must(w.root.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: bob, PolicyName: p}))(t)
	group := must(w.root.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: devs, PolicyName: p}))(t)
	role := must(w.root.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: web, PolicyName: p}))(t)
	for _, document := range []*string{user.PolicyDocument, group.PolicyDocument, role.PolicyDocument} {
		plain, _ := url.PathUnescape(*document)
		wantSame(t, plain, allow)
	}
	wantSame(t, must(w.root.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: web}))(t).PolicyNames, []string{"p"})
	wantSame(t, must(w.root.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: bob}))(t).PolicyNames, []string{"p"})
	wantSame(t, must(w.root.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: devs}))(t).PolicyNames, []string{"p"})
	long := strings.Replace(allow, "ecs:*", "ecs:"+strings.Repeat("x", 2000), 1)
	_, err := w.root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: bob, PolicyName: aws.String("q"), PolicyDocument: &long})
	wantError(t, err, "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user bob")
	_, err = w.root.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: web, PolicyName: p, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}`)})
	wantError(t, err, "MalformedPolicyDocument", "Policy statement must contain actions.")
	_, err = w.root.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: web})
	wantError(t, err, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	must(w.root.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: bob, PolicyName: p}))(t)
	must(w.root.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: devs, PolicyName: p}))(t)
	must(w.root.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: web, PolicyName: p}))(t)
	_, err = w.root.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: bob, PolicyName: p})
	wantError(t, err, "NoSuchEntity", "The user policy with name p cannot be found.")
	_, err = w.root.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: web, PolicyName: p})
	wantError(t, err, "NoSuchEntity", "The role policy with name p cannot be found.")
}

func TestTags(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.user("bob")
	w.role("web")
	arn := w.policy("run", allow)
	must(w.root.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("m")}))(t)
	provider := must(w.root.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://id.example.com")}))(t).OpenIDConnectProviderArn
	tags := []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("a"), Value: aws.String("1")}}
	must(w.root.TagUser(ctx, &iam.TagUserInput{UserName: aws.String("bob"), Tags: tags}))(t)
	must(w.root.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("web"), Tags: tags}))(t)
	must(w.root.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: &arn, Tags: tags}))(t)
	must(w.root.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: aws.String("m"), Tags: tags}))(t)
	must(w.root.TagOpenIDConnectProvider(ctx, &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, Tags: tags}))(t)
	keys := []string{"B"}
	must(w.root.UntagUser(ctx, &iam.UntagUserInput{UserName: aws.String("bob"), TagKeys: keys}))(t)
	must(w.root.UntagRole(ctx, &iam.UntagRoleInput{RoleName: aws.String("web"), TagKeys: keys}))(t)
	must(w.root.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: &arn, TagKeys: keys}))(t)
	must(w.root.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: aws.String("m"), TagKeys: keys}))(t)
	must(w.root.UntagOpenIDConnectProvider(ctx, &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, TagKeys: keys}))(t)
	for _, left := range [][]types.Tag{
		must(w.root.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: aws.String("bob")}))(t).Tags,
		must(w.root.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: aws.String("web")}))(t).Tags,
		must(w.root.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: &arn}))(t).Tags,
		must(w.root.ListInstanceProfileTags(ctx, &iam.ListInstanceProfileTagsInput{InstanceProfileName: aws.String("m")}))(t).Tags,
		must(w.root.ListOpenIDConnectProviderTags(ctx, &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: provider}))(t).Tags,
	} {
		if len(left) != 1 || *left[0].Key != "a" || *left[0].Value != "1" {
			t.Errorf("left %v", left)
		}
	}
	var many []types.Tag
	for n := range 50 {
		many = append(many, types.Tag{Key: aws.String(fmt.Sprint("k", n)), Value: aws.String("")})
	}
	_, err := w.root.TagUser(ctx, &iam.TagUserInput{UserName: aws.String("bob"), Tags: many})
	wantCode(t, "51 tags", err, "LimitExceeded")
	_, err = w.root.TagUser(ctx, &iam.TagUserInput{UserName: aws.String("bob"), Tags: []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}})
	wantCode(t, "aws:", err, "InvalidInput")
}

func TestSimulate(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	document := "{\"Version\":\"2012-10-17\",\"Statement\":[\n {\"Effect\":\"Allow\",\"Action\":\"ecs:*\",\"Resource\":\"arn:aws:ecs:*:*:cluster/${aws:username}\"},\n {\"Effect\":\"Deny\",\"Action\":\"ecs:Delete*\",\"Resource\":\"*\",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}}}]}"
	cluster := "arn:aws:ecs:us-east-1:123456789012:cluster/bob"
	out := must(w.root.SimulateCustomPolicy(ctx, &iam.SimulateCustomPolicyInput{PolicyInputList: []string{document}, ActionNames: []string{"ecs:DescribeClusters", "ecs:DeleteCluster", "ecr:GetAuthorizationToken"},
		ResourceArns: []string{cluster}, ContextEntries: []types.ContextEntry{
			{ContextKeyName: aws.String("aws:username"), ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{"bob"}},
			{ContextKeyName: aws.String("aws:securetransport"), ContextKeyType: types.ContextKeyTypeEnumBoolean, ContextKeyValues: []string{"false"}}}}))(t).EvaluationResults
	var decisions []types.PolicyEvaluationDecisionType
	for _, r := range out {
		decisions = append(decisions, r.EvalDecision)
	}
	wantSame(t, decisions, []types.PolicyEvaluationDecisionType{"allowed", "explicitDeny", "implicitDeny"})
	at := out[1].MatchedStatements[0]
	wantSame(t, []any{*at.SourcePolicyId, at.StartPosition.Line, at.StartPosition.Column}, []any{"PolicyInputList.1", int32(3), int32(2)})
	keys := must(w.root.GetContextKeysForCustomPolicy(ctx, &iam.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{document}}))(t).ContextKeyNames
	wantSame(t, keys, []string{"aws:SecureTransport", "aws:username"})

	w.user("bob")
	w.group("devs")
	must(w.root.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: aws.String("bob"), GroupName: aws.String("devs")}))(t)
	must(w.root.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: aws.String("devs"), PolicyName: aws.String("p"), PolicyDocument: &document}))(t)
	bob := aws.String("arn:aws:iam::123456789012:user/bob")
	simulate := func(in *iam.SimulatePrincipalPolicyInput) types.EvaluationResult {
		in.PolicySourceArn, in.ActionNames, in.ResourceArns = bob, []string{"ecs:RunTask"}, []string{cluster}
		in.ContextEntries = []types.ContextEntry{{ContextKeyName: aws.String("aws:username"), ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{"bob"}}}
		return must(w.root.SimulatePrincipalPolicy(ctx, in))(t).EvaluationResults[0]
	}
	got := simulate(&iam.SimulatePrincipalPolicyInput{})
	wantSame(t, []any{got.EvalDecision, got.MissingContextValues, *got.MatchedStatements[0].SourcePolicyId}, []any{types.PolicyEvaluationDecisionTypeAllowed, []string{"aws:SecureTransport"}, "group_devs_p"})
	bounded := simulate(&iam.SimulatePrincipalPolicyInput{PermissionsBoundaryPolicyInputList: []string{strings.Replace(allow, "ecs", "ecr", 1)}})
	wantSame(t, []any{bounded.EvalDecision, bounded.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary}, []any{types.PolicyEvaluationDecisionTypeImplicitDeny, false})
	wantSame(t, must(w.root.GetContextKeysForPrincipalPolicy(ctx, &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: bob}))(t).ContextKeyNames, []string{"aws:SecureTransport", "aws:username"})
	for what, in := range map[string]*iam.SimulatePrincipalPolicyInput{
		"exclusion": {PolicyExclusionList: []types.PolicyIdentifier{&types.PolicyIdentifierMemberPolicyArn{Value: execution}}},
		"handling":  {ResourceHandlingOption: aws.String("EC2-VPC-InstanceStore")},
		"policy":    {PolicyInputList: []string{"{"}},
	} {
		in.PolicySourceArn, in.ActionNames = bob, []string{"ecs:RunTask"}
		_, err := w.root.SimulatePrincipalPolicy(ctx, in)
		wantCode(t, what, err, "InvalidInput")
	}
}
