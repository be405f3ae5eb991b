package gate_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/gate"
	"github.com/roadstead/roadstead/auth/session"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
)

const (
	home  = "111111111111"
	other = "222222222222"
	admin = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
)

// shelf is what is stored.
type shelf map[model.Key]model.Noun

func (s shelf) Lookup(k model.Key) (model.Noun, bool) { n, ok := s[k]; return n, ok }

func stored(nouns ...model.Noun) shelf {
	s := shelf{}
	for _, n := range nouns {
		s[n.Key()] = n
	}
	return s
}

func gateOver(s shelf) *gate.Gate {
	return gate.New(func() gate.Nouns { return s }, gate.Options{Now: func() time.Time { return time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC) }})
}

func user(account, name, document string) *model.User {
	u := &model.User{Account: account, Name: name, Path: "/", ID: "AIDA" + strings.ToUpper(name)}
	if document != "" {
		u.Inline = []model.InlinePolicy{{Name: "inline", Document: document}}
	}
	return u
}

func as(account, name string) caller.Identity {
	return caller.Identity{Account: account, ARN: "arn:aws:iam::" + account + ":user/" + name, UserID: "AIDA" + strings.ToUpper(name), Kind: caller.User}
}

func allow(statement string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + statement + `}]}`
}

func wants(t *testing.T, err error, message string) {
	t.Helper()
	var d *gate.Denied
	switch {
	case message == "" && err != nil:
		t.Errorf("denied: %v", err)
	case message != "" && !errors.As(err, &d):
		t.Errorf("allowed, want %q", message)
	case message != "" && !strings.HasPrefix(d.ErrorMessage(), message):
		t.Errorf("denied with\n%s, want\n%s", d.ErrorMessage(), message)
	}
}

var taskARN = model.Scope{Region: "us-east-1", Account: home}.TaskARN("prod", "0123")

func TestPoliciesOfUsersGroupsAndBoundaries(t *testing.T) {
	ann := user(home, "ann", allow(`"Action":"ecs:StopTask","Resource":"*"`))
	ann.Groups = []string{"ops"}
	group := &model.Group{Account: home, Name: "ops", Attached: []string{"arn:aws:iam::" + home + ":policy/run"}}
	run := &model.Policy{Account: home, Name: "run", Path: "/", Default: 2, Versions: []model.PolicyVersion{
		{Number: 1, Document: admin}, {Number: 2, Document: allow(`"Action":"ecs:RunTask","Resource":"*"`)}}}
	s := stored(ann, group, run)
	g := gateOver(s)
	ctx := t.Context()
	wants(t, g.Check(ctx, as(home, "ann"), wire.Need{Action: "ecs:StopTask", Resources: []string{taskARN}}), "")
	wants(t, g.Check(ctx, as(home, "ann"), wire.Need{Action: "ecs:RunTask"}), "")
	const none = "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: ecs:DeleteCluster on resource: * because no identity-based policy allows the ecs:DeleteCluster action"
	wants(t, g.Check(ctx, as(home, "ann"), wire.Need{Action: "ecs:DeleteCluster"}), none)
	wants(t, g.Check(ctx, as(home, "bob"), wire.Need{Action: "ecs:StopTask"}), "User: arn:aws:iam::111111111111:user/bob is not")
	wants(t, g.Check(ctx, caller.Identity{}, wire.Need{Action: "ecs:StopTask"}), "User:  is not")
	wants(t, g.Check(ctx, caller.NewRoot(home, "AKIA"), wire.Need{Action: "ecs:DeleteCluster"}), "")

	bounded := ann.Clone()
	bounded.Boundary = "arn:aws:iam::" + home + ":policy/run"
	s[bounded.Key()] = bounded
	wants(t, g.Check(ctx, as(home, "ann"), wire.Need{Action: "ecs:RunTask"}), "")
	wants(t, g.Check(ctx, as(home, "ann"), wire.Need{Action: "ecs:StopTask", Resources: []string{taskARN}}),
		"User: arn:aws:iam::111111111111:user/ann is not authorized to perform: ecs:StopTask on resource: "+taskARN+" because no permissions boundary allows the ecs:StopTask action")
	delete(s, run.Key()) // a boundary that is gone allows nothing
	wants(t, g.Check(ctx, as(home, "ann"), wire.Need{Action: "ecs:StopTask"}), "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: ecs:StopTask on resource: * because no permissions boundary")
}

func TestOnePermissionOfSeveralIsNotEnough(t *testing.T) {
	g := gateOver(stored(user(home, "ann", allow(`"Action":"ecs:StopTask","Resource":"`+taskARN+`"`))))
	wants(t, g.Check(t.Context(), as(home, "ann"), wire.Need{Action: "ecs:StopTask", Resources: []string{taskARN, taskARN + "4"}}),
		"User: arn:aws:iam::111111111111:user/ann is not authorized to perform: ecs:StopTask on resource: "+taskARN+"4 because")
	wants(t, g.Check(t.Context(), as(home, "ann"), wire.Need{Action: "ecs:StopTask", Resources: []string{taskARN}}, wire.Need{Action: "iam:PassRole"}),
		"User: arn:aws:iam::111111111111:user/ann is not authorized to perform: iam:PassRole on resource: * because")
}

func TestSessionsOfTheirOwnMaking(t *testing.T) {
	const arn = "arn:aws:iam::" + home + ":role/web"
	role := &model.Role{Account: home, Name: "web", Path: "/", ID: "AROA1", Inline: []model.InlinePolicy{{Name: "p", Document: allow(`"Action":"s3:*","Resource":"*"`)}}}
	without, with := gateOver(stored()), gateOver(stored(role))
	who := func(p caller.Purpose) caller.Identity { return caller.NewSession(p, arn, "AROA1", "name") }
	for _, c := range []struct {
		g       *gate.Gate
		purpose caller.Purpose
		action  string
		allowed bool
	}{
		{without, caller.TaskRole, "s3:GetObject", false},
		{without, caller.TaskRole, "ecr:BatchGetImage", false},
		{without, caller.ExecutionRole, "ecr:BatchGetImage", true},
		{without, caller.ExecutionRole, "logs:PutLogEvents", true},
		{without, caller.ExecutionRole, "ecs:Poll", false},
		{without, caller.Instance, "ecs:Poll", true},
		{without, caller.Instance, "ecs:RunTask", false},
		{without, caller.Assumed, "ecr:BatchGetImage", false},
		{with, caller.TaskRole, "s3:GetObject", true},
		{with, caller.ExecutionRole, "s3:GetObject", true},
		{with, caller.ExecutionRole, "ecr:BatchGetImage", false}, // a role that IAM knows has exactly its policies
		{with, caller.Instance, "ecs:Poll", true},
		{with, caller.Instance, "s3:GetObject", true},
		{with, caller.Assumed, "s3:GetObject", true},
	} {
		err := c.g.Check(t.Context(), who(c.purpose), wire.Need{Action: c.action})
		if (err == nil) != c.allowed {
			t.Errorf("%v, %s: %v, want allowed %v", c.purpose, c.action, err, c.allowed)
		}
	}
	limited := who(caller.Assumed)
	limited.Passed = &caller.Passed{Policies: []string{allow(`"Action":"s3:GetObject","Resource":"*"`)}}
	wants(t, with.Check(t.Context(), limited, wire.Need{Action: "s3:GetObject"}), "")
	wants(t, with.Check(t.Context(), limited, wire.Need{Action: "s3:PutObject"}), "User: arn:aws:sts::111111111111:assumed-role/web/name is not authorized to perform: "+
		"s3:PutObject on resource: * because no session policy allows")
}

func TestAcrossAccountsBothSidesHaveToAllow(t *testing.T) {
	repository := &model.Repository{Account: home, Name: "shop"}
	arn := model.Scope{Region: "us-east-1", Account: home}.RepositoryARN("shop")
	s := stored(user(other, "eve", admin), repository, user(other, "max", ""))
	g := gateOver(s)
	pull := wire.Need{Action: "ecr:BatchGetImage", Resources: []string{arn}}
	wants(t, g.Check(t.Context(), as(other, "eve"), pull), "User: arn:aws:iam::222222222222:user/eve is not authorized to perform: ecr:BatchGetImage on resource: "+arn+" because no resource-based policy allows")
	wants(t, g.Check(t.Context(), caller.NewRoot(other, "AKIA"), pull), "User: arn:aws:iam::222222222222:root is not authorized")
	open := *repository
	open.Policy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + other + `"},"Action":"ecr:BatchGetImage"}}`
	s[open.Key()] = &open
	wants(t, g.Check(t.Context(), as(other, "eve"), pull), "")
	wants(t, g.Check(t.Context(), as(other, "max"), pull), "User: arn:aws:iam::222222222222:user/max is not authorized to perform: ecr:BatchGetImage on resource: "+arn+" because no identity-based policy allows")
	wants(t, g.Check(t.Context(), as(other, "eve"), wire.Need{Action: "ecr:PutImage", Resources: []string{arn}}), "User: arn:aws:iam::222222222222:user/eve")
}

func TestConditionKeys(t *testing.T) {
	ann := user(home, "ann", "")
	ann.Tags = []model.Tag{{Key: "Team", Value: "blue"}}
	cluster := &model.Cluster{Account: home, Name: "prod", Tags: []model.Tag{{Key: "team", Value: "blue"}}}
	arn := model.Scope{Region: "us-east-1", Account: home}.ClusterARN("prod")
	ctx := caller.WithOrigin(context.Background(), caller.Origin{SourceIP: "10.1.2.3", UserAgent: "aws-cli/2", Region: "us-east-1", Secure: true})
	need := wire.Need{Action: "ecs:DeleteCluster", Resources: []string{arn}, Keys: map[string][]string{"ecs:cluster": {arn}, "aws:TagKeys": {"a", "b"}}}
	for condition, allowed := range map[string]bool{
		`{"StringEquals":{"aws:username":"ann"}}`:                                                true,
		`{"StringEquals":{"aws:username":"${aws:username}","aws:PrincipalTag/team":"blue"}}`:     true,
		`{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/Team}"}}`:                   true,
		`{"StringEquals":{"ecs:ResourceTag/team":"blue"}}`:                                       true,
		`{"StringEquals":{"aws:ResourceTag/team":"red"}}`:                                        false,
		`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`:                                            true,
		`{"IpAddress":{"aws:SourceIp":"192.168.0.0/16"}}`:                                        false,
		`{"Bool":{"aws:SecureTransport":"true","aws:ViaAWSService":"false"}}`:                    true,
		`{"DateLessThan":{"aws:CurrentTime":"2026-03-14T15:10:00Z"}}`:                            true,
		`{"NumericLessThan":{"aws:EpochTime":"1"}}`:                                              false,
		`{"StringEquals":{"aws:RequestedRegion":"us-east-1","aws:PrincipalType":"User"}}`:        true,
		`{"StringLike":{"aws:UserAgent":"aws-cli*"},"ArnLike":{"ecs:cluster":"*:cluster/prod"}}`: false, // an ARN's parts are matched each by itself
		`{"ArnLike":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/prod"}}`:                             true,
		`{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}`:                                    false,
		`{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:user/ann"}}`:             true,
		`{"StringEquals":{"aws:PrincipalAccount":"111111111111","aws:userid":"AIDAANN"}}`:        true,
		`{"StringEquals":{"aws:ResourceAccount":"111111111111"}}`:                                true,
		`{"Null":{"aws:MultiFactorAuthPresent":"true","aws:TokenIssueTime":"true"}}`:             true,
	} {
		u := ann.Clone()
		u.Inline = []model.InlinePolicy{{Name: "p", Document: allow(`"Action":"ecs:*","Resource":"*","Condition":` + condition)}}
		err := gateOver(stored(u, cluster)).Check(ctx, as(home, "ann"), need)
		if (err == nil) != allowed {
			t.Errorf("%s: %v, want allowed %v", condition, err, allowed)
		}
	}
}

func TestWhyIsForThoseWhoMayDecode(t *testing.T) {
	issuer := session.New(session.RootKey{ID: 1}, session.Options{})
	ann := user(home, "ann", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"frozen","Effect":"Deny","Action":"ecs:StopTask","Resource":"*"}]}`)
	s := stored(ann)
	g := gate.New(func() gate.Nouns { return s }, gate.Options{Sealer: issuer})
	err := g.Check(t.Context(), as(home, "ann"), wire.Need{Action: "ecs:StopTask", Resources: []string{taskARN}})
	const words = "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: ecs:StopTask on resource: arn:aws:ecs:us-east-1:111111111111:task/prod/0123 with an explicit deny in an identity-based policy. Encoded authorization failure message: "
	wants(t, err, words)
	var d *gate.Denied
	errors.As(err, &d)
	sealed := strings.TrimPrefix(d.ErrorMessage(), words)
	if strings.Contains(d.ErrorMessage(), "frozen") {
		t.Error("the statement is named to everybody")
	}
	text, ok := g.Decode(home, sealed)
	if !ok || !strings.Contains(text, `"statementId":"frozen"`) || !strings.Contains(text, `"sourcePolicyId":"inline"`) {
		t.Errorf("decoded %v %s", ok, text)
	}
	if _, ok := g.Decode(other, sealed); ok {
		t.Error("another account decodes it")
	}
	if d.ErrorCode() != "AccessDeniedException" || d.HTTPStatusCode() != http.StatusBadRequest || d.QueryErrorCode() != "AccessDenied" || d.QueryStatusCode() != http.StatusForbidden {
		t.Errorf("%+v", d)
	}
}

func TestADocumentThatCannotBeReadLocksTheDoor(t *testing.T) {
	u := user(home, "ann", admin)
	u.Inline = append(u.Inline, model.InlinePolicy{Name: "broken", Document: "{"})
	repository := &model.Repository{Account: home, Name: "shop", Policy: "{"}
	g := gateOver(stored(u, user(home, "bob", admin), repository))
	pull := wire.Need{Action: "ecr:BatchGetImage", Resources: []string{model.Scope{Region: "us-east-1", Account: home}.RepositoryARN("shop")}}
	wants(t, g.Check(t.Context(), as(home, "ann"), wire.Need{Action: "ecs:RunTask"}), "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: ecs:RunTask on resource: * with an explicit deny")
	wants(t, g.Check(t.Context(), as(home, "bob"), pull), "User: arn:aws:iam::111111111111:user/bob is not authorized")
	wants(t, g.Check(t.Context(), caller.NewRoot(home, "A"), pull), "")
}

func TestKeysAnswerToTheirPolicyAndGrants(t *testing.T) {
	key := &model.KMSKey{Account: home, ID: "k1", Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + home + `:root"},"Action":"kms:*","Resource":"*"}}`,
		Grants: []model.KMSGrant{{Grantee: "arn:aws:iam::" + home + ":user/bob", Operations: []string{"Decrypt"}, ContextSubset: []model.Tag{{Key: "app", Value: "web"}}}}}
	arn := model.Scope{Region: "us-east-1", Account: home}.KMSKeyARN("k1")
	s := stored(key, user(home, "ann", allow(`"Action":"kms:Decrypt","Resource":"*"`)), user(home, "bob", ""))
	g := gateOver(s)
	decrypt := wire.Need{Action: "kms:Decrypt", Resources: []string{arn}}
	wants(t, g.Check(t.Context(), as(home, "ann"), decrypt), "")
	wants(t, g.Check(t.Context(), as(home, "bob"), decrypt), "User: arn:aws:iam::111111111111:user/bob")
	decrypt.Keys = map[string][]string{"kms:EncryptionContext:app": {"web"}, "kms:EncryptionContextKeys": {"app"}}
	wants(t, g.Check(t.Context(), as(home, "bob"), decrypt), "")
	closed := key.Clone()
	closed.Policy = strings.Replace(key.Policy, ":root", ":user/max", 1)
	s[closed.Key()] = closed
	wants(t, g.Check(t.Context(), as(home, "ann"), decrypt), "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: kms:Decrypt on resource: "+arn+" because no resource-based policy allows")
}
