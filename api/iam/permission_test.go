package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	api "github.com/roadstead/roadstead/api/iam"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/wire"
)

// TestNeeds holds what operations need against the Service Authorization
// Reference.
func TestNeeds(t *testing.T) {
	w := newWorld(t)
	w.role("web")
	w.user("bob")
	must(w.root.UpdateUser(t.Context(), &iam.UpdateUserInput{UserName: aws.String("bob"), NewPath: aws.String("/a/")}))(t)
	door := api.New(w.db, w.sealer, api.Options{})
	ctx := caller.With(t.Context(), caller.Identity{Kind: caller.User, Account: account, ARN: "arn:aws:iam::123456789012:user/a/bob"})
	arn := func(resource string) string { return "arn:aws:iam::123456789012:" + resource }
	web, bob, none := aws.String("web"), aws.String("Bob"), map[string][]string{}
	for operation, c := range map[string]struct {
		in   any
		want []wire.Need
	}{
		"CreateRole": {&iam.CreateRoleInput{RoleName: aws.String("r"), Path: aws.String("/p/"), PermissionsBoundary: aws.String(execution), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}},
			[]wire.Need{{Action: "iam:CreateRole", Resources: []string{arn("role/p/r")}, Keys: map[string][]string{"iam:PermissionsBoundary": {execution}, "aws:RequestTag/a": {"b"}, "aws:TagKeys": {"a"}}}}},
		"AttachRolePolicy": {&iam.AttachRolePolicyInput{RoleName: web, PolicyArn: aws.String(execution)},
			[]wire.Need{{Action: "iam:AttachRolePolicy", Resources: []string{arn("role/web")}, Keys: map[string][]string{"iam:PolicyARN": {execution}}}}},
		"GetPolicy":       {&iam.GetPolicyInput{PolicyArn: aws.String(execution)}, []wire.Need{{Action: "iam:GetPolicy", Resources: []string{execution}, Keys: map[string][]string{"iam:PolicyARN": {execution}}}}},
		"PutRolePolicy":   {&iam.PutRolePolicyInput{RoleName: web, PolicyName: aws.String("p")}, []wire.Need{{Action: "iam:PutRolePolicy", Resources: []string{arn("role/web")}, Keys: none}}},
		"CreatePolicy":    {&iam.CreatePolicyInput{PolicyName: aws.String("p")}, []wire.Need{{Action: "iam:CreatePolicy", Resources: []string{arn("policy/p")}, Keys: none}}},
		"GetUser":         {&iam.GetUserInput{}, []wire.Need{{Action: "iam:GetUser", Resources: []string{arn("user/a/bob")}, Keys: none}}},
		"CreateAccessKey": {&iam.CreateAccessKeyInput{UserName: bob}, []wire.Need{{Action: "iam:CreateAccessKey", Resources: []string{arn("user/a/bob")}, Keys: none}}},
		"AddUserToGroup":  {&iam.AddUserToGroupInput{UserName: bob, GroupName: aws.String("g")}, []wire.Need{{Action: "iam:AddUserToGroup", Resources: []string{arn("group/g")}, Keys: none}}},
		"ListRoles":       {&iam.ListRolesInput{}, []wire.Need{{Action: "iam:ListRoles", Keys: none}}},
		"CreateServiceLinkedRole": {&iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("ecs.amazonaws.com")},
			[]wire.Need{{Action: "iam:CreateServiceLinkedRole", Resources: []string{arn("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")}, Keys: map[string][]string{"iam:AWSServiceName": {"ecs.amazonaws.com"}}}}},
		"AddRoleToInstanceProfile": {&iam.AddRoleToInstanceProfileInput{RoleName: web, InstanceProfileName: aws.String("m")}, []wire.Need{
			{Action: "iam:AddRoleToInstanceProfile", Resources: []string{arn("instance-profile/m")}, Keys: none},
			{Action: "iam:PassRole", Resources: []string{arn("role/web")}, Keys: map[string][]string{"iam:PassedToService": {"ec2.amazonaws.com"}}}}},
	} {
		found := false
		for _, op := range door.Operations {
			if op.Name != operation {
				continue
			}
			found = true
			needs, ok := op.Needs(ctx, door, c.in)
			if !ok {
				t.Errorf("%s needs nothing", operation)
			}
			wantSame(t, needs, c.want)
		}
		if !found {
			t.Errorf("%s is not served", operation)
		}
	}
}
