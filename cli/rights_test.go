package cli

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/model"
)

const readAll = `{"Effect":"Allow","Action":["ssm:*","secretsmanager:*","sts:*"],"Resource":"*"}`

// TestSecretsTakeTheRightToTheirKey reads what is sealed under a customer's
// key with all rights but that to the key, and with it by each of the ways
// that there are.
func TestSecretsTakeTheRightToTheirKey(t *testing.T) {
	w := serveWorld(t)
	ctx, root := t.Context(), w.root()
	reader := w.user(root, "reader", readAll)
	key, err := kms.NewFromConfig(root).CreateKey(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	id, arn := key.KeyMetadata.KeyId, *key.KeyMetadata.Arn
	for _, name := range []string{"/app/password", "/app/other"} {
		if _, err := ssm.NewFromConfig(root).PutParameter(ctx, &ssm.PutParameterInput{Name: &name, Value: aws.String("v"), Type: ssmtypes.ParameterTypeSecureString, KeyId: id}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ssm.NewFromConfig(root).PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/plain/own"), Value: aws.String("v"), Type: ssmtypes.ParameterTypeSecureString}); err != nil {
		t.Fatal(err)
	}
	if _, err := secretsmanager.NewFromConfig(root).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("sealed"), SecretString: aws.String("v"), KmsKeyId: id}); err != nil {
		t.Fatal(err)
	}
	params, secrets := ssm.NewFromConfig(reader), secretsmanager.NewFromConfig(reader)
	read := map[string]func() error{
		"GetParameter": func() error {
			_, err := params.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/password"), WithDecryption: aws.Bool(true)})
			return err
		},
		"GetParameters": func() error {
			_, err := params.GetParameters(ctx, &ssm.GetParametersInput{Names: []string{"/app/password"}, WithDecryption: aws.Bool(true)})
			return err
		},
		"GetParametersByPath": func() error {
			_, err := params.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: aws.String("/app"), WithDecryption: aws.Bool(true)})
			return err
		},
		"GetParameterHistory": func() error {
			_, err := params.GetParameterHistory(ctx, &ssm.GetParameterHistoryInput{Name: aws.String("/app/password"), WithDecryption: aws.Bool(true)})
			return err
		},
		"GetSecretValue": func() error {
			_, err := secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("sealed")})
			return err
		},
	}
	all := func(what string, want string) {
		t.Helper()
		for name, call := range read {
			if err := call(); code(err) != want {
				t.Errorf("%s: %s: %v, want %q", what, name, err, want)
			} else if want != "" && !strings.Contains(err.Error(), "kms:Decrypt on resource: "+arn) {
				t.Errorf("%s: %s: %v", what, name, err)
			}
		}
	}
	all("no right to the key", "AccessDeniedException")
	if _, err := params.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/password")}); err != nil {
		t.Errorf("without decryption: %v", err)
	}
	if _, err := params.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/plain/own"), WithDecryption: aws.Bool(true)}); err != nil {
		t.Errorf("under the service's own key: %v", err)
	}
	if _, err := params.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/app/mine"), Value: aws.String("v"), Type: ssmtypes.ParameterTypeSecureString, KeyId: id}); code(err) != "AccessDeniedException" || !strings.Contains(err.Error(), "kms:Encrypt") {
		t.Errorf("sealing under the key: %v", err)
	}
	if _, err := secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("mine"), SecretString: aws.String("v"), KmsKeyId: id}); code(err) != "AccessDeniedException" || !strings.Contains(err.Error(), "kms:GenerateDataKey") {
		t.Errorf("a secret under the key: %v", err)
	}

	// By a policy of the user that says through which services, for which
	// parameter: AWS's examples.
	policy := func(statement string) {
		t.Helper()
		if _, err := iam.NewFromConfig(root).PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("reader"), PolicyName: aws.String("key"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)}); err != nil {
			t.Fatal(err)
		}
	}
	policy(`{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + arn + `","Condition":{"StringEquals":{"kms:ViaService":["ssm.us-east-1.amazonaws.com","secretsmanager.us-east-1.amazonaws.com"]}}}`)
	all("the key through the services", "")
	policy(`{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + arn + `","Condition":{"StringEquals":{"kms:EncryptionContext:PARAMETER_ARN":"arn:aws:ssm:us-east-1:000000000000:parameter/app/password"}}}`)
	if err := read["GetParameter"](); err != nil {
		t.Errorf("the parameter whose context the policy names: %v", err)
	}
	if _, err := params.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/other"), WithDecryption: aws.Bool(true)}); code(err) != "AccessDeniedException" {
		t.Errorf("another parameter: %v", err)
	}
	policy(`{"Effect":"Deny","Action":"kms:*","Resource":"*"},{"Effect":"Allow","Action":"kms:*","Resource":"*"}`)
	all("denied", "AccessDeniedException")

	// By a grant, and by the key's own policy.
	policy(`{"Effect":"Allow","Action":"ssm:GetParameter","Resource":"*"}`)
	grant, err := kms.NewFromConfig(root).CreateGrant(ctx, &kms.CreateGrantInput{KeyId: id, GranteePrincipal: aws.String("arn:aws:iam::000000000000:user/reader"), Operations: []kmstypes.GrantOperation{kmstypes.GrantOperationDecrypt}})
	if err != nil {
		t.Fatal(err)
	}
	all("a grant", "")
	if _, err := kms.NewFromConfig(root).RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: id, GrantId: grant.GrantId}); err != nil {
		t.Fatal(err)
	}
	all("a grant that was revoked", "AccessDeniedException")
	own := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":["kms:PutKeyPolicy","kms:Describe*","kms:Get*"],"Resource":"*"},` +
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/reader"},"Action":"kms:Decrypt","Resource":"*"}]}`
	if _, err := kms.NewFromConfig(root).PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: id, Policy: &own}); err != nil {
		t.Fatal(err)
	}
	all("the key's policy", "")
	if _, err := ssm.NewFromConfig(root).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/password"), WithDecryption: aws.Bool(true)}); code(err) != "AccessDeniedException" {
		t.Errorf("the root, whom the key's policy leaves out: %v", err)
	}
}

// TestUsesOfKeysAndTheReport: the report says of each user's keys what
// GetAccessKeyLastUsed says.
func TestUsesOfKeysAndTheReport(t *testing.T) {
	w := serveWorld(t)
	ctx, root := t.Context(), iam.NewFromConfig(w.root())
	ann := w.user(w.root(), "ann", `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	key, err := ann.Credentials.Retrieve(ctx)
	if err != nil {
		t.Fatal(err)
	}
	unused, err := root.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key.AccessKeyID})
	if err != nil || unused.AccessKeyLastUsed.LastUsedDate != nil || *unused.AccessKeyLastUsed.ServiceName != "N/A" {
		t.Fatalf("%+v %v", unused, err)
	}
	if _, err := ecs.NewFromConfig(ann).ListClusters(ctx, nil); err != nil {
		t.Fatal(err)
	}
	used, err := root.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key.AccessKeyID})
	if err != nil || used.AccessKeyLastUsed.LastUsedDate == nil || *used.AccessKeyLastUsed.ServiceName != "ecs" || *used.AccessKeyLastUsed.Region != "us-east-1" || *used.UserName != "ann" {
		t.Fatalf("%+v %v", used, err)
	}
	if _, err := root.GetCredentialReport(ctx, nil); code(err) != "ReportNotPresent" {
		t.Errorf("a report that nobody asked for: %v", err)
	}
	for _, want := range []string{"STARTED", "COMPLETE"} {
		if out, err := root.GenerateCredentialReport(ctx, nil); err != nil || string(out.State) != want {
			t.Errorf("%+v %v, want %s", out, err, want)
		}
	}
	report, err := root.GetCredentialReport(ctx, nil)
	if err != nil || report.ReportFormat != "text/csv" || time.Since(*report.GeneratedTime) > time.Minute {
		t.Fatalf("%+v %v", report, err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(report.Content))).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[0]) != 22 {
		t.Fatalf("%v %v", rows, err)
	}
	column := func(row int, name string) string {
		for i, n := range rows[0] {
			if n == name {
				return rows[row][i]
			}
		}
		return "no column " + name
	}
	for _, want := range [][3]string{{"user", "<root_account>", "ann"}, {"arn", "arn:aws:iam::000000000000:root", "arn:aws:iam::000000000000:user/ann"},
		{"password_enabled", "not_supported", "false"}, {"access_key_1_active", "true", "true"}, {"access_key_1_last_used_service", "iam", "ecs"},
		{"access_key_1_last_used_region", "us-east-1", "us-east-1"}, {"access_key_2_active", "false", "false"}, {"cert_1_active", "false", "false"}} {
		if column(1, want[0]) != want[1] || column(2, want[0]) != want[2] {
			t.Errorf("%s is %q and %q, want %q and %q", want[0], column(1, want[0]), column(2, want[0]), want[1], want[2])
		}
	}
}

// TestTaskRolesHaveTheirIDs: a task is known by the id that IAM gave its role.
func TestTaskRolesHaveTheirIDs(t *testing.T) {
	w := serveWorld(t)
	role, err := iam.NewFromConfig(w.root()).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("web"), Path: aws.String("/apps/"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	sessions := taskSessions{w.keys, func() keyring.Nouns { return w.db.View() }}
	task := &model.Task{Account: account, Cluster: "default", ID: "0123456789abcdef0123456789abcdef"}
	for arn, want := range map[string]string{*role.Role.Arn: *role.Role.RoleId, "arn:aws:iam::000000000000:role/web": roleID("arn:aws:iam::000000000000:role/web")} {
		c, err := sessions.TaskCredentials(task, region, arn, caller.TaskRole, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.keys.Sessions().Open(c.SessionToken, c.AccessKeyID, time.Now())
		if err != nil || s.Identity.UserID != want+":"+task.ID {
			t.Errorf("the task of %s is %s (%v), want the role's id %s", arn, s.Identity.UserID, err, want)
		}
	}
}
