package secretsmanager

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire/constraint"
)

// What the service model says of strings.
var (
	idText          = constraint.Text{Min: 1, Max: 2048}
	nameText        = constraint.Text{Min: 1, Max: 512}
	tokenText       = constraint.Text{Min: 32, Max: 64}
	descriptionText = constraint.Text{Max: 2048}
	keyText         = constraint.Text{Max: 2048}
	stringText      = constraint.Text{Min: 1, Max: 65536, Hidden: true}
	stageText       = constraint.Text{Min: 1, Max: 256}
	tagKeyText      = constraint.Text{Min: 1, Max: 128}
	policyText      = constraint.Text{Min: 1, Max: 20480}
	namePattern     = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]+$`)
)

// suffixSize is how many characters stand behind a name in an ARN.
const suffixSize = 6

// find returns the secret that a name, an ARN or an ARN without its suffix
// names. Secrets of other accounts are not found.
func find(v store.View, r request, id string) (*model.Secret, error) {
	name := id
	if !strings.HasPrefix(id, "arn:") && !namePattern.MatchString(id) {
		return nil, invalidName()
	}
	if strings.HasPrefix(id, "arn:") {
		a, err := arn.Parse(id)
		if err != nil || a.Partition != "aws" || a.Service != "secretsmanager" || a.Region != r.scope.Region || a.AccountID != r.scope.Account || !strings.HasPrefix(a.Resource, "secret:") {
			return nil, secretNotFound()
		}
		name = strings.TrimPrefix(a.Resource, "secret:")
		if n := len(name) - suffixSize - 1; n > 0 && name[n] == '-' {
			s, ok := store.Get[*model.Secret](v, model.SecretID(r.scope.Account, name[:n]))
			if ok && s.Suffix == name[n+1:] {
				return s, nil
			}
		}
	}
	s, ok := store.Get[*model.Secret](v, model.SecretID(r.scope.Account, name))
	if !ok {
		return nil, secretNotFound()
	}
	return s, nil
}

// usable is find for what cannot be done with a secret that is to be deleted.
func usable(v store.View, r request, id string) (*model.Secret, error) {
	s, err := find(v, r, id)
	if err == nil && !s.DeletedAt.IsZero() {
		return nil, invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
	}
	return s, err
}

func (r request) arnOf(s *model.Secret) *string { return new(r.scope.SecretARN(s.Name, s.Suffix)) }

func requireSecret(id *string) error {
	var v constraint.Violations
	v.Required("secretId", id, idText)
	return v.Err()
}
