package ssm_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/store/seal"
	"github.com/roadstead/roadstead/wire"

	apikms "github.com/roadstead/roadstead/api/kms"
	apisecrets "github.com/roadstead/roadstead/api/secretsmanager"
	apissm "github.com/roadstead/roadstead/api/ssm"
)

// TestCanaries puts 1,000 secrets through the three services, and finds none
// of them in what the store wrote, in the log, nor in an answer that should
// not have it.
func TestCanaries(t *testing.T) {
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	var logged, stored bytes.Buffer
	db.OnCommit(func(v store.View, keys []model.Key) {
		for _, k := range keys {
			if n, ok := v.Lookup(k); ok {
				fmt.Fprintf(&stored, "%s %+v %s\n", k, n, n)
			}
		}
	})
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	keys := apikms.New(db, sealer, apikms.Options{Logger: log})
	router := wire.NewRouter(wire.Options{Logger: log, Authenticate: func(r *http.Request, _ []byte) (context.Context, error) {
		return caller.With(r.Context(), caller.NewRoot(account, "AKIATEST")), nil
	}}, keys.Service(), apisecrets.New(db, keys, apisecrets.Options{Logger: log}), apissm.New(db, keys, apissm.Options{Logger: log}))
	call := func(target, body string) string {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		answer, _ := io.ReadAll(w.Body)
		return string(answer)
	}
	id := between(call("TrentService.CreateKey", `{}`), `"KeyId":"`)
	var canaries []string
	var answers strings.Builder
	quiet := func(target, format string, args ...any) {
		answers.WriteString(call(target, fmt.Sprintf(format, args...)) + "\n")
	}
	for i := range 334 {
		a, b, c := fmt.Sprintf("canary-a-%04d-hush", i), fmt.Sprintf("canary-b-%04d-hush", i), fmt.Sprintf("canary-c-%04d-hush", i)
		canaries = append(canaries, a, b, c)
		blob := base64.StdEncoding.EncodeToString([]byte(a))
		quiet("TrentService.Encrypt", `{"KeyId":%q,"Plaintext":%q}`, id, blob)
		quiet("TrentService.Encrypt", `{"KeyId":"none","Plaintext":%q}`, blob)
		quiet("secretsmanager.CreateSecret", `{"Name":"s%d","SecretString":%q,"ClientRequestToken":"11111111-1111-4111-8111-111111111111"}`, i, b)
		quiet("secretsmanager.PutSecretValue", `{"SecretId":"s%d","SecretBinary":%q,"SecretString":%q}`, i, blob, b)
		quiet("secretsmanager.PutSecretValue", `{"SecretId":"s%d","SecretString":%q}`, i, strings.Repeat(b, 9000))
		quiet("secretsmanager.DescribeSecret", `{"SecretId":"s%d"}`, i)
		quiet("AmazonSSM.PutParameter", `{"Name":"/p/%d","Type":"SecureString","Value":%q}`, i, c)
		quiet("AmazonSSM.PutParameter", `{"Name":"/p/%d","Type":"SecureString","Value":%q,"AllowedPattern":"[0-9]"}`, i, c)
		quiet("AmazonSSM.PutParameter", `{"Name":"/p/%d","Type":"SecureString","Overwrite":true,"Value":%q}`, i, strings.Repeat(c, 500))
		quiet("AmazonSSM.GetParameter", `{"Name":"/p/%d"}`, i)
		if i%100 == 0 { // those who may have it, have it
			if got := call("secretsmanager.GetSecretValue", fmt.Sprintf(`{"SecretId":"s%d"}`, i)); !strings.Contains(got, b) {
				t.Fatal(got)
			}
			if got := call("AmazonSSM.GetParameter", fmt.Sprintf(`{"Name":"/p/%d","WithDecryption":true}`, i)); !strings.Contains(got, c) {
				t.Fatal(got)
			}
		}
	}
	quiet("AmazonSSM.DescribeParameters", `{}`)
	quiet("secretsmanager.ListSecrets", `{}`)
	for name, text := range map[string]string{"the store": stored.String(), "the log": logged.String(), "an answer": answers.String()} {
		for _, canary := range append(canaries, "hush") {
			for _, form := range []string{canary, base64.StdEncoding.EncodeToString([]byte(canary)), fmt.Sprint([]byte(canary))} {
				if i := strings.Index(text, strings.Trim(form, "[]=")); i >= 0 {
					t.Fatalf("%s has %s: %.200s", name, canary, text[max(0, i-100):])
				}
			}
		}
	}
	if stored.Len() < 100_000 {
		t.Fatalf("only %d bytes were looked at", stored.Len())
	}
}

// between returns what stands behind a mark and before the next quote.
func between(text, mark string) string {
	_, rest, _ := strings.Cut(text, mark)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
