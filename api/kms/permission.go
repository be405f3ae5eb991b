package kms

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// names makes the ARNs of what a request names, in the caller's account.
type names struct {
	request
	door *FrontDoor
}

// on makes a Permission of a function that is told how to name things.
// Source: Service Authorization Reference, AWS Key Management Service.
func on[I any](d *FrontDoor, f func(n names, in *I) []wire.Need) wire.Permission {
	return wire.Needs(func(ctx context.Context, in *I) []wire.Need {
		who, _ := caller.From(ctx)
		return f(names{request{ctx: ctx, scope: model.Scope{Region: d.opts.Region, Account: who.Account}, who: who}, d}, in)
	})
}

// keys are condition keys.
type keys map[string][]string

// arn returns the ARN of the key that an id, an ARN or an alias means, and the
// alias that was used. The alias of no key stays one.
func (n names) arn(name string) (arn, alias string) {
	resource := name
	if strings.HasPrefix(name, "arn:") {
		a, ok := model.ParseARN(name)
		if !ok || a.Account != n.scope.Account || a.Region != n.scope.Region || a.Partition != "aws" || a.Service != "kms" {
			return name, ""
		}
		resource = a.Resource
	}
	if !strings.HasPrefix(resource, "alias/") {
		return n.scope.KMSKeyARN(strings.TrimPrefix(resource, "key/")), ""
	}
	if a, ok := store.Get[*model.KMSAlias](n.door.db.View(), model.KMSAliasID(n.scope.Account, resource)); ok {
		return n.scope.KMSKeyARN(a.KeyID), resource
	}
	return n.scope.KMSAliasARN(resource), resource
}

// key is a Need on the key that a name means.
func (n names) key(name *string, k keys) []wire.Need { return n.using("", aws.ToString(name), k) }

func (n names) using(action, name string, k keys) []wire.Need {
	arn, alias := n.arn(name)
	if alias != "" {
		k["kms:RequestAlias"] = []string{alias}
	}
	k["kms:CallerAccount"] = []string{n.scope.Account}
	return []wire.Need{{Action: action, Resources: []string{arn}, Keys: k}}
}

// inContext are the keys of an encryption context.
func inContext(context map[string]string) keys {
	k := keys{}
	for key, value := range context {
		k["kms:EncryptionContext:"+key] = []string{value}
	}
	if len(context) > 0 {
		k["kms:EncryptionContextKeys"] = slices.Sorted(maps.Keys(context))
	}
	return k
}

// with adds a key; an empty value is absent.
func (k keys) with(name, value string) keys {
	if value != "" {
		k[name] = []string{value}
	}
	return k
}

// signedWith are the keys of a signature.
func signedWith(algorithm types.SigningAlgorithmSpec, kind types.MessageType) keys {
	if kind == "" {
		kind = types.MessageTypeRaw
	}
	return keys{}.with("kms:SigningAlgorithm", string(algorithm)).with("kms:MessageType", string(kind))
}

func tagged(tags []types.Tag) keys {
	k := keys{}
	for _, t := range tags {
		key := aws.ToString(t.TagKey)
		k["aws:RequestTag/"+key] = []string{aws.ToString(t.TagValue)}
		k["aws:TagKeys"] = append(k["aws:TagKeys"], key)
	}
	return k
}

// making is what CreateKey needs. Its action knows no resource.
func (n names) making(in *kms.CreateKeyInput) []wire.Need {
	k := tagged(in.Tags)
	spec := specOf(in)
	a, _ := abilityOf(spec)
	k.with("kms:KeySpec", string(spec)).with("kms:KeyUsage", string(usageOf(in, a)))
	needs := []wire.Need{{Keys: k}}
	if len(in.Tags) > 0 {
		needs = append(needs, wire.Need{Action: "kms:TagResource", Keys: k})
	}
	return needs
}

// aliasing is what giving a key an alias needs: the alias and the key, and the
// key that it had.
func (n names) aliasing(alias, key *string) []wire.Need {
	target, _ := n.arn(aws.ToString(key))
	need := n.unaliasing(alias)
	need[0].Resources = append(need[0].Resources, target)
	return need
}

func (n names) unaliasing(alias *string) []wire.Need {
	arns := []string{n.scope.KMSAliasARN(aws.ToString(alias))}
	if key, _ := n.arn(aws.ToString(alias)); key != arns[0] && strings.Contains(key, ":key/") && strings.HasPrefix(aws.ToString(alias), "alias/") {
		arns = append(arns, key)
	}
	return []wire.Need{{Resources: arns, Keys: keys{"kms:CallerAccount": {n.scope.Account}}}}
}

// sealedBy is the key that a ciphertext says, which counts whatever the
// request names. What pairs of keys encrypt says nothing.
func sealedBy(blob []byte, named *string, algorithm types.EncryptionAlgorithmSpec) string {
	if h, ok := readHeader(blob); ok && orSymmetric(algorithm) == symmetric {
		return h.key
	}
	return aws.ToString(named)
}

func (n names) opening(in *kms.DecryptInput) []wire.Need {
	return n.using("", sealedBy(in.CiphertextBlob, in.KeyId, in.EncryptionAlgorithm), inContext(in.EncryptionContext))
}

func (n names) reencrypting(in *kms.ReEncryptInput) []wire.Need {
	from := n.using("kms:ReEncryptFrom", sealedBy(in.CiphertextBlob, in.SourceKeyId, in.SourceEncryptionAlgorithm), inContext(in.SourceEncryptionContext))
	return append(from, n.using("kms:ReEncryptTo", aws.ToString(in.DestinationKeyId), inContext(in.DestinationEncryptionContext))...)
}

func (n names) granting(in *kms.CreateGrantInput) []wire.Need {
	k := keys{"kms:GranteePrincipal": {aws.ToString(in.GranteePrincipal)}, "kms:GrantIsForAWSResource": {"false"}}
	if in.RetiringPrincipal != nil {
		k["kms:RetiringPrincipal"] = []string{*in.RetiringPrincipal}
	}
	for _, o := range in.Operations {
		k["kms:GrantOperations"] = append(k["kms:GrantOperations"], string(o))
	}
	return n.key(in.KeyId, k)
}

// retiring is what RetireGrant needs: the key of the grant, which a token
// names too.
func (n names) retiring(in *kms.RetireGrantInput) []wire.Need {
	key := aws.ToString(in.KeyId)
	if in.GrantToken != nil {
		key, _ = n.door.byToken(n.request, *in.GrantToken)
	}
	return n.using("", key, keys{})
}
