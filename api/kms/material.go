package kms

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/seal"
)

const (
	// materialSize is the size of a key, in bytes: AES-256.
	materialSize = 32
	// maxMaterial bounds the versions of a key.
	maxMaterial = 1000
	// maxOnDemand is how often a key is rotated on demand.
	// Source: KMS developer guide, "On-demand rotation".
	maxOnDemand = 25
)

func materialContext(k *model.KMSKey, id uint32) []byte {
	return seal.Context(k.Key(), "material/"+strconv.FormatUint(uint64(id), 10))
}

// materialID is what the API calls a version of a key: 64 hexadecimal digits.
func materialID(k *model.KMSKey, id uint32) *string {
	sum := sha256.Sum256([]byte(k.Account + "/" + k.ID + "/" + strconv.FormatUint(uint64(id), 10)))
	return new(hex.EncodeToString(sum[:]))
}

// newestMaterial is materialID of what encrypts now; nil for keys that are not
// symmetric, whose material the API does not name.
func newestMaterial(k *model.KMSKey) *string {
	if !abilityOfKey(k).symmetric {
		return nil
	}
	return materialID(k, k.Material[len(k.Material)-1].ID)
}

// addMaterial gives a symmetric key, which is the caller's own copy, a new
// version.
func (d *FrontDoor) addMaterial(r request, k *model.KMSKey, onDemand bool) error {
	if len(k.Material) >= maxMaterial {
		return limitExceeded("The key has been rotated %d times.", maxMaterial)
	}
	plain, err := d.bytes(materialSize)
	if err != nil {
		return err
	}
	defer clear(plain)
	return d.keep(r, k, plain, onDemand)
}

// keep seals material as the key's newest.
func (d *FrontDoor) keep(r request, k *model.KMSKey, plain []byte, onDemand bool) (err error) {
	m := model.KMSMaterial{ID: uint32(len(k.Material)) + 1, MadeAt: r.now, OnDemand: onDemand}
	if m.Sealed, err = d.sealer.Seal(plain, materialContext(k, m.ID)); err != nil {
		return fmt.Errorf("seal material of %s: %w", k.Key(), err)
	}
	k.Material = append(k.Material, m)
	return nil
}

// material opens a version of a key. The caller clears it.
func (d *FrontDoor) material(k *model.KMSKey, id uint32) ([]byte, error) {
	for _, m := range k.Material {
		if m.ID != id {
			continue
		}
		plain, err := d.sealer.Open(m.Sealed, materialContext(k, id))
		if err != nil {
			return nil, fmt.Errorf("material of %s: %w", k.Key(), err)
		}
		return plain, nil
	}
	return nil, invalidCiphertext()
}

// current returns the key after the rotation that is due, if one is: a new
// version matters only to what is encrypted next, so nobody needs to make it
// before. Missed rotations are made up by one.
func (d *FrontDoor) current(r request, k *model.KMSKey) (*model.KMSKey, error) {
	if !due(r, k) {
		return k, nil
	}
	err := d.commit(r, func(v store.View, c *model.Change) error {
		was, ok := store.Get[*model.KMSKey](v, k.Key().ID)
		if !ok {
			return keyNotFound(r.arnOf(k))
		}
		if k = was; !due(r, was) {
			return nil
		}
		k = was.Clone()
		if err := d.addMaterial(r, k, false); err != nil {
			return err
		}
		k.RotateAt = r.now.AddDate(0, 0, k.RotationDays)
		c.Put(k)
		return nil
	})
	return k, err
}

func due(r request, k *model.KMSKey) bool {
	return k.Rotation && k.State == stateEnabled && !k.RotateAt.IsZero() && !r.now.Before(k.RotateAt)
}
