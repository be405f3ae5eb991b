package cli

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/api/organizations"
)

// code is the error code of an answer, "" for none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func who(t *testing.T, c aws.Config) string {
	t.Helper()
	out, err := sts.NewFromConfig(c).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		return code(err)
	}
	return *out.Arn
}

func TestAccountsAreMadeListedAndClosed(t *testing.T) {
	w := serveWorld(t)
	b, root := w.account("team b")
	if got := who(t, root); got != "arn:aws:iam::"+b+":root" {
		t.Errorf("the new account's root is %s", got)
	}
	if list := w.roadstead("account", "list"); !strings.Contains(list, b+"  ACTIVE  team b") || !strings.Contains(list, "000000000000  ACTIVE") {
		t.Errorf("the list: %s", list)
	}
	if _, errs, code := run(t, "account", "create", "again", "--email", "TEAM-B@accounts.invalid", "--data-dir", string(w.options.dir)); code == 0 || !strings.Contains(errs, "EMAIL_ALREADY_EXISTS") {
		t.Errorf("an address twice: %d %s", code, errs)
	}

	// An administrator of the management account gets in by the account's role,
	// a stranger does not, and neither does an administrator of the member.
	role := aws.String("arn:aws:iam::" + b + ":role/OrganizationAccountAccessRole")
	in := &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: aws.String("visit")}
	admin := w.user(w.root(), "admin", `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	made, err := sts.NewFromConfig(admin).AssumeRole(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	visitor := w.as(*made.Credentials.AccessKeyId, *made.Credentials.SecretAccessKey, *made.Credentials.SessionToken)
	if _, err := iam.NewFromConfig(visitor).CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("made-by-visitor")}); err != nil {
		t.Errorf("the account's administrator role: %v", err)
	}
	_, c := w.account("team c")
	if _, err := sts.NewFromConfig(w.user(c, "admin", `{"Effect":"Allow","Action":"*","Resource":"*"}`)).AssumeRole(t.Context(), in); code(err) != "AccessDenied" {
		t.Errorf("another member's administrator: %v", err)
	}
	if err := callJSON(t.Context(), root, "organizations", "AWSOrganizationsV20161128.ListAccounts", organizations.ListAccountsInput{}, nil); code(err) != "AccessDeniedException" {
		t.Errorf("a member lists the accounts: %v", err)
	}

	w.roadstead("account", "close", b)
	for name, config := range map[string]aws.Config{"root": root, "a role's session": visitor} {
		if got := who(t, config); got != "InvalidClientTokenId" {
			t.Errorf("%s of a closed account is %s", name, got)
		}
	}
	if _, errs, code := run(t, "account", "key", b, "--data-dir", string(w.options.dir)); code == 0 {
		t.Errorf("a key of a closed account's root: %s", errs)
	}
	if list := w.roadstead("account", "list"); !strings.Contains(list, b+"  SUSPENDED") {
		t.Errorf("the list: %s", list)
	}
}

// user makes a user with a statement and returns a client's configuration.
func (w *world) user(by aws.Config, name, statement string) aws.Config {
	w.t.Helper()
	ctx, client := context.Background(), iam.NewFromConfig(by)
	if _, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
		w.t.Fatal(err)
	}
	if statement != "" {
		if _, err := client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("own"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":` + statement + `}`)}); err != nil {
			w.t.Fatal(err)
		}
	}
	out, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.as(*out.AccessKey.AccessKeyId, *out.AccessKey.SecretAccessKey, "")
}
