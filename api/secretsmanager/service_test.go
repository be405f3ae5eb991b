package secretsmanager_test

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	api "github.com/roadstead/roadstead/api/secretsmanager"
	"github.com/roadstead/roadstead/wire/wiretest"
)

func TestTableAgainstModel(t *testing.T) {
	service := api.New(nil, nil, api.Options{})
	if names := wiretest.Names(newClient(nil)); !slices.Equal(names, service.Known) {
		t.Fatalf("known operations differ from the model's: %q", names)
	}
	if n := wiretest.RoundTrip(t, service, newClient, 3); n < len(service.Operations) {
		t.Fatalf("%d operations", n)
	}
}

// TestRequiredMembers asks the SDK what each operation requires, and leaves it
// out: the front door must say so for every one.
func TestRequiredMembers(t *testing.T) {
	e := serve(t)
	client := secretsmanager.New(secretsmanager.Options{Region: "us-east-1", Credentials: wiretest.Credentials()})
	methods := wiretest.Methods(e.Client)
	for _, op := range e.service.Operations {
		i := slices.IndexFunc(methods, func(m wiretest.Method) bool { return m.Name == op.Name })
		input := reflect.New(op.Input()).Interface()
		missing, err := wiretest.Required(client, op.Name, input)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = methods[i].Call(t.Context(), e.Client, input); len(missing) > 0 && err == nil {
			t.Errorf("%s: nothing is said about %q", op.Name, missing)
		}
		for _, path := range missing {
			_, member, _ := strings.Cut(path, ".")
			if want := "at '" + strings.ToLower(member[:1]) + member[1:] + "'"; !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not name %s", op.Name, err, member)
			}
		}
	}
}

func TestAnonymousCallersAreRefused(t *testing.T) {
	e := serve(t)
	for _, op := range e.service.Operations {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "secretsmanager."+op.Name)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Test-Anonymous", "yes")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", op.Name, resp.Status)
		}
	}
}
