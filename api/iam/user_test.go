package iam_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	api "github.com/roadstead/roadstead/api/iam"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func TestUsers(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	made := must(w.root.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("Bob"), Path: aws.String("/a/b/"),
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("x")}}}))(t).User
	if !regexp.MustCompile(`^AIDA[A-Z2-7]{17}$`).MatchString(*made.UserId) || *made.Arn != "arn:aws:iam::123456789012:user/a/b/Bob" || !made.CreateDate.Equal(w.now) {
		t.Errorf("%s %s %s", *made.UserId, *made.Arn, made.CreateDate)
	}
	wantSame(t, must(w.root.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("bob")}))(t).User.Tags[0].Value, aws.String("x"))
	_, err := w.root.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("BOB")})
	wantError(t, err, "EntityAlreadyExists", "User with name BOB already exists.")
	_, err = w.root.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("eve")})
	wantError(t, err, "NoSuchEntity", "The user with name eve cannot be found.")
	_, err = w.client("other").GetUser(ctx, &iam.GetUserInput{UserName: aws.String("Bob")})
	wantError(t, err, "NoSuchEntity", "The user with name Bob cannot be found.")
	w.user("carol")
	listed := must(w.root.ListUsers(ctx, &iam.ListUsersInput{PathPrefix: aws.String("/a/")}))(t)
	if len(listed.Users) != 1 || listed.Users[0].Tags != nil {
		t.Errorf("%+v", listed.Users)
	}
	must(w.root.UpdateUser(ctx, &iam.UpdateUserInput{UserName: aws.String("Bob"), NewUserName: aws.String("Rob"), NewPath: aws.String("/")}))(t)
	got := must(w.client("Rob").GetUser(ctx, &iam.GetUserInput{}))(t).User
	wantSame(t, []string{*got.Arn, *got.UserId}, []string{"arn:aws:iam::123456789012:user/Rob", *made.UserId})
	_, err = w.root.UpdateUser(ctx, &iam.UpdateUserInput{UserName: aws.String("Rob"), NewUserName: aws.String("Carol")})
	wantError(t, err, "EntityAlreadyExists", "User with name Carol already exists.")
	must(w.root.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("Rob")}))(t)
	_, err = w.root.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("Rob")})
	wantCode(t, "DeleteUser", err, "NoSuchEntity")
	wantSame(t, *must(w.root.GetUser(ctx, &iam.GetUserInput{}))(t).User.Arn, "arn:aws:iam::123456789012:root")
	_, err = w.client("session").GetUser(ctx, &iam.GetUserInput{})
	wantError(t, err, "ValidationError", "Must specify userName when calling with non-User credentials")
}

func TestConstraints(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	_, err := w.root.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("a b")})
	wantError(t, err, "ValidationError", "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
	long := strings.Repeat("x", 65)
	_, err = w.root.CreateUser(ctx, &iam.CreateUserInput{UserName: &long})
	wantError(t, err, "ValidationError", "1 validation error detected: Value '"+long+"' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64")
	_, err = w.root.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("x"), Path: aws.String("a/")})
	wantError(t, err, "ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	_, err = w.root.ListUsers(ctx, &iam.ListUsersInput{MaxItems: aws.Int32(1001)})
	wantError(t, err, "ValidationError", "1 validation error detected: Value '1001' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000")
	_, err = w.root.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: "Mine"})
	wantError(t, err, "ValidationError", "1 validation error detected: Value 'Mine' at 'scope' failed to satisfy constraint: Member must satisfy enum value set: [All, AWS, Local]")
	_, err = w.root.TagUser(ctx, &iam.TagUserInput{UserName: aws.String("x"), Tags: []types.Tag{{Key: aws.String("a!"), Value: aws.String("")}}})
	wantError(t, err, "ValidationError", `1 validation error detected: Value 'a!' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
	w.user("x")
	_, err = w.root.TagUser(ctx, &iam.TagUserInput{UserName: aws.String("x"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("")}, {Key: aws.String("A"), Value: aws.String("")}}})
	wantError(t, err, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	_, err = w.root.ListUsers(ctx, &iam.ListUsersInput{Marker: aws.String("nonsense")})
	wantError(t, err, "ValidationError", "Invalid Marker: nonsense")
}

func TestPages(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		w.user(name)
	}
	var names []string
	pages := iam.NewListUsersPaginator(w.root, &iam.ListUsersInput{MaxItems: aws.Int32(2)})
	n := 0
	for ; pages.HasMorePages(); n++ {
		for _, u := range must(pages.NextPage(ctx))(t).Users {
			names = append(names, *u.UserName)
		}
	}
	wantSame(t, names, []string{"a", "b", "c", "d", "e"})
	if n != 3 {
		t.Errorf("%d pages", n)
	}
}

func TestAccessKeys(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.user("bob")
	key := must(w.root.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("bob")}))(t).AccessKey
	if !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(*key.AccessKeyId) || len(*key.SecretAccessKey) != 40 {
		t.Errorf("key %s", *key.AccessKeyId)
	}
	stored, _ := store.Get[*model.AccessKey](w.db.View(), *key.AccessKeyId)
	opened, err := w.sealer.Open(stored.Secret, stored.SealContext())
	if err != nil || string(opened) != *key.SecretAccessKey || strings.Contains(string(stored.Secret), *key.SecretAccessKey) {
		t.Errorf("the secret is not kept sealed: %v", err)
	}
	must(w.client("bob").CreateAccessKey(ctx, &iam.CreateAccessKeyInput{}))(t)
	_, err = w.root.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("bob")})
	wantError(t, err, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
	must(w.root.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: aws.String("bob"), AccessKeyId: key.AccessKeyId, Status: types.StatusTypeInactive}))(t)
	last := must(w.root.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: key.AccessKeyId}))(t)
	wantSame(t, []string{*last.UserName, *last.AccessKeyLastUsed.Region, *last.AccessKeyLastUsed.ServiceName}, []string{"bob", "N/A", "N/A"})
	w.uses[*key.AccessKeyId] = api.Use{At: w.now, Region: "us-east-1", Service: "ecs"}
	last = must(w.root.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: key.AccessKeyId}))(t)
	wantSame(t, *last.AccessKeyLastUsed.ServiceName, "ecs")
	_, err = w.root.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("bob")})
	wantError(t, err, "DeleteConflict", "Cannot delete entity, must delete access keys first.")
	must(w.root.UpdateUser(ctx, &iam.UpdateUserInput{UserName: aws.String("bob"), NewUserName: aws.String("rob")}))(t)
	keys := must(w.root.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String("rob")}))(t).AccessKeyMetadata
	if len(keys) != 2 {
		t.Fatalf("%d keys", len(keys))
	}
	w.user("eve")
	_, err = w.root.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String("eve"), AccessKeyId: key.AccessKeyId})
	wantError(t, err, "NoSuchEntity", "The Access Key with id "+*key.AccessKeyId+" cannot be found.")
	for _, k := range keys {
		must(w.root.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String("rob"), AccessKeyId: k.AccessKeyId}))(t)
	}
	must(w.root.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("rob")}))(t)
}

func TestGroups(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.user("bob")
	w.group("Devs")
	member := &iam.AddUserToGroupInput{UserName: aws.String("bob"), GroupName: aws.String("devs")}
	must(w.root.AddUserToGroup(ctx, member))(t)
	must(w.root.AddUserToGroup(ctx, member))(t)
	_, err := w.root.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: aws.String("Devs")})
	wantError(t, err, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
	_, err = w.root.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("bob")})
	wantError(t, err, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
	must(w.root.UpdateGroup(ctx, &iam.UpdateGroupInput{GroupName: aws.String("Devs"), NewGroupName: aws.String("Ops")}))(t)
	got := must(w.root.GetGroup(ctx, &iam.GetGroupInput{GroupName: aws.String("Ops")}))(t)
	wantSame(t, []string{*got.Group.Arn, *got.Users[0].UserName}, []string{"arn:aws:iam::123456789012:group/Ops", "bob"})
	of := must(w.root.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: aws.String("bob")}))(t).Groups
	wantSame(t, []any{len(of), *of[0].GroupName}, []any{1, "Ops"})
	must(w.root.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: aws.String("bob"), GroupName: aws.String("Ops")}))(t)
	must(w.root.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: aws.String("Ops")}))(t)
}

// What clients look for before they delete a user is said to be absent.
func TestNothingElseBelongsToUsers(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.user("bob")
	bob := aws.String("bob")
	if n := len(must(w.root.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: bob}))(t).MFADevices); n != 0 {
		t.Errorf("%d devices", n)
	}
	must(w.root.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: bob}))(t)
	must(w.root.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: bob}))(t)
	must(w.root.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: bob}))(t)
	must(w.root.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{}))(t)
	_, err := w.root.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: bob})
	wantError(t, err, "NoSuchEntity", "Login Profile for User bob cannot be found.")
	_, err = w.root.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: bob})
	wantError(t, err, "NoSuchEntity", "Login Profile for User bob cannot be found.")
	_, err = w.root.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: aws.String("eve")})
	wantError(t, err, "NoSuchEntity", "The user with name eve cannot be found.")
}
