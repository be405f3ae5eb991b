package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/store/seal"
)

// hush is in every canary.
const hush = "hush-hush-0123456789"

// forms are how a text looks in the clear, in hexadecimal, and in base 64
// wherever it begins.
func forms(text string) (all [][]byte) {
	all = append(all, []byte(text), []byte(hex.EncodeToString([]byte(text))))
	for offset := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + text))
		all = append(all, []byte(strings.TrimRight(encoded[4*min(1, offset):len(encoded)-4], "=")))
	}
	return all
}

// safely collects what a server logs.
type safely struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *safely) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *safely) Bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.text.Bytes())
}

// TestCanariesAreNowhere puts 1,002 secrets through a whole control plane, in
// requests that are carried out, denied, wrong, and not even signed, and makes
// keys and tokens. Then it looks for them in every file of the data directory,
// in the log, and in whatever any operation describes or lists.
func TestCanariesAreNowhere(t *testing.T) {
	logged := &safely{}
	w := serveWorld(t, func(o *planeOptions) {
		o.log = slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	ctx, root := t.Context(), w.root()
	stranger := w.user(root, "stranger", "")
	made := w.issueSecrets(root)
	key, err := kms.NewFromConfig(root).CreateKey(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 334 {
		a, b, c := fmt.Sprintf("a%04d-%s", i, hush), fmt.Sprintf("b%04d-%s", i, hush), fmt.Sprintf("c%04d-%s", i, hush)
		name := fmt.Sprintf("/p/%d", i)
		for n, as := range []aws.Config{root, stranger} {
			_, e1 := kms.NewFromConfig(as).Encrypt(ctx, &kms.EncryptInput{KeyId: key.KeyMetadata.KeyId, Plaintext: []byte(a)})
			_, e2 := secretsmanager.NewFromConfig(as).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String(fmt.Sprint("s", i)), SecretString: &b})
			_, e3 := ssm.NewFromConfig(as).PutParameter(ctx, &ssm.PutParameterInput{Name: &name, Value: &c, Type: ssmtypes.ParameterTypeSecureString})
			for _, err := range []error{e1, e2, e3} {
				if (err != nil) != (n == 1) || err != nil && strings.Contains(err.Error(), hush) {
					t.Fatalf("%d %d: %v", i, n, err)
				}
			}
			if i > 10 {
				break
			}
		}
	}
	w.misuse(root)
	for _, text := range w.descriptions() {
		for _, form := range forms(hush) {
			if bytes.Contains([]byte(text), form) {
				t.Errorf("an operation tells %.300s", text)
			}
		}
	}
	w.end()

	needles := forms(hush)
	for _, secret := range made {
		needles = append(needles, []byte(secret))
	}
	look := func(where string, text []byte) {
		for _, n := range needles {
			if at := bytes.Index(text, n); at >= 0 {
				t.Errorf("%s has a secret: %q", where, text[max(0, at-100):min(len(text), at+60)])
			}
		}
	}
	look("the log", logged.Bytes())
	var files, size int
	own := []string{keyring.CredentialsFile, keyring.SessionKeysFile, keyring.AuditKeyFile, seal.KeysetFile}
	err = filepath.WalkDir(string(w.options.dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || slices.Contains(own, d.Name()) {
			return err
		}
		text, err := os.ReadFile(path)
		files, size = files+1, size+len(text)
		look(path, text)
		return err
	})
	if err != nil || files < 5 || size < 500_000 {
		t.Errorf("%d files of %d bytes were looked at: %v", files, size, err)
	}
	t.Logf("%d files of %d bytes and a log of %d bytes", files, size, len(logged.Bytes()))
	// A search that would find nothing proves nothing: the file of the keys has one.
	text, err := os.ReadFile(w.options.dir.join(keyring.CredentialsFile))
	if err != nil || !bytes.Contains(text, []byte(made[0])) {
		t.Errorf("the bootstrap key is not where it must be: %v", err)
	}
}

// issueSecrets has the platform make secrets of its own and returns them, the
// bootstrap key's first.
func (w *world) issueSecrets(root aws.Config) []string {
	w.t.Helper()
	ctx := w.t.Context()
	made := []string{w.keys.Bootstrap().SecretAccessKey}
	if _, err := iam.NewFromConfig(root).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("holder")}); err != nil {
		w.t.Fatal(err)
	}
	key, err := iam.NewFromConfig(root).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("holder")})
	if err != nil {
		w.t.Fatal(err)
	}
	session, err := sts.NewFromConfig(root).GetSessionToken(ctx, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	token, err := ecr.NewFromConfig(root).GetAuthorizationToken(ctx, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	password, err := secretsmanager.NewFromConfig(root).GetRandomPassword(ctx, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_, member := w.account("canary")
	root2, err := member.Credentials.Retrieve(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	own, err := w.join(w.t.TempDir(), strings.TrimSpace(w.roadstead("token")))
	if err != nil {
		w.t.Fatal(err)
	}
	current := own.current()
	return append(made, *key.AccessKey.SecretAccessKey, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken,
		*token.AuthorizationData[0].AuthorizationToken, *password.RandomPassword, root2.SecretAccessKey,
		own.token.SecretAccessKey, own.token.SessionToken, own.kept.Proof, current.SecretAccessKey, current.SessionToken)
}

// misuse sends secrets where they do not belong.
func (w *world) misuse(root aws.Config) {
	w.t.Helper()
	ctx := w.t.Context()
	for _, target := range []string{"secretsmanager.CreateSecret", "AmazonSSM.PutParameter", "TrentService.Encrypt", "secretsmanager.NoSuchOperation", "NoSuchService.Operation"} {
		for _, body := range []string{`{"SecretString":"` + hush + `"`, `{"Name":5,"Value":"` + hush + `","Plaintext":"` + hush + `"}`,
			`{"Name":"n","Type":"SecureString","Value":"` + strings.Repeat(hush, 1000) + `"}`, hush} {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/", strings.NewReader(body))
			if err != nil {
				w.t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", target)
			answer, err := http.DefaultClient.Do(r) // not even signed
			if err != nil {
				w.t.Fatal(err)
			}
			answer.Body.Close()
			service, _, _ := strings.Cut(target, ".")
			signing := map[string]string{"AmazonSSM": "ssm", "TrentService": "kms"}[service]
			if signing == "" {
				signing = "secretsmanager"
			}
			if err := callBody(ctx, root, signing, target, []byte(body), nil); err == nil {
				w.t.Errorf("%s takes %.60s", target, body)
			}
		}
	}
	// A task definition that names secrets, and a task that has them as overrides
	// by name only.
	if _, err := ecs.NewFromConfig(root).RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String("f"), ExecutionRoleArn: aws.String("arn:aws:iam::000000000000:role/e"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("c"), Image: aws.String("i"), Memory: aws.Int32(64),
			Secrets: []types.Secret{{Name: aws.String("S"), ValueFrom: aws.String("/p/1")}}}}}); err != nil {
		w.t.Fatal(err)
	}
}

// descriptions are the answers of all operations that describe or list, but
// for those that are there to tell secrets.
func (w *world) descriptions() (all []string) {
	ctx := caller.With(w.t.Context(), caller.NewRoot(account, "AKIA"))
	for _, s := range w.services {
		for i := range s.Operations {
			op := &s.Operations[i]
			if op.IsStream() || !strings.HasPrefix(op.Name, "Describe") && !strings.HasPrefix(op.Name, "List") && !strings.HasPrefix(op.Name, "Get") && op.Name != "LookupEvents" {
				continue
			}
			inputs := []any{reflect.New(op.Input()).Interface()}
			for _, name := range []string{"s1", "/p/1", "/p", "f", "stranger"} {
				whole := stuffed(op.Input(), name, 1)
				inputs = append(inputs, thin(whole, subject).Interface())
			}
			for _, in := range inputs {
				said, err := w.try(ctx, s.Name+":"+op.Name, in)
				if op.Name == "GetSecretValue" && err == nil {
					continue // that is what it is for
				}
				all = append(all, said)
			}
		}
	}
	return all
}
