package cli

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// TestASecretOfAnotherAccount takes three yeses: of the secret's policy, of the
// key's, and of the reader's own.
func TestASecretOfAnotherAccount(t *testing.T) {
	w := serveWorld(t)
	ctx, home := t.Context(), w.root()
	b, root := w.account("readers")
	key, err := kms.NewFromConfig(home).CreateKey(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	owner := secretsmanager.NewFromConfig(home)
	sealed, err := owner.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("shared"), SecretString: aws.String("word"), KmsKeyId: key.KeyMetadata.Arn})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := owner.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("own"), SecretString: aws.String("word")})
	if err != nil {
		t.Fatal(err)
	}
	reader := secretsmanager.NewFromConfig(w.user(root, "reader", `{"Effect":"Allow","Action":["secretsmanager:*","kms:*"],"Resource":"*"}`))
	nobody := secretsmanager.NewFromConfig(w.user(root, "nobody", ""))
	get := func(c *secretsmanager.Client, arn *string) string {
		_, err := c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: arn})
		return code(err)
	}
	wants := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	wants("before anybody says yes", get(reader, sealed.ARN), "AccessDeniedException")
	let := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + b + `:root"},"Action":["secretsmanager:GetSecretValue","secretsmanager:DescribeSecret"],"Resource":"*"}]}`
	for _, arn := range []*string{sealed.ARN, plain.ARN} {
		if _, err := owner.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{SecretId: arn, ResourcePolicy: &let}); err != nil {
			t.Fatal(err)
		}
	}
	wants("without the key's yes", get(reader, sealed.ARN), "AccessDeniedException")
	wants("under the service's own key, which is of one account", get(reader, plain.ARN), "AccessDeniedException")
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":"kms:*","Resource":"*"},` +
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + b + `:root"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"` + b + `"}}}]}`
	if _, err := kms.NewFromConfig(home).PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: key.KeyMetadata.KeyId, Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	out, err := reader.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: sealed.ARN})
	if err != nil || *out.SecretString != "word" || *out.ARN != *sealed.ARN {
		t.Errorf("with all three: %+v %v", out, err)
	}
	if _, err := reader.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: sealed.ARN}); err != nil {
		t.Errorf("DescribeSecret: %v", err)
	}
	wants("without its own yes", get(nobody, sealed.ARN), "AccessDeniedException")
	wants("by its name, which is of its own account", get(reader, aws.String("shared")), "ResourceNotFoundException")
	_, err = reader.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: sealed.ARN, SecretString: aws.String("other")})
	wants("writing", code(err), "AccessDeniedException")
	_, err = reader.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: sealed.ARN})
	wants("deleting", code(err), "AccessDeniedException")
	_, err = kms.NewFromConfig(root).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key.KeyMetadata.Arn})
	wants("the key itself", code(err), "AccessDeniedException")
}

// TestAnInstanceIsOfOneAccount: a token of an account makes an instance there,
// which cannot register anywhere else.
func TestAnInstanceIsOfOneAccount(t *testing.T) {
	w := serveWorld(t)
	b, root := w.account("tenant")
	for _, c := range []aws.Config{w.root(), root} {
		if _, err := ecs.NewFromConfig(c).CreateCluster(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	own, err := w.join(t.TempDir(), strings.TrimSpace(w.roadstead("token", "--account", b)))
	if err != nil {
		t.Fatal(err)
	}
	client := ecs.NewFromConfig(clientConfig(w.url, own))
	made, err := client.RegisterContainerInstance(t.Context(), registration())
	if err != nil || accountOf(*made.ContainerInstance.ContainerInstanceArn) != b {
		t.Fatalf("%+v %v", made, err)
	}
	abroad := registration()
	abroad.Cluster = aws.String("arn:aws:ecs:us-east-1:000000000000:cluster/default")
	if _, err := client.RegisterContainerInstance(t.Context(), abroad); err == nil {
		t.Error("it registers in another account's cluster")
	}
	if list, err := ecs.NewFromConfig(w.root()).ListContainerInstances(t.Context(), &ecs.ListContainerInstancesInput{}); err != nil || len(list.ContainerInstanceArns) != 0 {
		t.Errorf("the management account sees %v %v", list, err)
	}
}
