package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"filippo.io/age"

	"github.com/roadstead/roadstead/store/seal"
)

// TestAnotherServersKMSHoldsTheRootKey: one Roadstead's keys are wrapped by a
// key of another.
func TestAnotherServersKMSHoldsTheRootKey(t *testing.T) {
	holder := serveWorld(t)
	key, err := kms.NewFromConfig(holder.root()).CreateKey(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	bootstrap := holder.keys.Bootstrap()
	withoutAWS(t)
	t.Setenv("AWS_ACCESS_KEY_ID", bootstrap.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", bootstrap.SecretAccessKey)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1") // the environment of `roadstead env`, which is not meant
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	rootKey := "awskms:" + *key.KeyMetadata.Arn + "@" + holder.url

	w := serveWorld(t, func(o *planeOptions) { o.rootKey = rootKey })
	dir := string(w.options.dir)
	if _, err := secretsmanager.NewFromConfig(w.root()).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("s"), SecretString: aws.String("word")}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, seal.KeysetFile))
	if err != nil || bytes.Contains(text, []byte("AesGcmKey")) || !bytes.Contains(text, []byte(*key.KeyMetadata.Arn)) {
		t.Errorf("the keyset's file: %.200s %v", text, err)
	}
	w.end()
	out, errs, code := run(t, "rootkey", "rotate", "--data-dir", dir, "--root-key", rootKey)
	if code != 0 || !strings.HasPrefix(out, "2 keys") {
		t.Fatalf("rotation: %d %s%s", code, out, errs)
	}
	again := serveWorld(t, func(o *planeOptions) { o.dir, o.rootKey = dataDir(dir), rootKey })
	read, err := secretsmanager.NewFromConfig(again.root()).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")})
	if err != nil || *read.SecretString != "word" {
		t.Fatalf("after the rotation: %v", err)
	}
	again.end()

	refuses := func(what, rootKey, want string) {
		t.Helper()
		_, errs, code := run(t, "server", "--data-dir", dir, "--listen", "127.0.0.1:0", "--root-key", rootKey)
		if code == 0 || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %s, want it to say %q", what, code, errs, want)
		}
	}
	refuses("no key", "", "is wrapped")
	refuses("an age identity", "age:/none", "age identity")
	refuses("a TPM, which did not wrap it", "tpm:/none", "not sealed by a TPM")
	refuses("nonsense", "door-mat", "awskms:ARN")
	refuses("in the clear", "awskms:"+*key.KeyMetadata.Arn+"@http://10.0.0.1", "https")
	refuses("nobody there", "awskms:"+*key.KeyMetadata.Arn+"@http://127.0.0.1:1", "does not start")
	if _, err := kms.NewFromConfig(holder.root()).DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: key.KeyMetadata.KeyId}); err != nil {
		t.Fatal(err)
	}
	refuses("a key that is off", rootKey, "DisabledException")
	if _, err := kms.NewFromConfig(holder.root()).EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: key.KeyMetadata.KeyId}); err != nil {
		t.Fatal(err)
	}

	// From the service to an age identity, and to nothing.
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(file, []byte(identity.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range [][2]string{{rootKey, "age:" + file}, {"age:" + file, ""}, {"", rootKey}} {
		if _, errs, code := run(t, "rootkey", "wrap", "--data-dir", dir, "--root-key", step[0], "--to", step[1]); code != 0 {
			t.Fatalf("from %q to %q: %s", step[0], step[1], errs)
		}
		k, err := parseRootKey(dataDir(dir), step[1])
		if err != nil {
			t.Fatal(err)
		}
		if s, err := k.open(t.Context()); err != nil || s.Keys() < 2 {
			t.Errorf("wrapped by %q: %v", step[1], err)
		}
	}
	holder.end()
	refuses("the holder is gone", rootKey, "does not start")
}

func TestTheRootKeyInAFileOfItsOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	w := serveWorld(t, func(o *planeOptions) { o.rootKey = "file:" + file })
	if !seal.Exists(file) || seal.Exists(w.options.dir.join(seal.KeysetFile)) {
		t.Error("the keys are in the data directory")
	}
	if _, errs, code := run(t, "rootkey", "rotate", "--data-dir", t.TempDir()); code == 0 || !strings.Contains(errs, "is not there") {
		t.Errorf("rotation of nothing: %d %s", code, errs)
	}
}
