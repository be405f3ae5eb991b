package secretsmanager

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// defaultWindow is how many days a deleted secret can be restored unless told
// otherwise. Source: Secrets Manager API reference, DeleteSecret.
const defaultWindow = 30

// DeleteSecret has a secret deleted after its recovery window, or at once.
func (d *frontDoor) DeleteSecret(ctx context.Context, in *secretsmanager.DeleteSecretInput) (*secretsmanager.DeleteSecretOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := requireSecret(in.SecretId); err != nil {
		return nil, err
	}
	days, force := int64(defaultWindow), aws.ToBool(in.ForceDeleteWithoutRecovery)
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
		if force {
			return nil, invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
		}
		if days < 7 || days > 30 {
			return nil, invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
		}
	}
	out := &secretsmanager.DeleteSecretOutput{}
	err = d.commit(r, func(v store.View, c *model.Change) error {
		s, err := find(v, r, *in.SecretId)
		if err != nil {
			return err
		}
		out.ARN, out.Name = r.arnOf(s), &s.Name
		if force {
			out.DeletionDate = &r.now
			c.Delete(s)
			return nil
		}
		if s, err = usable(v, r, *in.SecretId); err != nil {
			return err
		}
		s = s.Clone()
		s.DeletedAt, s.DeleteAt = r.now, r.now.AddDate(0, 0, int(days))
		out.DeletionDate = &s.DeleteAt
		c.Put(s)
		return nil
	})
	var missing *types.ResourceNotFoundException
	if force && errors.As(err, &missing) { // that it is gone is all that was asked
		suffix, err := d.choose(letters, suffixSize)
		name := *in.SecretId
		return &secretsmanager.DeleteSecretOutput{ARN: new(r.scope.SecretARN(name, suffix)), Name: &name, DeletionDate: &r.now}, err
	}
	return out, err
}

// RestoreSecret takes a deletion back.
func (d *frontDoor) RestoreSecret(ctx context.Context, in *secretsmanager.RestoreSecretInput) (*secretsmanager.RestoreSecretOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := requireSecret(in.SecretId); err != nil {
		return nil, err
	}
	out := &secretsmanager.RestoreSecretOutput{}
	return out, d.commit(r, func(v store.View, c *model.Change) error {
		s, err := find(v, r, *in.SecretId)
		if err != nil {
			return err
		}
		out.ARN, out.Name = r.arnOf(s), &s.Name
		if s.DeletedAt.IsZero() {
			return nil
		}
		s = s.Clone()
		s.DeletedAt, s.DeleteAt = time.Time{}, time.Time{}
		c.Put(s)
		return nil
	})
}
