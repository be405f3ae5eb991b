package wire_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/roadstead/roadstead/wire"
)

func TestRecordsAreInCamelCaseWithoutSecrets(t *testing.T) {
	hide := func(owner reflect.Type, member string) bool {
		return owner.Name() == "Credentials" && member == "SecretAccessKey"
	}
	for want, value := range map[string]any{
		`null`: (*ecs.RunTaskInput)(nil),
		`{"containerDefinitions":[{"environment":"HIDDEN_DUE_TO_SECURITY_REASONS","image":"i","name":"web"}],"family":"f","tags":[]}`: &ecs.RegisterTaskDefinitionInput{
			Family: aws.String("f"), Tags: []types.Tag{},
			ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("web"), Image: aws.String("i"),
				Environment: []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("secret")}}}}},
		`{"session":{"sessionId":"s","tokenValue":"HIDDEN_DUE_TO_SECURITY_REASONS"}}`: &ecs.ExecuteCommandOutput{
			Session: &types.Session{SessionId: aws.String("s"), TokenValue: aws.String("secret")}},
		`{"credentials":{"accessKeyId":"ASIA","secretAccessKey":"HIDDEN_DUE_TO_SECURITY_REASONS"}}`: &sts.GetSessionTokenOutput{
			Credentials: &ststypes.Credentials{AccessKeyId: aws.String("ASIA"), SecretAccessKey: aws.String("secret")}},
	} {
		if got := string(wire.Tell(nil, value, hide)); got != want {
			t.Errorf("told %s\nwant %s", got, want)
		}
	}
}

// recorded serves one operation that answers with failure, and returns what was recorded of a request.
func recorded(t *testing.T, o wire.Options, target, body string, failure error) (calls []wire.Call, w *httptest.ResponseRecorder) {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	record := o.Record
	o.Record = func(c wire.Call) error {
		calls = append(calls, c)
		if record != nil {
			return record(c)
		}
		return nil
	}
	router := wire.NewRouter(o, &wire.Service{Name: "ecs", TargetPrefix: "P", Protocols: []wire.Protocol{wire.AWSJSON11}, Operations: []wire.Operation{
		wire.Op("ListClusters", func(context.Context, *ecs.ListClustersInput) (*ecs.ListClustersOutput, error) { return nil, failure })}})
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	w = httptest.NewRecorder()
	router.ServeHTTP(w, r)
	return calls, w
}

func TestEveryRequestIsRecordedOnceBeforeItsAnswer(t *testing.T) {
	refuse := &wire.Error{Code: "Refused", Message: "no"}
	const served = "P.ListClusters"
	for name, c := range map[string]struct {
		options      wire.Options
		target, body string
		failure      error
		code         string
		input        bool
	}{
		"success":       {target: served, body: "{}", input: true},
		"failure":       {target: served, body: "{}", failure: refuse, code: "Refused", input: true},
		"internal":      {target: served, body: "{}", failure: errors.New("ours"), code: "InternalFailure", input: true},
		"malformed":     {target: served, body: "{", code: "SerializationException"},
		"unknown":       {target: "P.Nothing", body: "{}", code: "UnknownOperationException"},
		"not admitted":  {options: wire.Options{Admit: func(*http.Request) error { return refuse }}, target: served, body: "{}", code: "Refused"},
		"throttled":     {options: wire.Options{Throttle: func(context.Context, *wire.Service, *wire.Operation) error { return refuse }}, target: served, body: "{}", code: "Refused"},
		"not known":     {options: wire.Options{Authenticate: func(*http.Request, []byte) (context.Context, error) { return nil, refuse }}, target: served, body: "{}", code: "Refused"},
		"a hook panics": {options: wire.Options{Admit: func(*http.Request) error { panic("ours") }}, target: served, body: "{}", code: "InternalFailure"},
	} {
		calls, w := recorded(t, c.options, c.target, c.body, c.failure)
		if len(calls) != 1 {
			t.Fatalf("%s: %d records", name, len(calls))
		}
		got := calls[0]
		if got.Code != c.code || got.Status != w.Code || (got.Input != nil) != c.input || got.Request == nil || got.RequestID != w.Header().Get("X-Amzn-Requestid") ||
			(got.Message == "") != (c.code == "") || (got.Output != nil) != (name == "success") {
			t.Errorf("%s: recorded %+v of an answer %d %s", name, got, w.Code, w.Body)
		}
	}
}

func TestWithoutItsRecordThereIsNoAnswer(t *testing.T) {
	for _, failure := range []error{nil, &wire.Error{Code: "Refused", Message: "no"}} {
		full := &wire.Error{Code: "ServiceUnavailable", Message: "no record", Status: http.StatusServiceUnavailable}
		calls, w := recorded(t, wire.Options{Record: func(wire.Call) error { return full }}, "P.ListClusters", "{}", failure)
		if len(calls) != 1 || w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "no record") {
			t.Errorf("%d records, answer %d %s", len(calls), w.Code, w.Body)
		}
		calls, w = recorded(t, wire.Options{Record: func(wire.Call) error { panic("ours") }}, "P.ListClusters", "{}", failure)
		if len(calls) != 1 || w.Code != http.StatusInternalServerError {
			t.Errorf("a panic: %d records, answer %d %s", len(calls), w.Code, w.Body)
		}
	}
}
