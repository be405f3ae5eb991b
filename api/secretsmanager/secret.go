package secretsmanager

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire/constraint"
)

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// CreateSecret makes a secret, with a first version if a value is given.
func (d *frontDoor) CreateSecret(ctx context.Context, in *secretsmanager.CreateSecretInput) (*secretsmanager.CreateSecretOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	x := value{in.SecretString, in.SecretBinary}
	var v constraint.Violations
	v.Required("name", in.Name, nameText)
	v.Optional("clientRequestToken", in.ClientRequestToken, tokenText)
	v.Optional("description", in.Description, descriptionText)
	v.Optional("kmsKeyId", in.KmsKeyId, keyText)
	x.check(&v)
	if err := firstError(v.Err(), x.alone(), noReplica(in.AddReplicaRegions), noType(in.Type)); err != nil {
		return nil, err
	}
	if !namePattern.MatchString(*in.Name) {
		return nil, invalidName()
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	token, err := d.newToken(in.ClientRequestToken)
	if err != nil {
		return nil, err
	}
	suffix, err := d.choose(letters, suffixSize)
	if err != nil {
		return nil, err
	}
	if err := d.keys.Check(ctx, r.scope.Account, serviceName, aws.ToString(in.KmsKeyId)); err != nil {
		return nil, encryption(err)
	}
	s := &model.Secret{Account: r.scope.Account, Name: *in.Name, Suffix: suffix, Description: aws.ToString(in.Description), KeyID: aws.ToString(in.KmsKeyId),
		Tags: tags, CreatedAt: r.now, ChangedAt: r.now}
	if x.given() {
		if _, err := d.add(r, s, token, x, []string{stageCurrent}); err != nil {
			return nil, err
		}
	}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		was, ok := store.Get[*model.Secret](v, s.Key().ID)
		if !ok {
			c.Put(s)
			return nil
		}
		s = was
		return d.exists(r, was, in, token, x)
	})
	if err != nil {
		return nil, err
	}
	out := &secretsmanager.CreateSecretOutput{ARN: r.arnOf(s), Name: &s.Name}
	if x.given() {
		out.VersionId = &token
	}
	return out, nil
}

// exists is nil when the secret was made by the same request.
func (d *frontDoor) exists(r request, was *model.Secret, in *secretsmanager.CreateSecretInput, token string, x value) error {
	if !was.DeletedAt.IsZero() {
		return invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	if x.given() && indexOf(was, token) >= 0 && aws.ToString(in.Description) == was.Description && aws.ToString(in.KmsKeyId) == was.KeyID {
		_, err := d.add(r, was.Clone(), token, x, nil)
		return err
	}
	return &types.ResourceExistsException{Message: new("The operation failed because the secret " + was.Name + " already exists.")}
}

func noType(t *string) error {
	if t == nil {
		return nil
	}
	return invalidParameter("Managed external secrets are not supported by Roadstead.")
}

// UpdateSecret changes what a secret says of itself, and adds a current
// version if a value is given.
func (d *frontDoor) UpdateSecret(ctx context.Context, in *secretsmanager.UpdateSecretInput) (*secretsmanager.UpdateSecretOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	x := value{in.SecretString, in.SecretBinary}
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	v.Optional("clientRequestToken", in.ClientRequestToken, tokenText)
	v.Optional("description", in.Description, descriptionText)
	v.Optional("kmsKeyId", in.KmsKeyId, keyText)
	x.check(&v)
	if err := firstError(v.Err(), x.alone(), noType(in.Type)); err != nil {
		return nil, err
	}
	token, err := d.newToken(in.ClientRequestToken)
	if err != nil {
		return nil, err
	}
	if err := d.keys.Check(ctx, r.scope.Account, serviceName, aws.ToString(in.KmsKeyId)); err != nil {
		return nil, encryption(err)
	}
	out := &secretsmanager.UpdateSecretOutput{}
	return out, d.change(r, *in.SecretId, func(s *model.Secret) (bool, error) {
		out.ARN, out.Name = r.arnOf(s), &s.Name
		changed := false
		if in.Description != nil && *in.Description != s.Description {
			s.Description, changed = *in.Description, true
		}
		if in.KmsKeyId != nil && *in.KmsKeyId != s.KeyID {
			s.KeyID, changed = *in.KmsKeyId, true
			if err := d.reseal(r, s); err != nil {
				return false, err
			}
		}
		if changed {
			s.ChangedAt = r.now
		}
		if !x.given() {
			return changed, nil
		}
		out.VersionId = &token
		added, err := d.add(r, s, token, x, []string{stageCurrent})
		return changed || added, err
	})
}

// reseal encrypts the versions with labels under the secret's new key.
// Source: Secrets Manager API reference, UpdateSecret, KmsKeyId.
func (d *frontDoor) reseal(r request, s *model.Secret) error {
	for i := range s.Versions {
		v := &s.Versions[i]
		if len(v.Stages) == 0 || v.Empty() {
			continue
		}
		plain, err := d.open(r, s, *v)
		if err != nil {
			return err
		}
		sealed, keyARN, err := d.keys.Seal(r.ctx, r.scope.Account, serviceName, s.KeyID, plain, bound(r, s, v.ID))
		clear(plain)
		if err != nil {
			return encryption(err)
		}
		if s.KeyID == "" {
			keyARN = ""
		}
		v.Sealed, v.KeyID = sealed, keyARN
	}
	return nil
}

// DescribeSecret tells everything about a secret but its values.
func (d *frontDoor) DescribeSecret(ctx context.Context, in *secretsmanager.DescribeSecretInput) (*secretsmanager.DescribeSecretOutput, error) {
	r, err := d.beginAt(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	if err := requireSecret(in.SecretId); err != nil {
		return nil, err
	}
	s, err := find(d.db.View(), r, *in.SecretId)
	if err != nil {
		return nil, err
	}
	e := show(r, s)
	out := &secretsmanager.DescribeSecretOutput{ARN: e.ARN, Name: e.Name, Description: e.Description, KmsKeyId: e.KmsKeyId, CreatedDate: e.CreatedDate,
		LastChangedDate: e.LastChangedDate, LastAccessedDate: e.LastAccessedDate, DeletedDate: e.DeletedDate, Tags: e.Tags, VersionIdsToStages: e.SecretVersionsToStages,
		RotationEnabled: e.RotationEnabled, RotationLambdaARN: e.RotationLambdaARN, RotationRules: e.RotationRules, LastRotatedDate: e.LastRotatedDate, NextRotationDate: e.NextRotationDate}
	return out, nil
}

// show is a secret as lists have it.
func show(r request, s *model.Secret) types.SecretListEntry {
	e := types.SecretListEntry{ARN: r.arnOf(s), Name: &s.Name, CreatedDate: &s.CreatedAt, LastChangedDate: &s.ChangedAt,
		LastAccessedDate: when(s.AccessedOn), DeletedDate: when(s.DeletedAt), SecretVersionsToStages: stagesOf(s), Tags: showTags(s)}
	if s.Description != "" {
		e.Description = &s.Description
	}
	if s.KeyID != "" {
		e.KmsKeyId = &s.KeyID
	}
	showRotation(s, &e)
	return e
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
