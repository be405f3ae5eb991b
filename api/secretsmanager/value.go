package secretsmanager

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// maxBatch is how many secrets BatchGetSecretValue takes by id.
const maxBatch = 20

// GetSecretValue returns the value of a version, the current one unless asked
// for another.
func (d *frontDoor) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
	r, err := d.beginAt(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	v.Optional("versionId", in.VersionId, tokenText)
	v.Optional("versionStage", in.VersionStage, stageText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	e, err := d.read(r, *in.SecretId, in.VersionId, in.VersionStage)
	if err != nil {
		return nil, err
	}
	return &secretsmanager.GetSecretValueOutput{ARN: e.ARN, Name: e.Name, CreatedDate: e.CreatedDate, SecretBinary: e.SecretBinary,
		SecretString: e.SecretString, VersionId: e.VersionId, VersionStages: e.VersionStages}, nil
}

func (d *frontDoor) read(r request, id string, version, stage *string) (types.SecretValueEntry, error) {
	s, err := usable(d.db.View(), r, id)
	if err != nil {
		return types.SecretValueEntry{}, err
	}
	v, err := pick(s, version, stage)
	if err != nil {
		return types.SecretValueEntry{}, err
	}
	plain, err := d.open(r, s, v)
	if err != nil {
		return types.SecretValueEntry{}, err
	}
	if err := d.accessed(r, s, v); err != nil {
		return types.SecretValueEntry{}, err
	}
	e := types.SecretValueEntry{ARN: r.arnOf(s), Name: &s.Name, CreatedDate: &v.CreatedAt, VersionId: &v.ID, VersionStages: v.Stages}
	if v.Binary {
		e.SecretBinary = plain
	} else {
		e.SecretString = new(string(plain))
	}
	return e, nil
}

// accessed notes the day on which a version was last read: one write a day.
func (d *frontDoor) accessed(r request, s *model.Secret, read model.SecretVersion) error {
	day := r.now.Truncate(24 * time.Hour)
	if s.AccessedOn.Equal(day) && read.AccessedOn.Equal(day) {
		return nil
	}
	return d.change(r, s.Name, func(s *model.Secret) (bool, error) {
		s.AccessedOn = day
		if i := indexOf(s, read.ID); i >= 0 {
			s.Versions[i].AccessedOn = day
		}
		return true, nil
	})
}

// PutSecretValue adds a version.
func (d *frontDoor) PutSecretValue(ctx context.Context, in *secretsmanager.PutSecretValueInput) (*secretsmanager.PutSecretValueOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	x := value{in.SecretString, in.SecretBinary}
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	v.Optional("clientRequestToken", in.ClientRequestToken, tokenText)
	if in.VersionStages != nil {
		v.Texts("versionStages", in.VersionStages, 1, maxStages, stageText)
	}
	x.check(&v)
	if err := firstError(v.Err(), x.alone()); err != nil {
		return nil, err
	}
	switch {
	case !x.given():
		return nil, invalidRequest("You must provide either SecretString or SecretBinary.")
	case in.RotationToken != nil:
		return nil, invalidParameter("RotationToken is not supported by Roadstead.")
	}
	token, err := d.newToken(in.ClientRequestToken)
	if err != nil {
		return nil, err
	}
	stages := in.VersionStages
	if stages == nil {
		stages = []string{stageCurrent}
	}
	slices.Sort(stages)
	stages = slices.Compact(stages)
	out := &secretsmanager.PutSecretValueOutput{VersionId: &token}
	return out, d.change(r, *in.SecretId, func(s *model.Secret) (bool, error) {
		added, err := d.add(r, s, token, x, stages)
		out.ARN, out.Name = r.arnOf(s), &s.Name
		if i := indexOf(s, token); i >= 0 {
			out.VersionStages = s.Versions[i].Stages
		}
		return added, err
	})
}

// BatchGetSecretValue returns the current values of secrets named by ids or
// found by filters; those that cannot be had are errors of their own.
func (d *frontDoor) BatchGetSecretValue(ctx context.Context, in *secretsmanager.BatchGetSecretValueInput) (*secretsmanager.BatchGetSecretValueOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Texts("secretIdList", in.SecretIdList, 0, maxBatch, idText)
	constraint.Range(&v, "maxResults", in.MaxResults, 1, maxBatch)
	checkFilters(&v, in.Filters)
	if err := firstError(v.Err(), whole(in.Filters)); err != nil {
		return nil, err
	}
	switch {
	case (len(in.SecretIdList) > 0) == (len(in.Filters) > 0):
		return nil, invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
	case len(in.SecretIdList) > 0 && in.MaxResults != nil:
		return nil, invalidParameter("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
	}
	out := &secretsmanager.BatchGetSecretValueOutput{SecretValues: []types.SecretValueEntry{}, Errors: []types.APIErrorType{}}
	ids := in.SecretIdList
	if len(in.Filters) > 0 {
		found, next, err := d.list(r, "BatchGetSecretValue", listing{filters: in.Filters, limit: in.MaxResults, token: in.NextToken, most: maxBatch})
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			ids = append(ids, *r.arnOf(s))
		}
		out.NextToken = next
	}
	for _, id := range ids {
		e, err := d.read(r, id, nil, nil)
		var refused smithy.APIError
		switch {
		case err == nil:
			out.SecretValues = append(out.SecretValues, e)
		case errors.As(err, &refused):
			out.Errors = append(out.Errors, types.APIErrorType{SecretId: &id, ErrorCode: new(refused.ErrorCode()), Message: new(refused.ErrorMessage())})
		default:
			return nil, err
		}
	}
	return out, nil
}
