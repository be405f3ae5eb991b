package secretsmanager

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/rotate"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/constraint"
)

// What the service model says of rotation rules.
var (
	expressionText = constraint.Text{Min: 1, Max: 256}
	durationText   = constraint.Text{Min: 2, Max: 3}
)

// RotateSecret turns rotation on, says when and by which tasks, and, unless
// told otherwise, begins a rotation. What does the steps is a task definition
// in RotationLambdaARN: its ARN, family or family:revision; without a revision
// it is the newest ACTIVE one at each step.
func (d *frontDoor) RotateSecret(ctx context.Context, in *secretsmanager.RotateSecretInput) (*secretsmanager.RotateSecretOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkRotation(in); err != nil {
		return nil, err
	}
	token, err := d.newToken(in.ClientRequestToken)
	if err != nil {
		return nil, err
	}
	out := &secretsmanager.RotateSecretOutput{VersionId: &token}
	return out, d.commit(r, func(v store.View, c *model.Change) error {
		old, err := usable(v, r, *in.SecretId)
		if err != nil {
			return err
		}
		s := old.Clone()
		out.ARN, out.Name = r.arnOf(s), &s.Name
		if err := configure(r, v, s, in); err != nil {
			return err
		}
		if in.RotateImmediately == nil || *in.RotateImmediately {
			if err := beginRotation(r, s, token); err != nil {
				return err
			}
		} else {
			out.VersionId = nil
		}
		if err := prune(s); err != nil {
			return err
		}
		c.Put(s)
		return nil
	})
}

func checkRotation(in *secretsmanager.RotateSecretInput) error {
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	v.Optional("clientRequestToken", in.ClientRequestToken, tokenText)
	v.Optional("rotationLambdaARN", in.RotationLambdaARN, keyText)
	if rules := in.RotationRules; rules != nil {
		constraint.Range(&v, "rotationRules.automaticallyAfterDays", rules.AutomaticallyAfterDays, 1, rotate.MaxDays)
		v.Optional("rotationRules.duration", rules.Duration, durationText)
		v.Optional("rotationRules.scheduleExpression", rules.ScheduleExpression, expressionText)
	}
	if err := v.Err(); err != nil {
		return err
	}
	switch {
	case in.ExternalSecretRotationRoleArn != nil || len(in.ExternalSecretRotationMetadata) > 0:
		return invalidParameter("Managed external secrets are not supported by Roadstead.")
	case in.RotationLambdaARN != nil && strings.HasPrefix(*in.RotationLambdaARN, "arn:aws:lambda:"):
		return &wire.Error{Code: "AccessDeniedException", Message: "Secrets Manager cannot invoke the specified Lambda function. " +
			"Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com. " +
			"(Roadstead has no Lambda: name an ECS task definition, whose tasks do the steps.)"}
	case in.RotationRules != nil && in.RotationRules.AutomaticallyAfterDays != nil && in.RotationRules.ScheduleExpression != nil:
		return invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules.")
	}
	return nil
}

// configure takes over what a request says of a secret's rotation.
func configure(r request, v store.View, s *model.Secret, in *secretsmanager.RotateSecretInput) error {
	if in.RotationLambdaARN != nil {
		s.RotationTask = *in.RotationLambdaARN
	}
	if s.RotationTask == "" {
		return invalidRequest("No Lambda rotation function ARN is associated with this secret.")
	}
	name, ok := definitionName(r, s.RotationTask)
	if !ok {
		return invalidParameter("The RotationLambdaARN %s is not the ARN, the family or the family:revision of a task definition of this account and region.", s.RotationTask)
	}
	t, ok := store.ActiveDefinition(v, r.scope.Account, name)
	if !ok {
		return notFound("Secrets Manager can't find the ACTIVE task definition %s that the secret is to be rotated with.", name)
	}
	if why := rotate.Unfit(t.Definition); why != "" {
		return invalidRequest("The secret can't be rotated with the task definition %s: %s.", name, why)
	}
	if c, ok := store.Get[*model.Cluster](v, model.ClusterID(r.scope.Account, rotate.ClusterOf(s))); !ok || c.Status != model.ClusterActive {
		return invalidRequest("The secret can't be rotated: there is no ACTIVE cluster %s. The secret's tag %s names the cluster.", rotate.ClusterOf(s), rotate.TagCluster)
	}
	s.RotationTask = "arn:aws:ecs:" + r.scope.Region + ":" + r.scope.Account + ":task-definition/" + name
	was := s.RotationEnabled
	s.RotationEnabled = true
	if in.RotationRules == nil && was {
		return nil
	}
	if rules := in.RotationRules; rules != nil {
		s.RotationDays, s.RotationRule, s.RotationWindow = int(aws.ToInt64(rules.AutomaticallyAfterDays)), aws.ToString(rules.ScheduleExpression), aws.ToString(rules.Duration)
	}
	schedule, err := rotate.ScheduleOf(s)
	if err != nil {
		return invalidParameter("%s", capital(err.Error()))
	}
	s.RotateAt = schedule.Next(r.now)
	return nil
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

// definitionName returns family or family:revision of what names a task
// definition of the caller's.
func definitionName(r request, ref string) (string, bool) {
	if strings.HasPrefix(ref, "arn:") {
		a, ok := model.ParseARN(ref)
		kind, rest := a.Path()
		return rest, ok && a.Partition == "aws" && a.Service == "ecs" && a.Region == r.scope.Region && a.Account == r.scope.Account && kind == "task-definition"
	}
	return ref, ref != "" && !strings.Contains(ref, "/")
}

// beginRotation begins a rotation, unless the same request has, or another is
// not complete.
func beginRotation(r request, s *model.Secret, token string) error {
	i := indexOf(s, token)
	pending := withStage(s, stagePending)
	switch {
	case s.Rotation != nil && s.Rotation.Token == token, i >= 0 && slices.Contains(s.Versions[i].Stages, stageCurrent):
		return nil // it is done, or will be
	case s.Rotation != nil, pending >= 0 && !slices.Contains(s.Versions[pending].Stages, stageCurrent):
		return invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.")
	case pending >= 0:
		s.Detach(pending, stagePending)
	}
	rotate.Begin(s, token, r.now)
	s.ChangedAt = r.now
	return nil
}

// CancelRotateSecret turns rotation off and gives up one that is under way. Its
// version keeps AWSPENDING, and a task that is doing a step ends by itself.
func (d *frontDoor) CancelRotateSecret(ctx context.Context, in *secretsmanager.CancelRotateSecretInput) (*secretsmanager.CancelRotateSecretOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := requireSecret(in.SecretId); err != nil {
		return nil, err
	}
	out := &secretsmanager.CancelRotateSecretOutput{}
	return out, d.change(r, *in.SecretId, func(s *model.Secret) (bool, error) {
		out.ARN, out.Name = r.arnOf(s), &s.Name
		if i := withStage(s, stagePending); i >= 0 {
			out.VersionId = &s.Versions[i].ID
		}
		changed := s.RotationEnabled || s.Rotation != nil
		s.RotationEnabled, s.RotateAt, s.Rotation = false, time.Time{}, nil
		return changed, nil
	})
}

// showRotation says what is known of a secret's rotation. The next date is when
// the window of the next rotation closes.
func showRotation(s *model.Secret, e *types.SecretListEntry) {
	if s.RotationTask == "" {
		return
	}
	e.RotationEnabled, e.RotationLambdaARN, e.LastRotatedDate = &s.RotationEnabled, &s.RotationTask, when(s.RotatedAt)
	rules := types.RotationRulesType{}
	if s.RotationDays > 0 {
		rules.AutomaticallyAfterDays = new(int64(s.RotationDays))
	}
	if s.RotationRule != "" {
		rules.ScheduleExpression = &s.RotationRule
	}
	if s.RotationWindow != "" {
		rules.Duration = &s.RotationWindow
	}
	if rules.AutomaticallyAfterDays != nil || rules.ScheduleExpression != nil || rules.Duration != nil {
		e.RotationRules = &rules
	}
	if schedule, err := rotate.ScheduleOf(s); err == nil && !s.RotateAt.IsZero() {
		e.NextRotationDate = new(schedule.End(s.RotateAt))
	}
}
