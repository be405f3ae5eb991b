package kms

import (
	"context"
	"strings"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Seal encrypts for another front door of this house: service is its name,
// such as secretsmanager. keyID is any name of a key of the account; "" and
// alias/aws/SERVICE are the service's own key, which is made at first use. It
// returns the ciphertext and the key's ARN, or KMS's errors.
func (d *FrontDoor) Seal(ctx context.Context, account, service, keyID string, plain []byte, bound map[string]string) ([]byte, string, error) {
	r := d.behalf(ctx, account, service)
	k, err := d.keyFor(r, keyID)
	if err != nil {
		return nil, "", err
	}
	if err := encrypting(r, k, symmetric, "GenerateDataKey"); err != nil {
		return nil, "", err
	}
	if k, err = d.current(r, k); err != nil {
		return nil, "", err
	}
	sealed, err := d.encrypt(k, plain, bound)
	return sealed, r.arnOf(k), err
}

// Open decrypts what Seal returned for the same account and context.
func (d *FrontDoor) Open(ctx context.Context, account, service string, sealed []byte, bound map[string]string) ([]byte, error) {
	r := d.behalf(ctx, account, service)
	h, ok := readHeader(sealed)
	if !ok {
		return nil, invalidCiphertext()
	}
	k, err := d.byID(d.db.View(), r, h.key, h.key)
	if err != nil {
		return nil, err
	}
	if err := usable(r, k, "Decrypt"); err != nil {
		return nil, err
	}
	return d.decrypt(k, h, sealed, bound)
}

// Check returns KMS's error when Seal could not use the key, without making
// the service's own.
func (d *FrontDoor) Check(ctx context.Context, account, service, keyID string) error {
	r := d.behalf(ctx, account, service)
	if _, own := ownService(r, keyID); own || keyID == "" {
		return nil
	}
	k, err := d.find(d.db.View(), r, keyID)
	if err != nil {
		return err
	}
	return encrypting(r, k, symmetric, "GenerateDataKey")
}

func (d *FrontDoor) behalf(ctx context.Context, account, service string) request {
	who, _ := caller.From(ctx)
	return d.request(ctx, who, account, service)
}

// owners are the services whose own keys are made at first use.
var owners = []string{"secretsmanager", "ssm"}

// ownService returns the service whose own key the name is the alias of.
func ownService(r request, name string) (string, bool) {
	name = strings.TrimPrefix(name, r.scope.KMSAliasARN(""))
	for _, s := range owners {
		if name == awsAliases+s {
			return s, true
		}
	}
	return "", false
}

// keyFor is find, and makes a service's own key if that is what is named.
func (d *FrontDoor) keyFor(r request, name string) (*model.KMSKey, error) {
	if name == "" {
		name = awsAliases + r.service
	}
	service, own := ownService(r, name)
	k, err := d.find(d.db.View(), r, name)
	if err == nil || !own {
		return k, err
	}
	err = d.commit(r, func(v store.View, c *model.Change) (err error) {
		if k, err = d.find(v, r, name); err == nil {
			return nil
		}
		k, err = d.newKey(r, managerAWS, servicePolicy(r, service), "Default key that protects my "+descriptions[service]+" when no other key is defined")
		if err != nil {
			return err
		}
		if err := d.addMaterial(r, k, false); err != nil {
			return err
		}
		k.Rotation, k.RotationDays, k.RotateAt = true, defaultRotation, r.now.AddDate(0, 0, defaultRotation)
		alias := &model.KMSAlias{Account: r.scope.Account, Name: awsAliases + service, KeyID: k.ID, CreatedAt: r.now, UpdatedAt: r.now}
		c.Put(k)
		c.Put(alias)
		return nil
	})
	return k, err
}

var descriptions = map[string]string{"secretsmanager": "Secrets Manager data", "ssm": "SSM Parameter Store parameters"}
