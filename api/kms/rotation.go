package kms

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// defaultRotation is how many days pass between two rotations unless told
// otherwise. Source: KMS API reference, EnableKeyRotation.
const defaultRotation = 365

// EnableKeyRotation has the key get new material every so many days.
func (d *FrontDoor) EnableKeyRotation(ctx context.Context, in *kms.EnableKeyRotationInput) (*kms.EnableKeyRotationOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	constraint.Range(&v, "rotationPeriodInDays", in.RotationPeriodInDays, 90, 2560)
	if err := v.Err(); err != nil {
		return nil, err
	}
	return nil, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		if err := rotatable(r, k, "EnableKeyRotation"); err != nil {
			return err
		}
		days := k.RotationDays
		if in.RotationPeriodInDays != nil {
			days = int(*in.RotationPeriodInDays)
		} else if days == 0 || !k.Rotation {
			days = defaultRotation
		}
		if !k.Rotation || days != k.RotationDays {
			k.Rotation, k.RotationDays, k.RotateAt = true, days, r.now.AddDate(0, 0, days)
		}
		return nil
	})
}

// DisableKeyRotation has the key keep its material.
func (d *FrontDoor) DisableKeyRotation(ctx context.Context, in *kms.DisableKeyRotationInput) (*kms.DisableKeyRotationOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := requireKey(in.KeyId); err != nil {
		return nil, err
	}
	return nil, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		if err := rotatable(r, k, "DisableKeyRotation"); err != nil {
			return err
		}
		k.Rotation, k.RotationDays, k.RotateAt = false, 0, time.Time{}
		return nil
	})
}

// rotatable refuses keys whose rotation cannot be changed now.
func rotatable(r request, k *model.KMSKey, action string) error {
	if err := alive(r, k, action); err != nil {
		return err
	}
	if k.State == stateDisabled {
		return disabled(r.arnOf(k))
	}
	if !abilityOfKey(k).symmetric {
		return notSymmetric()
	}
	return nil
}

// notSymmetric says nothing more, as AWS does.
func notSymmetric() error { return &types.UnsupportedOperationException{} }

// rotated finds a key after the rotation that was due.
func (d *FrontDoor) rotated(ctx context.Context, name *string) (request, *model.KMSKey, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return r, nil, err
	}
	if err := requireKey(name); err != nil {
		return r, nil, err
	}
	k, err := d.findByID(d.db.View(), r, *name)
	if err != nil {
		return r, nil, err
	}
	if k, err = d.current(r, k); err != nil {
		return r, nil, err
	}
	return r, k, nil
}

// GetKeyRotationStatus tells whether and when the key rotates.
func (d *FrontDoor) GetKeyRotationStatus(ctx context.Context, in *kms.GetKeyRotationStatusInput) (*kms.GetKeyRotationStatusOutput, error) {
	r, k, err := d.rotated(ctx, in.KeyId)
	if err != nil {
		return nil, err
	}
	// Keys that cannot rotate have their rotation off: Terraform asks of every key.
	out := &kms.GetKeyRotationStatusOutput{KeyId: new(r.arnOf(k)), KeyRotationEnabled: k.Rotation && k.State != statePending}
	if out.KeyRotationEnabled {
		out.RotationPeriodInDays = new(int32(k.RotationDays))
		if k.State == stateEnabled {
			out.NextRotationDate = &k.RotateAt
		}
	}
	return out, nil
}

// RotateKeyOnDemand gives the key new material now. The rotation period goes
// on as it was.
func (d *FrontDoor) RotateKeyOnDemand(ctx context.Context, in *kms.RotateKeyOnDemandInput) (*kms.RotateKeyOnDemandOutput, error) {
	r, k, err := d.rotated(ctx, in.KeyId)
	if err != nil {
		return nil, err
	}
	return &kms.RotateKeyOnDemandOutput{KeyId: new(r.arnOf(k))}, d.change(r, *in.KeyId, func(k *model.KMSKey) error {
		if err := rotatable(r, k, "RotateKeyOnDemand"); err != nil {
			return err
		}
		n := 0
		for _, m := range k.Material {
			if m.OnDemand {
				n++
			}
		}
		if n >= maxOnDemand {
			return limitExceeded("The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: %s", r.arnOf(k))
		}
		return d.addMaterial(r, k, true)
	})
}

// ListKeyRotations lists when the key got new material, and its first material
// too if asked for.
func (d *FrontDoor) ListKeyRotations(ctx context.Context, in *kms.ListKeyRotationsInput) (*kms.ListKeyRotationsOutput, error) {
	var v constraint.Violations
	v.Required("keyId", in.KeyId, keyText)
	constraint.OneOf(&v, "includeKeyMaterial", in.IncludeKeyMaterial, in.IncludeKeyMaterial.Values())
	pageBounds(&v, in.Limit, in.Marker, maxPage)
	if err := v.Err(); err != nil {
		return nil, err
	}
	r, k, err := d.rotated(ctx, in.KeyId)
	if err != nil {
		return nil, err
	}
	if !abilityOfKey(k).symmetric {
		return nil, notSymmetric()
	}
	p, err := newPage(in.Limit, in.Marker, 100, "ListKeyRotations", k.ID, string(in.IncludeKeyMaterial))
	if err != nil {
		return nil, err
	}
	all := in.IncludeKeyMaterial == types.IncludeKeyMaterialAllKeyMaterial
	materials := k.Material
	if !all {
		materials = materials[1:]
	}
	out := &kms.ListKeyRotationsOutput{Rotations: []types.RotationsListEntry{}}
	list, marker := take(p, materials, func(m model.KMSMaterial) string { return fmt.Sprintf("%010d", m.ID) })
	for _, m := range list {
		e := types.RotationsListEntry{KeyId: new(r.arnOf(k)), KeyMaterialId: materialID(k, m.ID), KeyMaterialState: types.KeyMaterialStateNonCurrent}
		if m.ID == k.Material[len(k.Material)-1].ID {
			e.KeyMaterialState = types.KeyMaterialStateCurrent
		}
		if m.ID != k.Material[0].ID {
			e.RotationDate, e.RotationType = &m.MadeAt, types.RotationTypeAutomatic
			if m.OnDemand {
				e.RotationType = types.RotationTypeOnDemand
			}
		}
		out.Rotations = append(out.Rotations, e)
	}
	out.NextMarker, out.Truncated = marker, marker != nil
	return out, nil
}
