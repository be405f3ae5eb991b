package secretsmanager

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
	"github.com/roadstead/roadstead/wire/paging"
)

// UpdateSecretVersionStage moves a staging label from one version to another,
// or takes it away.
func (d *frontDoor) UpdateSecretVersionStage(ctx context.Context, in *secretsmanager.UpdateSecretVersionStageInput) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	v.Required("versionStage", in.VersionStage, stageText)
	v.Optional("moveToVersionId", in.MoveToVersionId, tokenText)
	v.Optional("removeFromVersionId", in.RemoveFromVersionId, tokenText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	out := &secretsmanager.UpdateSecretVersionStageOutput{}
	return out, d.change(r, *in.SecretId, func(s *model.Secret) (bool, error) {
		out.ARN, out.Name = r.arnOf(s), &s.Name
		return move(r, s, *in.VersionStage, in.MoveToVersionId, in.RemoveFromVersionId)
	})
}

func move(r request, s *model.Secret, stage string, to, from *string) (bool, error) {
	for _, version := range []*string{to, from} {
		if version != nil && indexOf(s, *version) < 0 {
			return false, notFound("Secrets Manager can't find the specified secret version: %s.", *version)
		}
	}
	at := withStage(s, stage)
	if stage == stageCurrent && to != nil && s.Versions[indexOf(s, *to)].Empty() {
		return false, invalidRequest("The version %s has no value yet, so it can't be %s.", *to, stageCurrent)
	}
	switch {
	case to != nil && at >= 0 && s.Versions[at].ID == *to:
		return false, nil
	case at >= 0 && from == nil:
		return false, invalidParameter("The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.",
			stage, s.Versions[at].ID)
	case from != nil && (at < 0 || s.Versions[at].ID != *from):
		return false, invalidParameter("The staging label %s is not attached to version %s of the secret.", stage, *from)
	case to == nil && stage == stageCurrent:
		return false, invalidParameter("You can only move staging label %s to a different secret version. It can't be completely removed.", stage)
	case to == nil && from == nil:
		return false, invalidParameter("You must specify MoveToVersionId, RemoveFromVersionId or both.")
	case to == nil:
		s.Detach(at, stage)
	default:
		attach(r, s, indexOf(s, *to), stage)
	}
	s.ChangedAt = r.now
	return true, prune(s)
}

// ListSecretVersionIds lists the versions of a secret, those without labels
// too if asked for.
func (d *frontDoor) ListSecretVersionIds(ctx context.Context, in *secretsmanager.ListSecretVersionIdsInput) (*secretsmanager.ListSecretVersionIdsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	constraint.Range(&v, "maxResults", in.MaxResults, 1, maxPage)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := find(d.db.View(), r, *in.SecretId)
	if err != nil {
		return nil, err
	}
	l := paging.Of("ListSecretVersionIds", s.Name, s.Suffix, fmt.Sprint(aws.ToBool(in.IncludeDeprecated)))
	after, ok := l.Place(in.NextToken)
	if !ok {
		return nil, invalidToken()
	}
	versions := slices.DeleteFunc(slices.Clone(s.Versions), func(v model.SecretVersion) bool {
		return len(v.Stages) == 0 && !aws.ToBool(in.IncludeDeprecated)
	})
	place := func(v model.SecretVersion) string { return v.ID }
	slices.SortFunc(versions, func(a, b model.SecretVersion) int { return strings.Compare(a.ID, b.ID) })
	limit := maxPage
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	page, last := paging.Take(versions, place, after, limit)
	out := &secretsmanager.ListSecretVersionIdsOutput{ARN: r.arnOf(s), Name: &s.Name, Versions: []types.SecretVersionsListEntry{}}
	for _, v := range page {
		key := v.KeyID
		if key == "" {
			key = "DefaultEncryptionKey"
		}
		out.Versions = append(out.Versions, types.SecretVersionsListEntry{VersionId: &v.ID, VersionStages: v.Stages, CreatedDate: &v.CreatedAt,
			LastAccessedDate: when(v.AccessedOn), KmsKeyIds: []string{key}})
	}
	if last != "" {
		out.NextToken = l.Token(last)
	}
	return out, nil
}
