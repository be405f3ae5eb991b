package cli

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
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

// versionID is the form of ids of secrets' versions, which are tokens of those
// who made them. Names of stages are shorter.
var versionID = regexp.MustCompile(`^[0-9A-Za-z-]{32,64}$`)

// authorizer is nil for what the caller in the context may do.
type authorizer func(ctx context.Context, s *wire.Service, op *wire.Operation, input any) error

// Secret returns a value of a secret, the current one unless the selector is
// the id or a stage of another version, and what else is known of it.
func (s referredSecrets) Secret(ctx context.Context, id, selector string) (value, description string, at time.Time, err error) {
	i := slices.IndexFunc(s.service.Operations, func(o wire.Operation) bool { return o.Name == "GetSecretValue" })
	op, in := &s.service.Operations[i], &secretsmanager.GetSecretValueInput{SecretId: &id}
	switch {
	case selector == "":
	case versionID.MatchString(selector):
		in.VersionId = &selector
	default:
		in.VersionStage = &selector
	}
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
