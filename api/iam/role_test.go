package iam_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
)

func TestRoles(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	spaced := strings.Replace(trust, ":", ": ", 1)
	made := must(w.root.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("web"), AssumeRolePolicyDocument: &spaced, Description: aws.String("d"),
		MaxSessionDuration: aws.Int32(7200), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}))(t).Role
	if strings.ContainsAny(*made.AssumeRolePolicyDocument, `{}":, +`) || !strings.Contains(*made.AssumeRolePolicyDocument, "%20") {
		t.Errorf("the document is not percent-encoded: %s", *made.AssumeRolePolicyDocument)
	}
	got := must(w.root.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("web")}))(t).Role
	plain, err := url.QueryUnescape(*got.AssumeRolePolicyDocument)
	wantSame(t, []any{plain, err, *got.MaxSessionDuration, *got.Description, len(got.Tags), got.PermissionsBoundary == nil}, []any{spaced, nil, int32(7200), "d", 1, true})
	_, err = w.root.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("Web"), AssumeRolePolicyDocument: aws.String(trust)})
	wantError(t, err, "EntityAlreadyExists", "Role with name Web already exists.")
	must(w.root.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: aws.String("web"), MaxSessionDuration: aws.Int32(3600)}))(t)
	described := must(w.root.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: aws.String("web"), Description: aws.String("e")}))(t).Role
	wantSame(t, []any{*described.MaxSessionDuration, *described.Description}, []any{int32(3600), "e"})
	must(w.root.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("web"), PolicyDocument: aws.String(trust)}))(t)
	for document, message := range map[string]string{
		allow: "Missing required field Principal",
		`{`:   "This policy contains invalid Json",
		strings.Replace(trust, "sts:AssumeRole", "ecs:RunTask", 1):         "AssumeRole policy may only specify STS AssumeRole actions.",
		strings.Replace(trust, `"Action"`, `"Resource":"*","Action"`, 1):   "Has prohibited field Resource",
		strings.Replace(trust, `"Service"`, `"AWS":"nobody","Service"`, 1): `Invalid principal in policy: "AWS":"nobody"`,
	} {
		_, err = w.root.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("web"), PolicyDocument: &document})
		wantError(t, err, "MalformedPolicyDocument", message)
	}
	big := strings.Replace(trust, "ecs-tasks", strings.Repeat("x", 2048), 1)
	_, err = w.root.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("web"), PolicyDocument: &big})
	wantError(t, err, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")
	roles := must(w.root.ListRoles(ctx, &iam.ListRolesInput{}))(t).Roles
	if len(roles) != 1 || roles[0].Tags != nil {
		t.Errorf("%+v", roles)
	}
	must(w.root.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("web")}))(t)
	_, err = w.root.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("web")})
	wantError(t, err, "NoSuchEntity", "The role with name web cannot be found.")
}

func TestInstanceProfiles(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.role("web")
	w.role("two")
	p := aws.String("machines")
	must(w.root.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: p}))(t)
	_, err := w.root.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: p})
	wantError(t, err, "EntityAlreadyExists", "Instance Profile machines already exists.")
	must(w.root.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: p, RoleName: aws.String("web")}))(t)
	_, err = w.root.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: p, RoleName: aws.String("two")})
	wantError(t, err, "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	got := must(w.root.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: p}))(t).InstanceProfile
	wantSame(t, []any{*got.Arn, *got.Roles[0].RoleName}, []any{"arn:aws:iam::123456789012:instance-profile/machines", "web"})
	of := must(w.root.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: aws.String("web")}))(t).InstanceProfiles
	listed := must(w.root.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{}))(t).InstanceProfiles
	wantSame(t, []int{len(of), len(listed)}, []int{1, 1})
	_, err = w.root.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("web")})
	wantError(t, err, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	_, err = w.root.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: p})
	wantError(t, err, "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	_, err = w.root.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: p, RoleName: aws.String("two")})
	wantError(t, err, "NoSuchEntity", "The role with name two cannot be found.")
	must(w.root.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: p, RoleName: aws.String("web")}))(t)
	must(w.root.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: p}))(t)
	_, err = w.root.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: p})
	wantError(t, err, "NoSuchEntity", "Instance Profile machines cannot be found.")
}

func TestServiceLinkedRoles(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	create := &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("ecs.amazonaws.com")}
	r := must(w.root.CreateServiceLinkedRole(ctx, create))(t).Role
	wantSame(t, *r.Arn, "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
	_, err := w.root.CreateServiceLinkedRole(ctx, create)
	wantError(t, err, "InvalidInput", "Service role name AWSServiceRoleForECS has been taken in this account, please try a different suffix.")
	attached := must(w.root.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: r.RoleName}))(t).AttachedPolicies
	must(w.root.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: attached[0].PolicyArn}))(t)
	must(w.root.TagRole(ctx, &iam.TagRoleInput{RoleName: r.RoleName, Tags: []types.Tag{{Key: aws.String("part"), Value: aws.String("fleet")}}}))(t)
	must(w.root.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: r.RoleName, Description: aws.String("ours to say")}))(t)
	said := must(w.root.GetRole(ctx, &iam.GetRoleInput{RoleName: r.RoleName}))(t).Role
	wantSame(t, []string{*said.Description, *said.Tags[0].Value}, []string{"ours to say", "fleet"})
	_, err = w.root.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: r.RoleName, MaxSessionDuration: aws.Int32(7200)})
	wantError(t, err, "UnmodifiableEntity", "Cannot perform the operation on the protected role 'AWSServiceRoleForECS' - this role is only modifiable by AWS")
	_, err = w.root.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: r.RoleName})
	wantError(t, err, "UnmodifiableEntity", "Cannot perform the operation on the protected role 'AWSServiceRoleForECS' - this role is only modifiable by AWS")

	cluster := &model.Cluster{Account: account, Name: "c", Status: model.ClusterActive}
	var change model.Change
	change.Put(cluster)
	must(w.db.Commit(ctx, change))(t)
	status := func() *iam.GetServiceLinkedRoleDeletionStatusOutput {
		id := must(w.root.DeleteServiceLinkedRole(ctx, &iam.DeleteServiceLinkedRoleInput{RoleName: r.RoleName}))(t).DeletionTaskId
		if !strings.HasPrefix(*id, "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/") {
			t.Errorf("task %s", *id)
		}
		return must(w.root.GetServiceLinkedRoleDeletionStatus(ctx, &iam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: id}))(t)
	}
	failed := status()
	wantSame(t, []any{failed.Status, failed.Reason.RoleUsageList[0].Resources}, []any{types.DeletionTaskStatusTypeFailed, []string{"arn:aws:ecs:us-east-1:123456789012:cluster/c"}})
	stored, _ := w.db.View().Lookup(cluster.Key())
	change = model.Change{}
	change.Delete(stored)
	must(w.db.Commit(ctx, change))(t)
	wantSame(t, status().Status, types.DeletionTaskStatusTypeSucceeded)
	_, err = w.root.GetServiceLinkedRoleDeletionStatus(ctx, &iam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: aws.String("task/x")})
	wantCode(t, "status", err, "NoSuchEntity")
	_, err = w.root.CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("ecs.amazonaws.com"), CustomSuffix: aws.String("x")})
	wantError(t, err, "InvalidInput", "Custom suffix is not allowed for ecs.amazonaws.com")
	_, err = w.root.CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("x.amazonaws.com")})
	wantCode(t, "service", err, "InvalidInput")
}

func TestAccount(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	must(w.root.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: aws.String("acme")}))(t)
	_, err := w.client("other").CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: aws.String("acme")})
	wantError(t, err, "EntityAlreadyExists", "The account alias acme already exists.")
	for _, bad := range []string{"a--b", "-ab", "Abc", "ab"} {
		_, err = w.root.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: &bad})
		wantCode(t, bad, err, "ValidationError")
	}
	wantSame(t, must(w.root.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{}))(t).AccountAliases, []string{"acme"})
	must(w.root.DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: aws.String("acme")}))(t)
	_, err = w.root.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	wantError(t, err, "NoSuchEntity", "The Password Policy with domain name 123456789012 cannot be found.")
	must(w.root.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{RequireNumbers: true, MaxPasswordAge: aws.Int32(90)}))(t)
	p := must(w.root.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{}))(t).PasswordPolicy
	wantSame(t, []any{*p.MinimumPasswordLength, p.RequireNumbers, p.RequireSymbols, *p.MaxPasswordAge, p.ExpirePasswords, p.HardExpiry == nil}, []any{int32(6), true, false, int32(90), true, true})
	must(w.root.DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{}))(t)
	w.user("a")
	summary := must(w.root.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{}))(t).SummaryMap
	wantSame(t, []int32{summary["Users"], summary["UsersQuota"], summary["Roles"]}, []int32{1, 5000, 0})
}

func TestProviders(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	print40 := strings.Repeat("a", 40)
	create := &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://id.example.com/realm"), ClientIDList: []string{"sts"}, ThumbprintList: []string{print40}}
	arn := must(w.root.CreateOpenIDConnectProvider(ctx, create))(t).OpenIDConnectProviderArn
	wantSame(t, *arn, "arn:aws:iam::123456789012:oidc-provider/id.example.com/realm")
	_, err := w.root.CreateOpenIDConnectProvider(ctx, create)
	wantError(t, err, "EntityAlreadyExists", "Provider with url https://id.example.com/realm already exists.")
	_, err = w.root.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("http://id.example.com")})
	wantError(t, err, "ValidationError", "Invalid Open ID Connect Provider URL")
	_, err = w.root.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://b.example.com"), ThumbprintList: slices.Repeat([]string{print40}, 6)})
	wantCode(t, "thumbprints", err, "InvalidInput")
	must(w.root.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: aws.String("two")}))(t)
	must(w.root.RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: aws.String("sts")}))(t)
	must(w.root.UpdateOpenIDConnectProviderThumbprint(ctx, &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: []string{strings.Repeat("b", 40)}}))(t)
	got := must(w.root.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))(t)
	wantSame(t, []any{*got.Url, got.ClientIDList, got.ThumbprintList[0][:1]}, []any{"id.example.com/realm", []string{"two"}, "b"})
	wantSame(t, len(must(w.root.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{}))(t).OpenIDConnectProviderList), 1)
	for range 2 {
		must(w.root.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))(t)
	}
	_, err = w.root.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	wantError(t, err, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+*arn)
}
