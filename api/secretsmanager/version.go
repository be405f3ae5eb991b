package secretsmanager

import (
	"bytes"
	"slices"

	"github.com/google/uuid"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// Staging labels that mean something to the service.
const (
	stageCurrent  = model.StageCurrent
	stagePrevious = model.StagePrevious
	stagePending  = model.StagePending
)

// Limits of versions. Source: Secrets Manager user guide, "Quotas"; maxBytes
// is ours, for a secret is stored as one: older versions without a label go
// first.
const (
	maxVersions = 100
	maxStages   = 20
	maxBytes    = 700 << 10
	maxBinary   = 65536
)

// value is what a caller wants kept: a string or bytes.
type value struct {
	text   *string
	binary []byte
}

func (x value) given() bool { return x.text != nil || x.binary != nil }

func (x value) bytes() []byte {
	if x.text != nil {
		return []byte(*x.text)
	}
	return x.binary
}

func (x value) check(v *constraint.Violations) {
	v.Optional("secretString", x.text, stringText)
	if x.text != nil && len(*x.text) > maxBinary {
		v.Length("secretString", len(*x.text), 1, maxBinary)
	}
	if x.binary != nil {
		v.Length("secretBinary", len(x.binary), 1, maxBinary)
	}
}

func (x value) alone() error {
	if x.text != nil && x.binary != nil {
		return invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	return nil
}

// newToken returns the caller's request token, which is the version's id, or
// one of ours.
func (d *frontDoor) newToken(asked *string) (string, error) {
	if asked != nil {
		return *asked, nil
	}
	b, err := d.bytes(16)
	if err != nil {
		return "", err
	}
	id := uuid.UUID(b)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String(), nil
}

func bound(r request, s *model.Secret, version string) map[string]string {
	return map[string]string{"SecretARN": *r.arnOf(s), "SecretVersionId": version}
}

// open returns the value of a version.
func (d *frontDoor) open(r request, s *model.Secret, v model.SecretVersion) ([]byte, error) {
	plain, err := d.keys.Open(r.ctx, r.scope.Account, serviceName, v.Sealed, bound(r, s, v.ID))
	if err != nil {
		return nil, decryption(err)
	}
	return plain, nil
}

// add gives the secret, which is the caller's own copy, a version with stages.
// The same token with the same value is the version that there is already:
// added is false.
func (d *frontDoor) add(r request, s *model.Secret, token string, x value, stages []string) (added bool, err error) {
	at := indexOf(s, token)
	if at >= 0 && !s.Versions[at].Empty() {
		i := at
		was, err := d.open(r, s, s.Versions[i])
		if err != nil {
			return false, err
		}
		if s.Versions[i].Binary != (x.text == nil) || !bytes.Equal(was, x.bytes()) {
			return false, &types.ResourceExistsException{Message: new("You can't use ClientRequestToken " + token +
				" because that value is already in use for a version of secret " + *r.arnOf(s) + ".")}
		}
		return false, nil
	}
	sealed, keyARN, err := d.keys.Seal(r.ctx, r.scope.Account, serviceName, s.KeyID, x.bytes(), bound(r, s, token))
	if err != nil {
		return false, encryption(err)
	}
	if s.KeyID == "" {
		keyARN = ""
	}
	if len(s.Versions) == 0 && !slices.Contains(stages, stageCurrent) {
		stages = append(slices.Clone(stages), stageCurrent)
	}
	made := model.SecretVersion{ID: token, Sealed: sealed, Binary: x.text == nil, CreatedAt: r.now, KeyID: keyARN}
	if at < 0 {
		s.Versions, at = append(s.Versions, made), len(s.Versions)
	} else { // a rotation has made it without a value
		made.Stages = s.Versions[at].Stages
		s.Versions[at] = made
	}
	for _, stage := range stages {
		attach(r, s, at, stage)
	}
	s.ChangedAt = r.now
	return true, prune(s)
}

// attach moves a staging label to a version. The version that AWSCURRENT
// leaves becomes AWSPREVIOUS.
func attach(r request, s *model.Secret, to int, stage string) {
	from := withStage(s, stage)
	if from == to {
		return
	}
	if from >= 0 {
		s.Detach(from, stage)
	}
	v := &s.Versions[to]
	v.Stages = append(slices.Clone(v.Stages), stage)
	if stage == stageCurrent {
		s.CurrentAt = r.now
		if i := withStage(s, stagePrevious); i == to {
			s.Detach(to, stagePrevious)
		}
		if from >= 0 {
			s.Detach(from, stagePending) // what was current is pending no more
			attach(r, s, from, stagePrevious)
		}
	}
}

// prune forgets the oldest versions without labels when there are too many.
func prune(s *model.Secret) error {
	labels := 0
	for _, v := range s.Versions {
		labels += len(v.Stages)
	}
	if labels > maxStages {
		return &types.LimitExceededException{Message: new("You can't attach more than 20 staging labels to the versions of a secret.")}
	}
	for size(s) > maxBytes || len(s.Versions) > maxVersions {
		i := slices.IndexFunc(s.Versions, func(v model.SecretVersion) bool { return len(v.Stages) == 0 })
		if i < 0 {
			return &types.LimitExceededException{Message: new("The secret's versions are too large together.")}
		}
		s.Versions = slices.Delete(s.Versions, i, i+1)
	}
	return nil
}

func size(s *model.Secret) (n int) {
	for _, v := range s.Versions {
		n += len(v.Sealed)
	}
	return n
}

func indexOf(s *model.Secret, version string) int { return s.Version(version) }

func withStage(s *model.Secret, stage string) int { return s.WithStage(stage) }

// stagesOf are the versions that have labels.
// A secret without versions has no map of them, as on AWS.
func stagesOf(s *model.Secret) map[string][]string {
	if len(s.Versions) == 0 {
		return nil
	}
	m := map[string][]string{}
	for _, v := range s.Versions {
		if len(v.Stages) > 0 {
			m[v.ID] = v.Stages
		}
	}
	return m
}

// pick returns the version that a caller asks for.
func pick(s *model.Secret, version, stage *string) (model.SecretVersion, error) {
	label := aws.ToString(stage)
	if label == "" {
		label = stageCurrent
	}
	if version == nil {
		i := withStage(s, label)
		if i < 0 || s.Versions[i].Empty() {
			return model.SecretVersion{}, notFound("Secrets Manager can't find the specified secret value for staging label: %s", label)
		}
		return s.Versions[i], nil
	}
	i := indexOf(s, *version)
	if i < 0 || s.Versions[i].Empty() {
		return model.SecretVersion{}, notFound("Secrets Manager can't find the specified secret value for VersionId: %s", *version)
	}
	if stage != nil && !slices.Contains(s.Versions[i].Stages, *stage) {
		return model.SecretVersion{}, invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.")
	}
	return s.Versions[i], nil
}
