package ssm

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// names makes the ARNs of what a request names, in the caller's account.
type names struct {
	request
	view store.View
}

// on makes a Permission of a function that is told how to name things.
// Source: Service Authorization Reference, AWS Systems Manager.
func on[I any](d *frontDoor, f func(n names, in *I) []wire.Need) wire.Permission {
	return wire.Needs(func(ctx context.Context, in *I) []wire.Need {
		who, _ := caller.From(ctx)
		return f(names{request{ctx: ctx, scope: model.Scope{Region: d.opts.Region, Account: who.Account}}, d.db.View()}, in)
	})
}

// conditions are condition keys.
type conditions map[string][]string

func tagged(tags []types.Tag) conditions {
	k := conditions{}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		k["aws:RequestTag/"+key] = []string{aws.ToString(t.Value)}
		k["aws:TagKeys"] = append(k["aws:TagKeys"], key)
	}
	return k
}

// referencePrefix begins the names of secrets as parameters.
const referencePrefix = "/aws/reference/secretsmanager/"

// arn returns a parameter's ARN; the slash that a hierarchy begins with is
// left out. What AWS publishes belongs to no account.
func (n names) arn(name string) string {
	account := n.scope.Account
	if strings.HasPrefix(name, "/aws/service/") {
		account = ""
	}
	return "arn:aws:ssm:" + n.scope.Region + ":" + account + ":parameter/" + strings.TrimPrefix(name, "/")
}

// named returns the parameter that a name, with or without a selector, or an
// ARN names, and its ARN.
func (n names) named(text string) (name, arn string) {
	if a, ok := model.ParseARN(text); ok && (a.Partition != "aws" || a.Account != n.scope.Account && a.Account != "" || a.Region != n.scope.Region) {
		return "", text
	}
	s, _ := parse(n.view, n.request, text)
	return s.name, n.arn(s.name)
}

// parameters is a Need on each of the parameters.
func (n names) parameters(k conditions, texts ...string) []wire.Need {
	need := wire.Need{Keys: k}
	for _, text := range texts {
		_, arn := n.named(text)
		need.Resources = append(need.Resources, arn)
	}
	return []wire.Need{need}
}

// reading adds to parameters what lies behind them: the secret that one
// refers to, and the customer's key that one is sealed under.
func (n names) reading(decrypt *bool, texts ...string) []wire.Need {
	needs := n.parameters(conditions{}, texts...)
	for _, text := range texts {
		name, _ := n.named(text)
		if secret, ok := strings.CutPrefix(name, referencePrefix); ok {
			needs = append(needs, n.secret(secret))
			continue
		}
		if p, ok := known(n.view, n.scope.Account, name); ok && aws.ToBool(decrypt) {
			for _, v := range p.Versions {
				needs = n.under(needs, v.KeyID, n.scope.ParameterARN(p.Name), "kms:Decrypt")
			}
		}
	}
	return needs
}

func (n names) secret(name string) wire.Need {
	arn := n.scope.SecretARN(name, "??????")
	if s, ok := store.Get[*model.Secret](n.view, model.SecretID(n.scope.Account, name)); ok {
		arn = n.scope.SecretARN(s.Name, s.Suffix)
	}
	return wire.Need{Action: "secretsmanager:GetSecretValue", Resources: []string{arn}}
}

// under adds that the caller may use a customer's key. The service's own is
// open to everybody who may use the service.
func (n names) under(needs []wire.Need, key, parameter string, actions ...string) []wire.Need {
	if key == "" || strings.HasSuffix(key, "alias/aws/ssm") {
		return needs
	}
	resource := key
	if a, ok := model.ParseARN(key); ok {
		resource = a.Resource
		if a.Account != n.scope.Account {
			resource = ""
		}
	}
	if strings.HasPrefix(resource, "alias/") {
		if a, ok := store.Get[*model.KMSAlias](n.view, model.KMSAliasID(n.scope.Account, resource)); ok {
			resource = "key/" + a.KeyID
		}
	}
	if resource != "" {
		key = n.scope.KMSKeyARN(strings.TrimPrefix(resource, "key/"))
	}
	for _, action := range actions {
		needs = append(needs, wire.Need{Action: action, Resources: []string{key}, Keys: conditions{
			"kms:ViaService": {"ssm." + n.scope.Region + ".amazonaws.com"}, "kms:CallerAccount": {n.scope.Account},
			"kms:EncryptionContext:PARAMETER_ARN": {parameter}, "kms:EncryptionContextKeys": {"PARAMETER_ARN"}}})
	}
	return needs
}

// path is what GetParametersByPath needs. Who may read a path may read all
// that is below it.
// Source: Systems Manager user guide, "Restricting access to parameters".
func (n names) path(in *ssm.GetParametersByPathInput) []wire.Need {
	k := conditions{"ssm:Recursive": {strconv.FormatBool(aws.ToBool(in.Recursive))}}
	path := aws.ToString(in.Path)
	needs := []wire.Need{{Resources: []string{n.arn(path)}, Keys: k}}
	if !aws.ToBool(in.WithDecryption) {
		return needs
	}
	below := model.ParameterID(n.scope.Account, strings.TrimSuffix(path, "/")+"/")
	seen := map[string]bool{}
	for p := range store.Prefix[*model.Parameter](n.view, below) {
		for _, v := range p.Versions {
			if pair := v.KeyID + " " + p.Name; !seen[pair] {
				seen[pair] = true
				needs = n.under(needs, v.KeyID, n.scope.ParameterARN(p.Name), "kms:Decrypt")
			}
		}
	}
	return needs
}

func (n names) putting(in *ssm.PutParameterInput) []wire.Need {
	k := tagged(in.Tags)
	k["ssm:Overwrite"] = []string{strconv.FormatBool(aws.ToBool(in.Overwrite))}
	if in.Policies != nil {
		k["ssm:Policies"] = []string{*in.Policies}
	}
	arn := n.arn(aws.ToString(in.Name))
	needs := []wire.Need{{Resources: []string{arn}, Keys: k}}
	if len(in.Tags) > 0 {
		needs = append(needs, wire.Need{Action: "ssm:AddTagsToResource", Resources: []string{arn}, Keys: k})
	}
	key, sealed := aws.ToString(in.KeyId), in.Type == types.ParameterTypeSecureString
	if p, ok := known(n.view, n.scope.Account, aws.ToString(in.Name)); ok && aws.ToBool(in.Overwrite) {
		was := newest(p)
		sealed = was.Type == string(types.ParameterTypeSecureString)
		key = cmp.Or(key, was.KeyID) // it is kept
	}
	if sealed {
		needs = n.under(needs, key, n.scope.ParameterARN(aws.ToString(in.Name)), "kms:Encrypt")
	}
	return needs
}
