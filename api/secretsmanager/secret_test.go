package secretsmanager_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

const (
	token1 = "11111111-1111-4111-8111-111111111111"
	token2 = "22222222-2222-4222-8222-222222222222"
	token3 = "33333333-3333-4333-8333-333333333333"
)

func (e *endpoint) create(t *testing.T, name, value string) *sm.CreateSecretOutput {
	t.Helper()
	return ok[*sm.CreateSecretOutput](t)(e.CreateSecret(t.Context(), &sm.CreateSecretInput{Name: &name, SecretString: &value, ClientRequestToken: new(token1)}))
}

func (e *endpoint) put(t *testing.T, name, token, value string, stages ...string) *sm.PutSecretValueOutput {
	t.Helper()
	return ok[*sm.PutSecretValueOutput](t)(e.PutSecretValue(t.Context(), &sm.PutSecretValueInput{SecretId: &name, ClientRequestToken: &token, SecretString: &value, VersionStages: stages}))
}

func (e *endpoint) value(t *testing.T, in *sm.GetSecretValueInput) string {
	t.Helper()
	return *ok[*sm.GetSecretValueOutput](t)(e.GetSecretValue(t.Context(), in)).SecretString
}

func TestASecretIsFoundByItsNames(t *testing.T) {
	e := serve(t)
	made := e.create(t, "prod/db", "hunter2")
	arn := *made.ARN
	if !strings.HasPrefix(arn, "arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/db-") || len(arn)-strings.LastIndex(arn, "-") != 7 || *made.VersionId != token1 {
		t.Fatalf("%+v", made)
	}
	for _, id := range []string{"prod/db", arn, arn[:len(arn)-7]} {
		if got := e.value(t, &sm.GetSecretValueInput{SecretId: &id}); got != "hunter2" {
			t.Errorf("%s: %s", id, got)
		}
	}
	for _, id := range []string{"prod", arn[:len(arn)-1] + "!", strings.Replace(arn, "000000000000", "111111111111", 1)} {
		refused(t, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")(e.GetSecretValue(t.Context(), &sm.GetSecretValueInput{SecretId: &id}))
	}
	refused(t, "ResourceExistsException", "The operation failed because the secret prod/db already exists.")(
		e.CreateSecret(t.Context(), &sm.CreateSecretInput{Name: new("prod/db"), SecretString: new("x"), ClientRequestToken: new(token2)}))
	if again := e.create(t, "prod/db", "hunter2"); *again.ARN != arn {
		t.Fatalf("%+v", again)
	}
}

func TestVersionsAndStages(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id := new("db")
	arn := *e.create(t, "db", "one").ARN
	if out := e.put(t, "db", token2, "two"); strings.Join(out.VersionStages, " ") != "AWSCURRENT" {
		t.Fatalf("%+v", out)
	}
	e.put(t, "db", token2, "two")
	refused(t, "ResourceExistsException", "You can't use ClientRequestToken "+token2+" because that value is already in use for a version of secret "+arn+".")(
		e.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: id, ClientRequestToken: new(token2), SecretString: new("three")}))
	e.put(t, "db", token3, "three", "AWSPENDING")
	for stage, want := range map[string]string{"AWSCURRENT": "two", "AWSPREVIOUS": "one", "AWSPENDING": "three"} {
		if got := e.value(t, &sm.GetSecretValueInput{SecretId: id, VersionStage: &stage}); got != want {
			t.Errorf("%s is %s", stage, got)
		}
	}
	refused(t, "InvalidParameterException", "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "+token2+
		", so you must explicitly reference that version in RemoveFromVersionId.")(
		e.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{SecretId: id, VersionStage: new("AWSCURRENT"), MoveToVersionId: new(token3)}))
	ok[*sm.UpdateSecretVersionStageOutput](t)(e.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{
		SecretId: id, VersionStage: new("AWSCURRENT"), MoveToVersionId: new(token3), RemoveFromVersionId: new(token2)}))
	got := ok[*sm.DescribeSecretOutput](t)(e.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: id})).VersionIdsToStages
	if len(got) != 2 || strings.Join(got[token3], " ") != "AWSPENDING AWSCURRENT" || strings.Join(got[token2], " ") != "AWSPREVIOUS" {
		t.Fatalf("%v", got)
	}
	list := ok[*sm.ListSecretVersionIdsOutput](t)(e.ListSecretVersionIds(ctx, &sm.ListSecretVersionIdsInput{SecretId: id, IncludeDeprecated: new(true)}))
	if len(list.Versions) != 3 || list.Versions[0].VersionStages != nil {
		t.Fatalf("%+v", list.Versions)
	}
	refused(t, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: X")(
		e.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: id, VersionStage: new("X")}))
	refused(t, "InvalidRequestException", "You provided a VersionStage that is not associated to the provided VersionId.")(
		e.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: id, VersionId: new(token1), VersionStage: new("AWSCURRENT")}))
}

func TestOldVersionsMakeRoom(t *testing.T) {
	e := serve(t)
	e.create(t, "db", "one")
	big := strings.Repeat("x", 65536)
	for i := range 20 {
		e.put(t, "db", token2[:35]+string(rune('a'+i)), big)
	}
	if got := e.value(t, &sm.GetSecretValueInput{SecretId: new("db")}); got != big {
		t.Fatal(len(got))
	}
}

func TestUpdateAndBinary(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id := new("db")
	e.create(t, "db", "one")
	blob := []byte{0, 1, 255}
	ok[*sm.UpdateSecretOutput](t)(e.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: id, Description: new("the base"), SecretBinary: blob, ClientRequestToken: new(token2)}))
	out := ok[*sm.GetSecretValueOutput](t)(e.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: id}))
	if !bytes.Equal(out.SecretBinary, blob) || out.SecretString != nil {
		t.Fatalf("%+v", out)
	}
	if d := ok[*sm.DescribeSecretOutput](t)(e.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: id})); *d.Description != "the base" || d.LastAccessedDate == nil {
		t.Fatalf("%+v", d)
	}
	refused(t, "InvalidParameterException", "You can't specify both a binary secret value and a string secret value in the same secret.")(
		e.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: id, SecretString: new("x"), SecretBinary: blob}))
	refused(t, "InvalidRequestException", "You must provide either SecretString or SecretBinary.")(e.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: id}))
	_, err := e.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: id, KmsKeyId: new("alias/none")})
	if err == nil || !strings.Contains(err.Error(), "EncryptionFailure") {
		t.Fatal(err)
	}
	_, err = e.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: id, SecretString: new(strings.Repeat("hunter2", 10000))})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Fatal(err)
	}
}

func TestDeletion(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id := new("db")
	e.create(t, "db", "one")
	refused(t, "InvalidParameterException", "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")(
		e.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: id, RecoveryWindowInDays: new(int64(6))}))
	refused(t, "InvalidParameterException", "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")(
		e.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: id, RecoveryWindowInDays: new(int64(7)), ForceDeleteWithoutRecovery: new(true)}))
	out := ok[*sm.DeleteSecretOutput](t)(e.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: id, RecoveryWindowInDays: new(int64(7))}))
	if !out.DeletionDate.Equal(begin.Add(7 * 24 * time.Hour)) {
		t.Fatalf("%+v", out)
	}
	gone := "You can't perform this operation on the secret because it was marked for deletion."
	refused(t, "InvalidRequestException", gone)(e.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: id}))
	refused(t, "InvalidRequestException", gone)(e.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: id}))
	refused(t, "InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.")(
		e.CreateSecret(ctx, &sm.CreateSecretInput{Name: id, SecretString: new("x")}))
	if l := ok[*sm.ListSecretsOutput](t)(e.ListSecrets(ctx, &sm.ListSecretsInput{})); len(l.SecretList) != 0 {
		t.Fatalf("%+v", l)
	}
	if l := ok[*sm.ListSecretsOutput](t)(e.ListSecrets(ctx, &sm.ListSecretsInput{IncludePlannedDeletion: new(true)})); len(l.SecretList) != 1 {
		t.Fatalf("%+v", l)
	}
	ok[*sm.RestoreSecretOutput](t)(e.RestoreSecret(ctx, &sm.RestoreSecretInput{SecretId: id}))
	if got := e.value(t, &sm.GetSecretValueInput{SecretId: id}); got != "one" {
		t.Fatal(got)
	}
	for range 2 { // what is gone can be forced again
		ok[*sm.DeleteSecretOutput](t)(e.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: id, ForceDeleteWithoutRecovery: new(true)}))
	}
	e.create(t, "db", "again")
}

func TestLists(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	for _, name := range []string{"a/1", "a/2", "b/1"} {
		e.advance(time.Second)
		ok[*sm.CreateSecretOutput](t)(e.CreateSecret(ctx, &sm.CreateSecretInput{Name: &name, SecretString: &name, Description: new("The Value of " + name),
			Tags: []types.Tag{{Key: new("team"), Value: new("x" + name)}}}))
	}
	names := func(in *sm.ListSecretsInput) string {
		var all []string
		in.MaxResults = new(int32(1))
		for p := sm.NewListSecretsPaginator(e.Client, in); p.HasMorePages(); {
			for _, s := range ok[*sm.ListSecretsOutput](t)(p.NextPage(ctx)).SecretList {
				all = append(all, *s.Name)
			}
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct {
		key    types.FilterNameStringType
		values []string
		want   string
	}{{"name", []string{"a/"}, "a/1 a/2"}, {"name", []string{"!a/"}, "b/1"}, {"description", []string{"value 2"}, "a/2"}, {"tag-key", []string{"te"}, "a/1 a/2 b/1"},
		{"tag-value", []string{"xb", "xa/1"}, "a/1 b/1"}, {"all", []string{"TEAM B"}, "b/1"}, {"owning-service", []string{"x"}, ""}} {
		if got := names(&sm.ListSecretsInput{Filters: []types.Filter{{Key: c.key, Values: c.values}}}); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.key, c.values, got, c.want)
		}
	}
	if got := names(&sm.ListSecretsInput{SortOrder: types.SortOrderTypeDesc, SortBy: types.SortByTypeName}); got != "b/1 a/2 a/1" {
		t.Fatal(got)
	}
	refused(t, "InvalidNextTokenException", "The NextToken value is invalid.")(e.ListSecrets(ctx, &sm.ListSecretsInput{NextToken: new("x")}))
	batch := ok[*sm.BatchGetSecretValueOutput](t)(e.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{SecretIdList: []string{"a/1", "none", "b/1"}}))
	if len(batch.SecretValues) != 2 || len(batch.Errors) != 1 || *batch.Errors[0].ErrorCode != "ResourceNotFoundException" || *batch.SecretValues[1].SecretString != "b/1" {
		t.Fatalf("%+v", batch)
	}
	batch = ok[*sm.BatchGetSecretValueOutput](t)(e.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{Filters: []types.Filter{{Key: "name", Values: []string{"a"}}}, MaxResults: new(int32(1))}))
	if len(batch.SecretValues) != 1 || batch.NextToken == nil {
		t.Fatalf("%+v", batch)
	}
}

func TestPasswords(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	for range 50 {
		p := *ok[*sm.GetRandomPasswordOutput](t)(e.GetRandomPassword(ctx, &sm.GetRandomPasswordInput{PasswordLength: new(int64(4)), IncludeSpace: new(true)})).RandomPassword
		for _, kind := range []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"} {
			if len(p) != 4 || !strings.ContainsAny(p, kind) {
				t.Fatalf("%q lacks one of %q", p, kind)
			}
		}
	}
	p := *ok[*sm.GetRandomPasswordOutput](t)(e.GetRandomPassword(ctx, &sm.GetRandomPasswordInput{ExcludePunctuation: new(true), ExcludeUppercase: new(true), ExcludeNumbers: new(true), ExcludeCharacters: new("abc")})).RandomPassword
	if len(p) != 32 || strings.Trim(p, "defghijklmnopqrstuvwxyz") != "" {
		t.Fatal(p)
	}
	refused(t, "InvalidParameterException", "The password length must be at least 4 to include each character type.")(
		e.GetRandomPassword(ctx, &sm.GetRandomPasswordInput{PasswordLength: new(int64(3))}))
}

func TestPoliciesTagsRotationAndReplicas(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	id := new("db")
	e.create(t, "db", "one")
	open := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}}`
	_, err := e.PutResourcePolicy(ctx, &sm.PutResourcePolicyInput{SecretId: id, ResourcePolicy: &open, BlockPublicPolicy: new(true)})
	if err == nil || !strings.Contains(err.Error(), "PublicPolicyException") {
		t.Fatal(err)
	}
	if out := ok[*sm.ValidateResourcePolicyOutput](t)(e.ValidateResourcePolicy(ctx, &sm.ValidateResourcePolicyInput{ResourcePolicy: &open})); out.PolicyValidationPassed || len(out.ValidationErrors) != 1 {
		t.Fatalf("%+v", out)
	}
	ok[*sm.PutResourcePolicyOutput](t)(e.PutResourcePolicy(ctx, &sm.PutResourcePolicyInput{SecretId: id, ResourcePolicy: &open}))
	if out := ok[*sm.GetResourcePolicyOutput](t)(e.GetResourcePolicy(ctx, &sm.GetResourcePolicyInput{SecretId: id})); *out.ResourcePolicy != open {
		t.Fatalf("%+v", out)
	}
	ok[*sm.DeleteResourcePolicyOutput](t)(e.DeleteResourcePolicy(ctx, &sm.DeleteResourcePolicyInput{SecretId: id}))
	if out := ok[*sm.GetResourcePolicyOutput](t)(e.GetResourcePolicy(ctx, &sm.GetResourcePolicyInput{SecretId: id})); out.ResourcePolicy != nil {
		t.Fatalf("%+v", out)
	}
	ok[*sm.TagResourceOutput](t)(e.TagResource(ctx, &sm.TagResourceInput{SecretId: id, Tags: []types.Tag{{Key: new("a"), Value: new("b")}}}))
	ok[*sm.UntagResourceOutput](t)(e.UntagResource(ctx, &sm.UntagResourceInput{SecretId: id, TagKeys: []string{"a"}}))
	refused(t, "ValidationException", "1 validation error detected: Value '' at 'tagKeys.1.member' failed to satisfy constraint: Member must have length greater than or equal to 1")(
		e.UntagResource(ctx, &sm.UntagResourceInput{SecretId: id, TagKeys: []string{""}}))
	refused(t, "InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")(e.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: id}))
	ok[*sm.CancelRotateSecretOutput](t)(e.CancelRotateSecret(ctx, &sm.CancelRotateSecretInput{SecretId: id}))
	refused(t, "InvalidRequestException", "The secret is not a replica.")(e.StopReplicationToReplica(ctx, &sm.StopReplicationToReplicaInput{SecretId: id}))
	refused(t, "InvalidParameterException", "Replication to other regions is not supported by Roadstead: there is one region.")(
		e.ReplicateSecretToRegions(ctx, &sm.ReplicateSecretToRegionsInput{SecretId: id, AddReplicaRegions: []types.ReplicaRegionType{{Region: new("eu-west-1")}}}))
}

// TestWordsOfNames wants names to be found by their words, of which a capital
// begins one, and filters that lack a part to be refused.
func TestWordsOfNames(t *testing.T) {
	e := serve(t)
	for _, name := range []string{"prod/AppBeta/1", "uat/COMPANY/1", "uat/COMPANYthings/1"} {
		ok[*sm.CreateSecretOutput](t)(e.CreateSecret(t.Context(), &sm.CreateSecretInput{Name: &name, SecretString: new("s")}))
	}
	for value, want := range map[string]string{"AppBeta": "prod/AppBeta/1", "Beta": "prod/AppBeta/1", "company": "uat/COMPANY/1", "Ythings": "uat/COMPANYthings/1", "things": "", "+": ""} {
		var names []string
		for _, s := range ok[*sm.ListSecretsOutput](t)(e.ListSecrets(t.Context(), &sm.ListSecretsInput{
			Filters: []types.Filter{{Key: types.FilterNameStringTypeAll, Values: []string{value}}}})).SecretList {
			names = append(names, *s.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
	refused(t, "InvalidParameterException", "Invalid filter key")(e.ListSecrets(t.Context(), &sm.ListSecretsInput{Filters: []types.Filter{{Values: []string{"x"}}}}))
	refused(t, "InvalidParameterException", "Invalid filter values for key: description")(
		e.ListSecrets(t.Context(), &sm.ListSecretsInput{Filters: []types.Filter{{Key: types.FilterNameStringTypeDescription}}}))
}

// TestWhatAnswersLeaveOut wants what AWS was seen to leave out: tags of secrets
// that never had any, versions where there are none, when a version was read
// that nobody read, and AWSPENDING on what was current.
func TestWhatAnswersLeaveOut(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	name := new("s")
	ok[*sm.CreateSecretOutput](t)(e.CreateSecret(ctx, &sm.CreateSecretInput{Name: name}))
	describe := func() *sm.DescribeSecretOutput {
		return ok[*sm.DescribeSecretOutput](t)(e.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: name}))
	}
	if d := describe(); d.Tags != nil || d.VersionIdsToStages != nil {
		t.Errorf("%+v", d)
	}
	ok[*sm.TagResourceOutput](t)(e.TagResource(ctx, &sm.TagResourceInput{SecretId: name, Tags: []types.Tag{{Key: new("a"), Value: new("b")}}}))
	ok[*sm.UntagResourceOutput](t)(e.UntagResource(ctx, &sm.UntagResourceInput{SecretId: name, TagKeys: []string{"a"}}))
	if d := describe(); d.Tags == nil || len(d.Tags) != 0 {
		t.Errorf("%+v", d)
	}
	e.put(t, "s", token1, "one", "AWSCURRENT", "AWSPENDING")
	e.value(t, &sm.GetSecretValueInput{SecretId: name})
	e.put(t, "s", token2, "two")
	for _, v := range ok[*sm.ListSecretVersionIdsOutput](t)(e.ListSecretVersionIds(ctx, &sm.ListSecretVersionIdsInput{SecretId: name})).Versions {
		stages, read := "AWSPREVIOUS", true
		if *v.VersionId == token2 {
			stages, read = "AWSCURRENT", false
		}
		if strings.Join(v.VersionStages, " ") != stages || (v.LastAccessedDate != nil) != read {
			t.Errorf("%s: %v, read %v", *v.VersionId, v.VersionStages, v.LastAccessedDate)
		}
	}
	refused(t, "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")(
		e.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: new("no name")}))
}
