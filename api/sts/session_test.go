package sts_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/model"
)

const (
	account  = "000000000000"
	deployer = "arn:aws:iam::000000000000:role/apps/deployer"
)

// commit changes what is stored.
func (e endpoint) commit(t *testing.T, change func(*model.Change)) {
	t.Helper()
	var c model.Change
	change(&c)
	if _, err := e.db.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// user makes a user with a policy and an access key, and returns its client.
func (e endpoint) user(t *testing.T, name, document string) *sts.Client {
	t.Helper()
	key := &model.AccessKey{ID: "AKIA" + strings.Repeat("A", 15-len(name)) + strings.ToUpper(name) + "A", Account: account, User: name, Status: model.AccessKeyActive}
	sealed, err := e.sealer.Seal([]byte("secret of "+name), key.SealContext())
	if err != nil {
		t.Fatal(err)
	}
	key.Secret = sealed
	e.commit(t, func(c *model.Change) {
		c.Put(key)
		c.Put(&model.User{Account: account, Name: name, Path: "/", ID: "AIDA" + strings.ToUpper(name), Inline: []model.InlinePolicy{{Name: "p", Document: document}}})
	})
	return e.client(key.ID, "secret of "+name, "")
}

// role makes the role deployer with a trust policy.
func (e endpoint) role(t *testing.T, trust string) *model.Role {
	t.Helper()
	r := &model.Role{Account: account, Name: "deployer", Path: "/apps/", ID: "AROADEPLOYER", Trust: trust, MaxSession: 2 * time.Hour, CreatedAt: time.Now(),
		Inline: []model.InlinePolicy{{Name: "p", Document: statement(`"Action":["sts:*","ecs:*"],"Resource":"*"`)}}}
	e.commit(t, func(c *model.Change) { c.Put(r) })
	return r
}

func statement(s string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + s + `}]}`
}

func trusting(principal, condition string) string {
	return statement(`"Principal":` + principal + `,"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity","sts:AssumeRoleWithWebIdentity"],"Condition":` + condition)
}

func wantCode(t *testing.T, err error, code, message string) {
	t.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != code || !strings.Contains(refused.ErrorMessage(), message) {
		t.Errorf("error is %v, want %s: %s", err, code, message)
	}
}

func (e endpoint) of(c *types.Credentials) *sts.Client {
	return e.client(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

func TestAssumeRole(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	ann := e.user(t, "ann", statement(`"Action":"sts:*","Resource":"*"`))
	bob := e.user(t, "bob", statement(`"Action":"sts:GetCallerIdentity","Resource":"*"`))
	role := e.role(t, trusting(`{"AWS":"000000000000"}`, `{"StringEquals":{"sts:ExternalId":"x-1"}}`))
	in := func() *sts.AssumeRoleInput {
		return &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("release"), ExternalId: aws.String("x-1")}
	}
	out, err := ann.AssumeRole(ctx, in())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := identityOf(t, e.of(out.Credentials)), [3]string{account, "arn:aws:sts::000000000000:assumed-role/deployer/release", "AROADEPLOYER:release"}; got != want {
		t.Errorf("session is %v, want %v", got, want)
	}
	if left := time.Until(*out.Credentials.Expiration); left > time.Hour || left < 59*time.Minute {
		t.Errorf("the session lasts %v", left)
	}
	change := func(f func(*sts.AssumeRoleInput)) *sts.AssumeRoleInput { i := in(); f(i); return i }
	_, err = bob.AssumeRole(ctx, in())
	wantCode(t, err, "AccessDenied", "User: arn:aws:iam::000000000000:user/bob is not authorized to perform: sts:AssumeRole on resource: "+deployer)
	_, err = e.root().AssumeRole(ctx, in())
	wantCode(t, err, "AccessDenied", "Roles may not be assumed by root accounts.")
	for message, bad := range map[string]*sts.AssumeRoleInput{
		"AccessDenied: no role trust policy allows":                      change(func(i *sts.AssumeRoleInput) { i.ExternalId = aws.String("x-2") }),
		"AccessDenied: is not authorized to perform: sts:AssumeRole on ": change(func(i *sts.AssumeRoleInput) { i.RoleArn = aws.String("arn:aws:iam::000000000000:role/deployer") }),
		"AccessDenied: is not authorized to perform: sts:AssumeRole":     change(func(i *sts.AssumeRoleInput) { i.RoleArn = aws.String("arn:aws:iam::000000000000:role/nothing") }),
		"ValidationError: at 'roleSessionName' failed to satisfy":        change(func(i *sts.AssumeRoleInput) { i.RoleSessionName = aws.String("a b") }),
		"ValidationError: Value 'c d' at 'roleSessionName'": change(func(i *sts.AssumeRoleInput) {
			i.RoleSessionName, i.RoleArn = aws.String("c d"), aws.String("no ARN at all, so")
		}),
		"ValidationError: greater than or equal to 900":   change(func(i *sts.AssumeRoleInput) { i.DurationSeconds = aws.Int32(60) }),
		"ValidationError: exceeds the MaxSessionDuration": change(func(i *sts.AssumeRoleInput) { i.DurationSeconds = aws.Int32(7201) }),
		"MalformedPolicyDocument: invalid Json":           change(func(i *sts.AssumeRoleInput) { i.Policy = aws.String("{") }),
		"AccessDenied: MultiFactorAuthentication failed":  change(func(i *sts.AssumeRoleInput) { i.SerialNumber = aws.String("arn:aws:iam::000000000000:mfa/ann") }),
		"InvalidParameterValue: Duplicate tag keys": change(func(i *sts.AssumeRoleInput) {
			i.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("A"), Value: aws.String("2")}}
		}),
		"InvalidParameterValue: must be included in the requested tags": change(func(i *sts.AssumeRoleInput) { i.TransitiveTagKeys = []string{"a"} }),
	} {
		_, err := ann.AssumeRole(ctx, bad)
		code, words, _ := strings.Cut(message, ": ")
		wantCode(t, err, code, words)
	}

	// Sessions end with their role, and with the revocation of its sessions.
	e.ahead.Store(0)
	revoked := role.Clone()
	stored, _ := e.db.View().Lookup(role.Key())
	revoked.Rev, revoked.SessionsFrom = stored.Metadata().Rev, time.Now().Add(time.Minute)
	e.commit(t, func(c *model.Change) { c.Put(revoked) })
	_, err = e.of(out.Credentials).GetCallerIdentity(ctx, nil)
	wantCode(t, err, "InvalidClientTokenId", "The security token included in the request is invalid")
}

func TestRolesInChains(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	ann := e.user(t, "ann", statement(`"Action":"sts:*","Resource":"*"`))
	e.role(t, trusting(`{"AWS":"000000000000"}`, `{"StringLike":{"sts:RoleSessionName":"*"}}`))
	in := &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("one"), SourceIdentity: aws.String("ann"),
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}, {Key: aws.String("x"), Value: aws.String("y")}}, TransitiveTagKeys: []string{"TEAM"}} // of whatever case
	first, err := ann.AssumeRole(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if *first.SourceIdentity != "ann" || aws.ToInt32(first.PackedPolicySize) < 1 {
		t.Errorf("%+v", first)
	}
	next := e.of(first.Credentials)
	_, err = next.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("two"), DurationSeconds: aws.Int32(3601)})
	wantCode(t, err, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	_, err = next.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("two"), Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("red")}}})
	wantCode(t, err, "InvalidParameterValue", "conflicts with a transitive tag key")
	_, err = next.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("two"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("*")}}})
	wantCode(t, err, "ValidationError", `Value '*' at 'tags.member.value' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
	_, err = next.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String(strings.Repeat("s", 65))})
	wantCode(t, err, "ValidationError", "' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64")
	_, err = next.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("s")})
	wantCode(t, err, "ValidationError", "Value 's' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2")
	_, err = next.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("two"), SourceIdentity: aws.String("e ve")})
	wantCode(t, err, "ValidationError", `Value 'e ve' at 'sourceIdentity' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`)
	_, err = next.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("two"), SourceIdentity: aws.String("eve")})
	wantCode(t, err, "AccessDenied", "source identity")
	second, err := next.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("two")})
	if err != nil || aws.ToString(second.SourceIdentity) != "ann" {
		t.Fatalf("%v %+v", err, second)
	}
	// A session is no more than its policies.
	limited, err := ann.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(deployer), RoleSessionName: aws.String("small"),
		Policy: aws.String(statement(`"Action":"ecs:*","Resource":"*"`))})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.of(limited.Credentials).GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAAAAAAAAAAAAAAAAA")})
	wantCode(t, err, "AccessDenied", "because no session policy allows the sts:GetAccessKeyInfo action")
}

func TestTokensOfUsers(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	ann := e.user(t, "ann", statement(`"Action":"sts:*","Resource":"*"`))
	token, err := ann.GetSessionToken(ctx, &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)})
	if err != nil {
		t.Fatal(err)
	}
	session := e.of(token.Credentials)
	if got := identityOf(t, session); got[1] != "arn:aws:iam::000000000000:user/ann" || got[2] != "AIDAANN" {
		t.Errorf("session is %v", got)
	}
	_, err = session.GetSessionToken(ctx, nil)
	wantCode(t, err, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	made, err := ann.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("guest"), Policy: aws.String(statement(`"Action":"ecs:*","Resource":"*"`))})
	if err != nil {
		t.Fatal(err)
	}
	guest := e.of(made.Credentials)
	if got, want := identityOf(t, guest), [3]string{account, "arn:aws:sts::000000000000:federated-user/guest", "000000000000:guest"}; got != want {
		t.Errorf("guest is %v, want %v", got, want)
	}
	_, err = guest.GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAAAAAAAAAAAAAAAAA")})
	wantCode(t, err, "AccessDenied", "no session policy allows")
	root, err := e.root().GetSessionToken(ctx, nil)
	if err != nil || time.Until(*root.Credentials.Expiration) > time.Hour {
		t.Errorf("%v: root's session lasts until %v", err, root.Credentials.Expiration)
	}
	if got := identityOf(t, e.of(root.Credentials)); got[1] != "arn:aws:iam::000000000000:root" {
		t.Errorf("root's session is %v", got)
	}
	info, err := ann.GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String(e.ring.Bootstrap().AccessKeyID)})
	if err != nil || *info.Account != account {
		t.Errorf("%v %+v", err, info)
	}

	// Keys and sessions end with their user, and while the key is not active.
	user, _ := e.db.View().Lookup(model.Key{Kind: model.KindUser, ID: model.UserID(account, "ann")})
	e.commit(t, func(c *model.Change) { c.Delete(user) })
	for _, client := range []*sts.Client{ann, session, guest} {
		_, err = client.GetCallerIdentity(ctx, nil)
		wantCode(t, err, "InvalidClientTokenId", "The security token included in the request is invalid")
	}
	bob := e.user(t, "bob", statement(`"Action":"sts:*","Resource":"*"`))
	identityOf(t, bob)
	n, _ := e.db.View().Lookup(model.Key{Kind: model.KindAccessKey, ID: "AKIA" + strings.Repeat("A", 12) + "BOBA"})
	off := n.(*model.AccessKey).Clone()
	off.Status = model.AccessKeyInactive
	e.commit(t, func(c *model.Change) { c.Put(off) })
	_, err = bob.GetCallerIdentity(ctx, nil)
	wantCode(t, err, "InvalidClientTokenId", "The security token included in the request is invalid")
}

func TestWhoMayKnowWhy(t *testing.T) {
	e := serve(t)
	ann := e.user(t, "ann", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"closed","Effect":"Deny","Action":"sts:GetAccessKeyInfo","Resource":"*"}]}`)
	_, err := ann.GetAccessKeyInfo(t.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAAAAAAAAAAAAAAAAA")})
	wantCode(t, err, "AccessDenied", "with an explicit deny in an identity-based policy. Encoded authorization failure message: ")
	var refused smithy.APIError
	errors.As(err, &refused)
	_, sealed, _ := strings.Cut(refused.ErrorMessage(), "failure message: ")
	out, err := ann.DecodeAuthorizationMessage(t.Context(), &sts.DecodeAuthorizationMessageInput{EncodedMessage: &sealed})
	if err != nil || !strings.Contains(*out.DecodedMessage, `"statementId":"closed"`) {
		t.Errorf("%v %+v", err, out)
	}
	_, err = ann.DecodeAuthorizationMessage(t.Context(), &sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String("nonsense")})
	wantCode(t, err, "InvalidAuthorizationMessageException", "")
}

func TestSAMLHasNoProviders(t *testing.T) {
	_, err := serve(t).client("", "", "").AssumeRoleWithSAML(t.Context(), &sts.AssumeRoleWithSAMLInput{RoleArn: aws.String(deployer),
		PrincipalArn: aws.String("arn:aws:iam::000000000000:saml-provider/x"), SAMLAssertion: aws.String("AAAA")})
	wantCode(t, err, "InvalidIdentityToken", "Specified provider doesn't exist")
}
