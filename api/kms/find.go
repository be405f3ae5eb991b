package kms

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/google/uuid"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Key states and managers, as stored and on the wire.
const (
	stateEnabled  = "Enabled"
	stateDisabled = "Disabled"
	statePending  = "PendingDeletion"
	managerAWS    = "AWS"
	managerUser   = "CUSTOMER"
	awsAliases    = "alias/aws/"
)

var multiRegionID = regexp.MustCompile(`^mrk-[0-9a-f]{32}$`)

// find returns the key that an id, a key's ARN, an alias or an alias's ARN
// names.
func (d *FrontDoor) find(v store.View, r request, name string) (*model.KMSKey, error) {
	resource, err := local(r, name)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(resource, "alias/") {
		return d.byID(v, r, strings.TrimPrefix(resource, "key/"), name)
	}
	a, ok := store.Get[*model.KMSAlias](v, model.KMSAliasID(r.scope.Account, resource))
	if !ok {
		return nil, aliasNotFound(r.scope.KMSAliasARN(resource))
	}
	return d.byID(v, r, a.KeyID, name)
}

// findByID is find for the operations that take no alias.
func (d *FrontDoor) findByID(v store.View, r request, name string) (*model.KMSKey, error) {
	resource, err := local(r, name)
	if err != nil {
		return nil, err
	}
	return d.byID(v, r, strings.TrimPrefix(resource, "key/"), name)
}

func (d *FrontDoor) byID(v store.View, r request, id, name string) (*model.KMSKey, error) {
	// Keys of several regions, which nobody has here, have ids of another form.
	if _, err := uuid.Parse(id); (err != nil || len(id) != 36) && !multiRegionID.MatchString(id) {
		return nil, notFound("Invalid keyId '%s'", name)
	}
	k, ok := store.Get[*model.KMSKey](v, model.KMSKeyID(r.scope.Account, id))
	if !ok {
		return nil, keyNotFound(r.scope.KMSKeyARN(id))
	}
	return k, nil
}

// local strips an ARN of this account and region from its resource. Keys of
// other accounts are not found.
func local(r request, name string) (string, error) {
	if !strings.HasPrefix(name, "arn:") {
		return name, nil
	}
	a, err := arn.Parse(name)
	switch {
	case err != nil || a.Partition != "aws" || a.Service != "kms" || !strings.HasPrefix(a.Resource, "key/") && !strings.HasPrefix(a.Resource, "alias/"):
		return "", notFound("Invalid arn %s", name)
	case a.Region != r.scope.Region:
		return "", notFound("Invalid arn %s", a.Region)
	case a.AccountID != r.scope.Account && strings.HasPrefix(a.Resource, "alias/"):
		return "", aliasNotFound(name)
	case a.AccountID != r.scope.Account:
		return "", keyNotFound(name)
	}
	return a.Resource, nil
}

// arnOf is the key's ARN.
func (r request) arnOf(k *model.KMSKey) string { return r.scope.KMSKeyARN(k.ID) }

// administered refuses what nobody may do to keys that belong to a service.
func administered(r request, k *model.KMSKey, action string) error {
	if k.Manager == managerAWS {
		return denied(r, action, r.arnOf(k))
	}
	return nil
}

// usable refuses the cryptographic use of keys that are not enabled, and of a
// service's own keys by anybody but the service, for its own account.
func usable(r request, k *model.KMSKey, action string) error {
	switch {
	case k.State == statePending:
		return pendingDeletion(r.arnOf(k))
	case k.State != stateEnabled:
		return disabled(r.arnOf(k))
	case k.Manager == managerAWS && (r.service == "" || r.who.Account != "" && r.who.Account != r.scope.Account):
		return denied(r, action, r.arnOf(k))
	}
	return nil
}

// change finds a key and commits what edit makes of a copy of it.
func (d *FrontDoor) change(r request, name string, edit func(*model.KMSKey) error) error {
	return d.commit(r, func(v store.View, c *model.Change) error {
		k, err := d.findByID(v, r, name)
		if err != nil {
			return err
		}
		k = k.Clone()
		if err := edit(k); err != nil {
			return err
		}
		c.Put(k)
		return nil
	})
}
