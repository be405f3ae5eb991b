package ecs_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go/middleware"

	ecsapi "github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

func client(h wiretest.HTTPClient) any {
	return ecs.New(ecs.Options{Region: region, HTTPClient: h, Credentials: wiretest.Credentials(), RetryMaxAttempts: 1,
		APIOptions: []func(*middleware.Stack) error{wiretest.Unvalidated}})
}

func service(t *testing.T) *wire.Service {
	l := newLab(t)
	return ecsapi.New(l.db, ecsapi.Options{})
}

func TestEveryOperationRoundTrips(t *testing.T) {
	wiretest.RoundTrip(t, service(t), client, 2)
}

// TestNothingIsMissing wants every operation that AWS has to be served.
func TestNothingIsMissing(t *testing.T) {
	s := service(t)
	for _, name := range s.Known {
		if !slices.ContainsFunc(s.Operations, func(o wire.Operation) bool { return o.Name == name }) {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestRequiredMembersAreAsked calls every operation with an empty input: it
// must not crash, and where the SDK would demand members it must be refused.
func TestRequiredMembersAreAsked(t *testing.T) {
	l := newLab(t)
	l.cluster("default")
	bare := ecs.New(ecs.Options{Region: region, BaseEndpoint: &l.url, RetryMaxAttempts: 1, Credentials: l.Options().Credentials,
		APIOptions: []func(*middleware.Stack) error{wiretest.Unvalidated}})
	s := ecsapi.New(l.db, ecsapi.Options{})
	for _, m := range wiretest.Methods(bare) {
		if !slices.ContainsFunc(s.Operations, func(o wire.Operation) bool { return o.Name == m.Name }) {
			continue
		}
		empty := reflect.New(m.Input).Interface()
		required, err := wiretest.Required(l.Client, m.Name, empty)
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Call(t.Context(), bare, empty)
		if err != nil && strings.Contains(err.Error(), "InternalFailure") {
			t.Errorf("%s: %v", m.Name, err)
		}
		if len(required) > 0 && err == nil {
			t.Errorf("%s accepts an input without %v", m.Name, required)
		}
	}
}
