package ecr_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/smithy-go/middleware"

	api "github.com/roadstead/roadstead/api/ecr"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

const module = "github.com/aws/aws-sdk-go-v2/service/ecr"

func newClient(h wiretest.HTTPClient) any {
	return ecr.New(ecr.Options{Region: "us-east-1", HTTPClient: h, Credentials: wiretest.Credentials(), RetryMaxAttempts: 1,
		APIOptions: []func(*middleware.Stack) error{wiretest.Unvalidated}})
}

func service() *wire.Service { return api.New(nil, nil, nil, nil, api.Options{}).Service() }

func TestRoundTrip(t *testing.T) {
	if n := wiretest.RoundTrip(t, service(), newClient, 2); n < 50 {
		t.Errorf("only %d operations were proved", n)
	}
}

func TestRecordings(t *testing.T) {
	if n := wiretest.RequestSnapshots(t, module, service(), newClient); n < 50 {
		t.Errorf("only %d recorded requests", n)
	}
	if n := wiretest.ResponseSnapshots(t, module, service(), newClient); n < 50 {
		t.Errorf("only %d recorded answers", n)
	}
	if n := wiretest.ErrorSnapshots(t, module, service(), newClient); n < 10 {
		t.Errorf("only %d recorded errors", n)
	}
}

func TestKnownIsTheModel(t *testing.T) {
	known, model := service().Known, wiretest.Names(newClient(nil))
	slices.Sort(known)
	slices.Sort(model)
	wantSame(t, known, model)
}

// TestRequiredMembersAreAskedFor sends every operation an empty request, as
// clients that do not validate can: what is required must be refused.
func TestRequiredMembersAreAskedFor(t *testing.T) {
	w := newWorld(t)
	unchecked := w.ecr.Options()
	unchecked.APIOptions = append(unchecked.APIOptions, wiretest.Unvalidated)
	client, checking := ecr.New(unchecked), ecr.New(w.ecr.Options())
	for _, op := range service().Operations {
		for _, m := range wiretest.Methods(client) {
			if m.Name != op.Name {
				continue
			}
			empty := reflect.New(m.Input).Interface()
			required, err := wiretest.Required(checking, m.Name, empty)
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.Call(t.Context(), client, empty)
			if len(required) > 0 && err == nil {
				t.Errorf("%s took a request without %v", m.Name, required)
			}
		}
	}
}
