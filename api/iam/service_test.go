package iam_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"

	api "github.com/roadstead/roadstead/api/iam"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

func newClient(h wiretest.HTTPClient) any {
	return iam.New(iam.Options{Region: "us-east-1", HTTPClient: h, Credentials: wiretest.Credentials(), RetryMaxAttempts: 1,
		APIOptions: []func(*middleware.Stack) error{wiretest.Unvalidated}})
}

func service() *wire.Service { return api.New(nil, nil, api.Options{}) }

// simulating is the operation whose input is a struct of our own, because the
// SDK's holds a union; TestSimulate calls it with the SDK's client.
const simulating = "SimulatePrincipalPolicy"

// withoutUnion is a client without that operation.
type withoutUnion struct{ *iam.Client }

// SimulatePrincipalPolicy hides the client's.
func (withoutUnion) SimulatePrincipalPolicy() {}

func TestRoundTrip(t *testing.T) {
	s := service()
	s.Operations = slices.DeleteFunc(s.Operations, func(op wire.Operation) bool { return op.Name == simulating })
	s.Known = slices.DeleteFunc(s.Known, func(name string) bool { return name == simulating })
	n := wiretest.RoundTrip(t, s, func(h wiretest.HTTPClient) any { return withoutUnion{newClient(h).(*iam.Client)} }, 2)
	if n < 170 {
		t.Errorf("only %d operations were proved", n)
	}
}

func TestKnownIsTheModel(t *testing.T) {
	if known, model := service().Known, wiretest.Names(newClient(nil)); !slices.Equal(known, model) {
		t.Errorf("Known is %v, the client has %v", known, model)
	}
}

// TestRequiredMembersAreAskedFor sends every operation an empty request, as
// clients that do not validate can: what is required must be refused.
func TestRequiredMembersAreAskedFor(t *testing.T) {
	w := newWorld(t)
	unchecked := w.root.Options()
	unchecked.APIOptions = append(unchecked.APIOptions, wiretest.Unvalidated)
	client, checking := iam.New(unchecked), iam.New(w.root.Options())
	methods := map[string]wiretest.Method{}
	for _, m := range wiretest.Methods(client) {
		methods[m.Name] = m
	}
	for _, op := range service().Operations {
		m := methods[op.Name]
		empty := reflect.New(m.Input).Interface()
		required, err := wiretest.Required(checking, m.Name, empty)
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Call(t.Context(), client, empty)
		if len(required) > 0 {
			wantCode(t, m.Name, err, "ValidationError")
		}
	}
}

func TestEveryOperationSaysWhatItNeeds(t *testing.T) {
	for _, op := range service().Operations {
		if !op.HasPermission() {
			t.Errorf("%s does not", op.Name)
		}
	}
}
