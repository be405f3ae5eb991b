package secretsmanager_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

const (
	definition = "arn:aws:ecs:us-east-1:000000000000:task-definition/rotator"
	token      = "abababab-1111-4111-8111-111111111111"
)

// rotatable is an endpoint with a cluster and a task definition.
func rotatable(t *testing.T) *endpoint {
	e := serve(t)
	var c model.Change
	c.Put(&model.Cluster{Account: account, Name: "default", Status: model.ClusterActive})
	c.Put(&model.TaskDefinition{Account: account, Family: "rotator", Revision: 1, Status: model.TaskDefinitionActive, Definition: &ecstypes.TaskDefinition{
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("main"), Memory: aws.Int32(16)}}}})
	c.Put(&model.TaskDefinition{Account: account, Family: "isolated", Revision: 1, Status: model.TaskDefinitionActive, Definition: &ecstypes.TaskDefinition{
		NetworkMode: ecstypes.NetworkModeAwsvpc}})
	if _, err := e.db.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	e.create(t, "db", "one")
	return e
}

func (e *endpoint) describe(t *testing.T) *sm.DescribeSecretOutput {
	return ok[*sm.DescribeSecretOutput](t)(e.DescribeSecret(t.Context(), &sm.DescribeSecretInput{SecretId: new("db")}))
}

func TestARotationBegins(t *testing.T) {
	e := rotatable(t)
	ctx, id := t.Context(), new("db")
	in := sm.RotateSecretInput{SecretId: id, ClientRequestToken: new(token), RotationLambdaARN: new("rotator"), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: new(int64(30))}}
	for range 2 { // the same request again changes nothing
		out := ok[*sm.RotateSecretOutput](t)(e.RotateSecret(ctx, &in))
		if *out.VersionId != token || *out.Name != "db" || !strings.Contains(*out.ARN, ":secret:db-") {
			t.Fatalf("%+v", out)
		}
	}
	d := e.describe(t)
	if !*d.RotationEnabled || *d.RotationLambdaARN != definition || *d.RotationRules.AutomaticallyAfterDays != 30 || d.LastRotatedDate != nil ||
		!d.NextRotationDate.Equal(time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC)) || !slices.Equal(d.VersionIdsToStages[token], []string{"AWSPENDING"}) {
		t.Fatalf("%+v", d)
	}
	s, _ := store.Get[*model.Secret](e.db.View(), model.SecretID(account, "db"))
	if s.Rotation == nil || s.Rotation.Step != "createSecret" || s.Rotation.Token != token {
		t.Fatalf("%+v", s.Rotation)
	}
	// What a step's task does: there is no value until it puts one.
	refused(t, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: AWSPENDING")(
		e.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: id, VersionStage: new("AWSPENDING")}))
	refused(t, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: "+token)(
		e.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: id, VersionId: new(token)}))
	first := e.current(t)
	refused(t, "InvalidRequestException", "The version "+token+" has no value yet, so it can't be AWSCURRENT.")(
		e.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{SecretId: id, VersionStage: new("AWSCURRENT"), MoveToVersionId: new(token), RemoveFromVersionId: &first}))
	put := sm.PutSecretValueInput{SecretId: id, ClientRequestToken: new(token), SecretString: new("two"), VersionStages: []string{"AWSPENDING"}}
	for range 2 {
		if out := ok[*sm.PutSecretValueOutput](t)(e.PutSecretValue(ctx, &put)); !slices.Equal(out.VersionStages, []string{"AWSPENDING"}) {
			t.Fatalf("%+v", out)
		}
	}
	if out := ok[*sm.GetSecretValueOutput](t)(e.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: id, VersionStage: new("AWSPENDING")})); *out.SecretString != "two" {
		t.Fatalf("%+v", out)
	}
	in.ClientRequestToken = new("22222222-2222-4222-8222-222222222222")
	refused(t, "InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.")(e.RotateSecret(ctx, &in))
	ok[*sm.UpdateSecretVersionStageOutput](t)(
		e.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{SecretId: id, VersionStage: new("AWSCURRENT"), MoveToVersionId: new(token), RemoveFromVersionId: &first}))
	if d = e.describe(t); !slices.Contains(d.VersionIdsToStages[token], "AWSCURRENT") || !slices.Equal(d.VersionIdsToStages[first], []string{"AWSPREVIOUS"}) {
		t.Fatalf("%+v", d.VersionIdsToStages)
	}
}

// current is the id of the version that has AWSCURRENT.
func (e *endpoint) current(t *testing.T) string {
	return *ok[*sm.GetSecretValueOutput](t)(e.GetSecretValue(t.Context(), &sm.GetSecretValueInput{SecretId: new("db")})).VersionId
}

func TestARotationIsConfiguredAndCancelled(t *testing.T) {
	e := rotatable(t)
	ctx, id := t.Context(), new("db")
	ok[*sm.RotateSecretOutput](t)(e.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: id, RotationLambdaARN: new(definition + ":1"), RotateImmediately: new(false),
		RotationRules: &types.RotationRulesType{ScheduleExpression: new("cron(0 8 1 * ? *)"), Duration: new("2h")}}))
	d := e.describe(t)
	if *d.RotationLambdaARN != definition+":1" || *d.RotationRules.ScheduleExpression != "cron(0 8 1 * ? *)" || *d.RotationRules.Duration != "2h" ||
		!d.NextRotationDate.Equal(time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC)) || len(d.VersionIdsToStages) != 1 {
		t.Fatalf("%+v", d)
	}
	if l := ok[*sm.ListSecretsOutput](t)(e.ListSecrets(ctx, &sm.ListSecretsInput{})); !*l.SecretList[0].RotationEnabled {
		t.Fatalf("%+v", l)
	}
	ok[*sm.RotateSecretOutput](t)(e.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: id, ClientRequestToken: new(token)}))
	if out := ok[*sm.CancelRotateSecretOutput](t)(e.CancelRotateSecret(ctx, &sm.CancelRotateSecretInput{SecretId: id})); *out.VersionId != token {
		t.Fatalf("%+v", out)
	}
	if d = e.describe(t); *d.RotationEnabled || d.NextRotationDate != nil || *d.RotationLambdaARN != definition+":1" {
		t.Fatalf("%+v", d)
	}
	refused(t, "InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.")(e.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: id}))
	ok[*sm.UpdateSecretVersionStageOutput](t)(
		e.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{SecretId: id, VersionStage: new("AWSPENDING"), RemoveFromVersionId: new(token)}))
	ok[*sm.RotateSecretOutput](t)(e.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: id}))
	if d = e.describe(t); !*d.RotationEnabled || d.NextRotationDate == nil {
		t.Fatalf("%+v", d)
	}
}

func TestWrongRotationsAreRefused(t *testing.T) {
	e := rotatable(t)
	rotate := func(arn string, rules types.RotationRulesType) (any, error) {
		return e.RotateSecret(t.Context(), &sm.RotateSecretInput{SecretId: new("db"), RotationLambdaARN: &arn, RotationRules: &rules})
	}
	after := types.RotationRulesType{AutomaticallyAfterDays: new(int64(1))}
	for _, c := range []struct {
		arn, code, message string
		rules              types.RotationRulesType
	}{
		{"arn:aws:lambda:us-east-1:000000000000:function:rotate", "AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function. " +
			"Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com. (Roadstead has no Lambda: name an ECS task definition, whose tasks do the steps.)", after},
		{"arn:aws:ecs:us-east-1:111111111111:task-definition/rotator", "InvalidParameterException",
			"The RotationLambdaARN arn:aws:ecs:us-east-1:111111111111:task-definition/rotator is not the ARN, the family or the family:revision of a task definition of this account and region.", after},
		{"rotator:2", "ResourceNotFoundException", "Secrets Manager can't find the ACTIVE task definition rotator:2 that the secret is to be rotated with.", after},
		{"rotator:01", "ResourceNotFoundException", "Secrets Manager can't find the ACTIVE task definition rotator:01 that the secret is to be rotated with.", after},
		{"isolated", "InvalidRequestException", "The secret can't be rotated with the task definition isolated: its networkMode is awsvpc, which needs a network configuration.", after},
		{"rotator", "InvalidParameterException", "You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules.",
			types.RotationRulesType{AutomaticallyAfterDays: new(int64(1)), ScheduleExpression: new("rate(1 day)")}},
		{"rotator", "InvalidParameterException", "Invalid schedule expression rate(1 hour): a secret can be rotated every 4 hours at most.",
			types.RotationRulesType{ScheduleExpression: new("rate(1 hour)")}},
		{"rotator", "ValidationException", "1 validation error detected: Value '1001' at 'rotationRules.automaticallyAfterDays' failed to satisfy constraint: Member must have value less than or equal to 1000",
			types.RotationRulesType{AutomaticallyAfterDays: new(int64(1001))}},
	} {
		refused(t, c.code, c.message)(rotate(c.arn, c.rules))
	}
	ok[*sm.TagResourceOutput](t)(e.TagResource(t.Context(), &sm.TagResourceInput{SecretId: new("db"), Tags: []types.Tag{{Key: new("roadstead:rotation-cluster"), Value: new("other")}}}))
	refused(t, "InvalidRequestException", "The secret can't be rotated: there is no ACTIVE cluster other. The secret's tag roadstead:rotation-cluster names the cluster.")(rotate("rotator", after))
	if d := e.describe(t); d.RotationEnabled != nil {
		t.Errorf("%+v", d)
	}
}
