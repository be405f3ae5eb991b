package secretsmanager

import (
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/rotate"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// names makes the ARNs of what a request names, in the caller's account.
type names struct {
	request
	view store.View
}

// on makes a Permission of a function that is told how to name things.
// Source: Service Authorization Reference, AWS Secrets Manager.
func on[I any](d *frontDoor, f func(n names, in *I) []wire.Need) wire.Permission {
	return wire.Needs(func(ctx context.Context, in *I) []wire.Need {
		who, _ := caller.From(ctx)
		return f(names{request{ctx: ctx, scope: model.Scope{Region: d.opts.Region, Account: who.Account}}, d.db.View()}, in)
	})
}

// conditions are condition keys. Its methods add to it and return it.
type conditions map[string][]string

func (k conditions) text(key string, value *string) conditions {
	if value != nil {
		k[key] = []string{*value}
	}
	return k
}

func (k conditions) flag(key string, value *bool) conditions {
	k[key] = []string{strconv.FormatBool(aws.ToBool(value))}
	return k
}

func tagged(tags []types.Tag) conditions {
	k := conditions{}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		k["aws:RequestTag/"+key] = []string{aws.ToString(t.Value)}
		k["aws:TagKeys"] = append(k["aws:TagKeys"], key)
	}
	return k
}

// arn returns the ARN of the secret that an id names; one with an unknown
// suffix where there is none.
func (n names) arn(id string) string {
	if s, err := find(n.view, n.request, id); err == nil {
		return n.scope.SecretARN(s.Name, s.Suffix)
	}
	if strings.HasPrefix(id, "arn:") {
		return id
	}
	return n.scope.SecretARN(id, "??????")
}

// secret is a Need on one secret.
func (n names) secret(id *string, k conditions) []wire.Need {
	arn := n.arn(aws.ToString(id))
	k["secretsmanager:SecretId"] = []string{arn}
	return []wire.Need{{Resources: []string{arn}, Keys: k}}
}

// under adds that the caller may use the customer's key that a secret is
// sealed under. The service's own key is open to everybody who may use the
// service.
// Source: Secrets Manager user guide, "Secret encryption and decryption".
func (n names) under(needs []wire.Need, key, secret string, actions ...string) []wire.Need {
	if key == "" || strings.HasSuffix(key, "alias/aws/secretsmanager") {
		return needs
	}
	resource := key
	if a, ok := model.ParseARN(key); ok && a.Account == n.scope.Account {
		resource = a.Resource
	} else if ok {
		resource = ""
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
			"kms:ViaService": {"secretsmanager." + n.scope.Region + ".amazonaws.com"}, "kms:CallerAccount": {n.callers()},
			"kms:EncryptionContext:SecretARN": {secret}}})
	}
	return needs
}

// keyOf is the customer's key of the secret, "" for none.
func (n names) keyOf(id string) string {
	s, err := find(n.view, n.request, id)
	if err != nil {
		return ""
	}
	return s.KeyID
}

// callers is the caller's account.
func (n names) callers() string {
	who, _ := caller.From(n.ctx)
	return who.Account
}

// at is n in the account of the secret that an id names.
func (n names) at(id *string) names {
	n.scope.Account = ownerOf(aws.ToString(id), n.scope.Account)
	return n
}

func (n names) reading(in *secretsmanager.GetSecretValueInput) []wire.Need {
	n = n.at(in.SecretId)
	k := conditions{}.text("secretsmanager:VersionId", in.VersionId).text("secretsmanager:VersionStage", in.VersionStage)
	if in.VersionId == nil && in.VersionStage == nil {
		k["secretsmanager:VersionStage"] = []string{"AWSCURRENT"}
	}
	return n.under(n.secret(in.SecretId, k), n.keyOf(aws.ToString(in.SecretId)), n.arn(aws.ToString(in.SecretId)), "kms:Decrypt")
}

// several is what BatchGetSecretValue needs: each secret that is named; for a
// filter each that there is, since what it finds is not known yet.
func (n names) several(in *secretsmanager.BatchGetSecretValueInput) []wire.Need {
	needs, ids := []wire.Need{{}}, in.SecretIdList
	if len(ids) == 0 {
		for s := range store.Prefix[*model.Secret](n.view, n.scope.Account+"/") {
			ids = append(ids, s.Name)
		}
	}
	for _, id := range ids {
		one := n.secret(&id, conditions{})
		one[0].Action = "secretsmanager:GetSecretValue"
		needs = append(needs, n.under(one, n.keyOf(id), n.arn(id), "kms:Decrypt")...)
	}
	return needs
}

func (n names) making(in *secretsmanager.CreateSecretInput) []wire.Need {
	arn, k := n.scope.SecretARN(aws.ToString(in.Name), "??????"), tagged(in.Tags)
	k.text("secretsmanager:Name", in.Name).text("secretsmanager:Description", in.Description).text("secretsmanager:KmsKeyId", in.KmsKeyId)
	needs := []wire.Need{{Resources: []string{arn}, Keys: k}}
	if len(in.Tags) > 0 {
		needs = append(needs, wire.Need{Action: "secretsmanager:TagResource", Resources: []string{arn}, Keys: k})
	}
	return n.under(needs, aws.ToString(in.KmsKeyId), arn, "kms:GenerateDataKey", "kms:Decrypt")
}

func (n names) writing(id, key *string, k conditions) []wire.Need {
	used := n.keyOf(aws.ToString(id))
	if key != nil {
		k.text("secretsmanager:KmsKeyId", key)
		used = *key
	}
	return n.under(n.secret(id, k), used, n.arn(aws.ToString(id)), "kms:GenerateDataKey", "kms:Decrypt")
}

// rotating is what RotateSecret needs: its tasks are run for the caller, with
// the roles of their definition.
func (n names) rotating(in *secretsmanager.RotateSecretInput) []wire.Need {
	needs := n.secret(in.SecretId, conditions{}.text("secretsmanager:RotationLambdaARN", in.RotationLambdaARN))
	ref := aws.ToString(in.RotationLambdaARN)
	s, err := find(n.view, n.request, aws.ToString(in.SecretId))
	if err == nil && ref == "" {
		ref = s.RotationTask
	}
	name, ok := definitionName(n.request, ref)
	if !ok {
		return needs
	}
	arn := "arn:aws:ecs:" + n.scope.Region + ":" + n.scope.Account + ":task-definition/" + name
	var roles []string
	if t, ok := store.ActiveDefinition(n.view, n.scope.Account, name); ok {
		arn = n.scope.TaskDefinitionARN(t.Family, t.Revision)
		for _, role := range []*string{t.Definition.TaskRoleArn, t.Definition.ExecutionRoleArn} {
			if role != nil && *role != "" {
				roles = append(roles, *role)
			}
		}
	}
	k := conditions{}
	if s != nil {
		k["ecs:cluster"] = []string{n.scope.ClusterARN(rotate.ClusterOf(s))}
	}
	needs = append(needs, wire.Need{Action: "ecs:RunTask", Resources: []string{arn}, Keys: k})
	if len(roles) > 0 {
		needs = append(needs, wire.Need{Action: "iam:PassRole", Resources: roles, Keys: conditions{"iam:PassedToService": {"ecs-tasks.amazonaws.com"}}})
	}
	return needs
}

func (n names) deleting(in *secretsmanager.DeleteSecretInput) []wire.Need {
	k := conditions{}.flag("secretsmanager:ForceDeleteWithoutRecovery", in.ForceDeleteWithoutRecovery)
	if in.RecoveryWindowInDays != nil {
		k["secretsmanager:RecoveryWindowInDays"] = []string{strconv.FormatInt(*in.RecoveryWindowInDays, 10)}
	}
	return n.secret(in.SecretId, k)
}
