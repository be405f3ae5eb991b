package kms

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// defaultWindow is how many days a key waits for its deletion unless told
// otherwise. Source: KMS API reference, ScheduleKeyDeletion.
const defaultWindow = 30

// EnableKey lets a key be used.
func (d *FrontDoor) EnableKey(ctx context.Context, in *kms.EnableKeyInput) (*kms.EnableKeyOutput, error) {
	return nil, d.setState(ctx, in.KeyId, "EnableKey", stateEnabled)
}

// DisableKey keeps a key from being used.
func (d *FrontDoor) DisableKey(ctx context.Context, in *kms.DisableKeyInput) (*kms.DisableKeyOutput, error) {
	return nil, d.setState(ctx, in.KeyId, "DisableKey", stateDisabled)
}

func (d *FrontDoor) setState(ctx context.Context, name *string, action, state string) error {
	r, err := d.begin(ctx)
	if err != nil {
		return err
	}
	if err := requireKey(name); err != nil {
		return err
	}
	return d.change(r, *name, func(k *model.KMSKey) error {
		if err := alive(r, k, action); err != nil {
			return err
		}
		k.State = state
		return nil
	})
}

func requireKey(name *string) error {
	var v constraint.Violations
	v.Required("keyId", name, keyText)
	return v.Err()
}

// ScheduleKeyDeletion has a key deleted after a window of 7 to 30 days.
func (d *FrontDoor) ScheduleKeyDeletion(ctx context.Context, in *kms.ScheduleKeyDeletionInput) (*kms.ScheduleKeyDeletionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	constraint.Range(&v, "pendingWindowInDays", in.PendingWindowInDays, 7, 30)
	if err := v.Err(); err != nil {
		return nil, err
	}
	days := int32(defaultWindow)
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	out := &kms.ScheduleKeyDeletionOutput{KeyState: types.KeyStatePendingDeletion, PendingWindowInDays: &days,
		DeletionDate: aws.Time(r.now.AddDate(0, 0, int(days)))}
	return out, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		out.KeyId = new(r.arnOf(k))
		if err := alive(r, k, "ScheduleKeyDeletion"); err != nil {
			return err
		}
		k.State, k.DeleteAt = statePending, *out.DeletionDate
		return nil
	})
}

// CancelKeyDeletion keeps a key, which is disabled afterwards.
func (d *FrontDoor) CancelKeyDeletion(ctx context.Context, in *kms.CancelKeyDeletionInput) (*kms.CancelKeyDeletionOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := requireKey(in.KeyId); err != nil {
		return nil, err
	}
	out := &kms.CancelKeyDeletionOutput{}
	return out, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		out.KeyId = new(r.arnOf(k))
		if k.State != statePending {
			return invalidState("%s is not pending deletion.", r.arnOf(k))
		}
		k.State, k.DeleteAt = stateDisabled, time.Time{}
		return nil
	})
}
