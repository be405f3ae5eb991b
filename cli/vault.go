package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	apikms "github.com/roadstead/roadstead/api/kms"
	apisecrets "github.com/roadstead/roadstead/api/secretsmanager"
	apissm "github.com/roadstead/roadstead/api/ssm"
	"github.com/roadstead/roadstead/wire"
)

// vault returns the front doors that keep secrets. They seal under KMS keys,
// and those under the root keyset.
func (p *plane) vault(authorize authorizer) []*wire.Service {
	keys := apikms.New(p.db, p.sealer, apikms.Options{Region: region, Logger: p.options.log})
	secrets := apisecrets.New(p.db, keys, apisecrets.Options{Region: region, Logger: p.options.log})
	return []*wire.Service{
		keys.Service(),
		secrets,
		apissm.New(p.db, keys, apissm.Options{Region: region, Logger: p.options.log, Sessions: p.exec, Secrets: referredSecrets{secrets, authorize}}),
	}
}

// referredSecrets answers for parameters that refer to secrets, to callers who
// may read the secret itself.
type referredSecrets struct {
	service   *wire.Service
	authorize authorizer
}

// authorizer is nil for what the caller in the context may do.
type authorizer func(ctx context.Context, s *wire.Service, op *wire.Operation, input any) error

// Secret returns the current value of a secret and what else is known of it.
func (s referredSecrets) Secret(ctx context.Context, id string) (value, description string, at time.Time, err error) {
	i := slices.IndexFunc(s.service.Operations, func(o wire.Operation) bool { return o.Name == "GetSecretValue" })
	op, in := &s.service.Operations[i], &secretsmanager.GetSecretValueInput{SecretId: &id}
	if err := s.authorize(ctx, s.service, op, in); err != nil {
		return "", "", at, err
	}
	answer, err := op.Call(ctx, in)
	if err != nil {
		return "", "", at, err
	}
	out := answer.(*secretsmanager.GetSecretValueOutput)
	if out.SecretString == nil {
		return "", "", at, errors.New("the secret is binary")
	}
	about, err := json.Marshal(map[string]any{"ARN": out.ARN, "name": out.Name, "versionId": out.VersionId, "versionStages": out.VersionStages,
		"createdDate": aws.ToTime(out.CreatedDate).Format(time.RFC3339)})
	return *out.SecretString, string(about), aws.ToTime(out.CreatedDate), err
}
