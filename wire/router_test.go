package wire_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/wire"
)

// harbour is a router with one JSON and one query service whose operations do what a test wants.
type harbour struct {
	describe func(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error)
	identity func(context.Context, *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error)
	opts     wire.Options
	log      bytes.Buffer
}

func (h *harbour) router() *wire.Router {
	h.opts.RequestID = func() string { return "request-1" }
	h.opts.Logger = slog.New(slog.NewTextHandler(&h.log, nil))
	if h.describe == nil {
		h.describe = func(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
			return &ecs.DescribeTasksOutput{}, nil
		}
	}
	if h.identity == nil {
		h.identity = func(context.Context, *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
			return &sts.GetCallerIdentityOutput{Account: aws.String("000000000000")}, nil
		}
	}
	return wire.NewRouter(h.opts,
		&wire.Service{
			Name: "ecs", TargetPrefix: "ECS", Protocols: []wire.Protocol{wire.AWSJSON11},
			Operations: []wire.Operation{wire.Op("DescribeTasks", h.describe)},
			Known:      []string{"DescribeTasks", "RunTask"},
		},
		&wire.Service{
			Name: "sts", Version: "2011-06-15", XMLNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
			Protocols:  []wire.Protocol{wire.Query},
			Operations: []wire.Operation{wire.Op("GetCallerIdentity", h.identity)},
			Known:      []string{"GetCallerIdentity", "AssumeRole"},
		},
	)
}

// ask sends one request; headers are pairs.
func (h *harbour) ask(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	return askOf(h.router(), method, target, body, headers...)
}

func askOf(router http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	router.ServeHTTP(w, r)
	return w
}

const (
	jsonType = "application/x-amz-json-1.1"
	formType = "application/x-www-form-urlencoded; charset=utf-8"
	scopeOf  = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"
)

func signed(service string) string { return fmt.Sprintf(scopeOf, service) }

func expect(t *testing.T, w *httptest.ResponseRecorder, status int, contentType, body string) {
	t.Helper()
	if w.Code != status || w.Header().Get("Content-Type") != contentType || w.Body.String() != body {
		t.Errorf("got %d %s\n%s\nwant %d %s\n%s", w.Code, w.Header().Get("Content-Type"), w.Body, status, contentType, body)
	}
	if id := w.Header().Get("x-amzn-RequestId"); id != "request-1" {
		t.Errorf("the request id is %q", id)
	}
}

func TestRequestsFindTheirOperation(t *testing.T) {
	identity := `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
		`<Account>000000000000</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>request-1</RequestId>` +
		`</ResponseMetadata></GetCallerIdentityResponse>`
	for name, c := range map[string]struct {
		method, target, body string
		headers              []string
		contentType, want    string
	}{
		"json by target alone":        {"POST", "/", `{}`, []string{"X-Amz-Target", "ECS.DescribeTasks"}, jsonType, `{}`},
		"json by scope and target":    {"POST", "/", `{}`, []string{"X-Amz-Target", "ECS.DescribeTasks", "Authorization", signed("ecs")}, jsonType, `{}`},
		"json of an unknown scope":    {"POST", "/", `{}`, []string{"X-Amz-Target", "ECS.DescribeTasks", "Authorization", signed("elsewhere")}, jsonType, `{}`},
		"json 1.0 to a 1.1 service":   {"POST", "/", `{}`, []string{"X-Amz-Target", "ECS.DescribeTasks", "Content-Type", "application/x-amz-json-1.0"}, jsonType, `{}`},
		"json without a body":         {"POST", "/", ``, []string{"X-Amz-Target", "ECS.DescribeTasks"}, jsonType, `{}`},
		"query by scope":              {"POST", "/", `Action=GetCallerIdentity&Version=2011-06-15`, []string{"Content-Type", formType, "Authorization", signed("sts")}, "text/xml", identity},
		"query unsigned":              {"POST", "/", `Action=GetCallerIdentity&Version=2011-06-15`, []string{"Content-Type", formType}, "text/xml", identity},
		"query unsigned, no version":  {"POST", "/", `Action=GetCallerIdentity`, []string{"Content-Type", formType}, "text/xml", identity},
		"query presigned, by the URL": {"GET", "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=A%2FB%2F20260101%2Fus-east-1%2Fsts%2Faws4_request", "", nil, "text/xml", identity},
	} {
		t.Run(name, func(t *testing.T) {
			var h harbour
			expect(t, h.ask(c.method, c.target, c.body, c.headers...), http.StatusOK, c.contentType, c.want)
		})
	}
}

func TestRequestsThatNameNoOperationAreTold(t *testing.T) {
	queryError := func(code, message string) string {
		return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` + code +
			`</Code><Message>` + message + `</Message></Error><RequestId>request-1</RequestId></ErrorResponse>`
	}
	form := []string{"Content-Type", formType, "Authorization", signed("sts")}
	for name, c := range map[string]struct {
		method, target, body string
		headers              []string
		status               int
		contentType, want    string
	}{
		"unknown operation": {
			"POST", "/", `{}`, []string{"X-Amz-Target", "ECS.Sail"}, 400, jsonType,
			`{"__type":"UnknownOperationException","message":"The requested operation Sail is not known."}`,
		},
		"known and not built": {
			"POST", "/", `{}`, []string{"X-Amz-Target", "ECS.RunTask"}, 400, jsonType,
			`{"__type":"UnknownOperationException","message":"The requested operation RunTask is not supported by Roadstead yet."}`,
		},
		"another service's prefix": {
			"POST", "/", `{}`, []string{"X-Amz-Target", "Other.DescribeTasks", "Authorization", signed("ecs")}, 400, jsonType,
			`{"__type":"UnknownOperationException","message":"The requested operation Other.DescribeTasks is not known."}`,
		},
		"another service's long prefix": {
			"POST", "/", `{}`, []string{"X-Amz-Target", "AWS242ServiceCatalogService.DisassociateServiceActionFromProvisioningArtifact"}, 400, jsonType,
			`{"__type":"UnknownOperationException","message":"The requested operation AWS242ServiceCatalogService.DisassociateServiceActionFromProvisioningArtifact is not known."}`,
		},
		"unknown prefix in json 1.0": {
			"POST", "/", `{}`, []string{"X-Amz-Target", "Other.Sail", "Content-Type", "application/x-amz-json-1.0"}, 400, "application/x-amz-json-1.0",
			`{"__type":"UnknownOperationException","message":"The requested operation Other.Sail is not known."}`,
		},
		"json by PUT": {
			"PUT", "/", `{}`, []string{"X-Amz-Target", "ECS.DescribeTasks"}, 405, jsonType,
			`{"__type":"UnknownOperationException","message":"The operation must be called by POST."}`,
		},
		"a browser": {
			"GET", "/", "", nil, 404, jsonType, `{"__type":"UnknownOperationException","message":"The request names no operation."}`,
		},
		"signed, but names nothing": {
			"POST", "/", "", []string{"Authorization", signed("ecs"), "Content-Type", jsonType}, 400, jsonType,
			`{"__type":"UnknownOperationException","message":"The request names no operation."}`,
		},
		"unknown action": {
			"POST", "/", "Action=Sail", form, 400, "text/xml",
			queryError("InvalidAction", "The action Sail is not valid for this web service."),
		},
		"known action, not built": {
			"POST", "/", "Action=AssumeRole&Version=2011-06-15", form, 400, "text/xml",
			queryError("InvalidAction", "The requested operation AssumeRole is not supported by Roadstead yet."),
		},
		"another version": {
			"POST", "/", "Action=GetCallerIdentity&Version=1999-01-01", form, 400, "text/xml",
			queryError("InvalidAction", "Could not find operation GetCallerIdentity for version 1999-01-01"),
		},
		"no action": {
			"POST", "/", "Version=2011-06-15", form, 400, "text/xml",
			queryError("MissingAction", "The request is missing an action or a required parameter."),
		},
		"bad escape": {
			"POST", "/", "Action=%zz", form, 400, "text/xml",
			queryError("MalformedInput", "a bad escape in the parameter &quot;Action&quot;"),
		},
		"an action by DELETE": {
			"DELETE", "/?Action=GetCallerIdentity", "", nil, 405, "text/xml",
			strings.Replace(queryError("InvalidAction", "The action must be called by GET or POST."), ` xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`, "", 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			var h harbour
			expect(t, h.ask(c.method, c.target, c.body, c.headers...), c.status, c.contentType, c.want)
		})
	}
}

func TestErrorsAreModelled(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		body   string
		logged bool
	}{
		"the SDK's exception": {
			&ecstypes.ClusterNotFoundException{Message: aws.String("Cluster not found.")}, 400,
			`{"__type":"ClusterNotFoundException","message":"Cluster not found."}`, false,
		},
		"wrapped": {
			fmt.Errorf("describe: %w", &ecstypes.ClusterNotFoundException{Message: aws.String("Cluster not found.")}), 400,
			`{"__type":"ClusterNotFoundException","message":"Cluster not found."}`, false,
		},
		"with another code": {
			&ecstypes.ClientException{Message: aws.String("No."), ErrorCodeOverride: aws.String("NoLongerException")}, 400,
			`{"__type":"NoLongerException","message":"No."}`, false,
		},
		"with a status of its own in the model": {
			&ecstypes.AccessDeniedException{Message: aws.String("No.")}, 400, `{"__type":"AccessDeniedException","message":"No."}`, false,
		},
		"with members": {
			&ecstypes.ConflictException{Message: aws.String("Gone."), ResourceIds: []string{"a", "b"}}, 400,
			`{"__type":"ConflictException","message":"Gone.","resourceIds":["a","b"]}`, false,
		},
		"without members": {&ecstypes.ClientException{}, 400, `{"__type":"ClientException"}`, false},
		"a server fault":  {&ecstypes.ServerException{Message: aws.String("Ours.")}, 500, `{"__type":"ServerException","message":"Ours."}`, true},
		"one of ours": {
			&wire.Error{Code: "ThrottlingException", Message: `Rate "exceeded"`, Fields: map[string]any{"b": 1, "a": []string{"x"}}}, 400,
			`{"__type":"ThrottlingException","message":"Rate \"exceeded\"","a":["x"],"b":1}`, false,
		},
		"ours with a status": {&wire.Error{Code: "Gone", Status: 410}, 410, `{"__type":"Gone","message":""}`, false},
		"ours, our fault":    {&wire.Error{Code: "Down", Fault: smithy.FaultServer}, 500, `{"__type":"Down","message":""}`, true},
		"any other": {
			errors.New("the disk /dev/sda is full"), 500,
			`{"__type":"InternalFailure","message":"The request processing has failed because of an unknown error. Request id: request-1"}`, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var h harbour
			h.describe = func(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) { return nil, c.err }
			w := h.ask("POST", "/", `{}`, "X-Amz-Target", "ECS.DescribeTasks")
			expect(t, w, c.status, jsonType, c.body)
			if records := strings.Count(h.log.String(), "request failed"); (records == 1) != c.logged || records > 1 {
				t.Errorf("logged %d records: %s", records, &h.log)
			}
		})
	}
}

func TestQueryErrorsAreModelled(t *testing.T) {
	for name, c := range map[string]struct {
		err           error
		status        int
		fault, detail string
	}{
		"the SDK's":  {&ststypes.RegionDisabledException{Message: aws.String("No <region>.")}, 403, "Sender", "<Code>RegionDisabledException</Code><Message>No &lt;region&gt;.</Message>"},
		"by name":    {&ststypes.PackedPolicyTooLargeException{Message: aws.String("Big.")}, 400, "Sender", "<Code>PackedPolicyTooLarge</Code><Message>Big.</Message>"},
		"ours":       {&wire.Error{Code: "AccessDenied", Message: "No.", Status: 403}, 403, "Sender", "<Code>AccessDenied</Code><Message>No.</Message>"},
		"a failure":  {errors.New("secret"), 500, "Receiver", "<Code>InternalFailure</Code><Message>The request processing has failed because of an unknown error. Request id: request-1</Message>"},
		"of another": {&ecstypes.AccessDeniedException{Message: aws.String("No.")}, 403, "Sender", "<Code>AccessDeniedException</Code><Message>No.</Message>"},
	} {
		t.Run(name, func(t *testing.T) {
			var h harbour
			h.identity = func(context.Context, *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
				return nil, c.err
			}
			w := h.ask("POST", "/", "Action=GetCallerIdentity", "Content-Type", formType, "Authorization", signed("sts"))
			expect(t, w, c.status, "text/xml", `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>`+c.fault+
				`</Type>`+c.detail+`</Error><RequestId>request-1</RequestId></ErrorResponse>`)
		})
	}
}

func TestPanicsAreInternalFailures(t *testing.T) {
	var h harbour
	h.describe = func(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) { panic("keel over") }
	w := h.ask("POST", "/", `{}`, "X-Amz-Target", "ECS.DescribeTasks")
	expect(t, w, 500, jsonType, `{"__type":"InternalFailure","message":"The request processing has failed because of an unknown error. Request id: request-1"}`)
	if log := h.log.String(); strings.Count(log, "request failed") != 1 || !strings.Contains(log, "keel over") || !strings.Contains(log, "router_test.go") {
		t.Errorf("the log is %s", log)
	}
}

func TestHooksSeeTheRequest(t *testing.T) {
	type callerKey struct{}
	denied := &wire.Error{Code: "AccessDeniedException", Message: "denied"}
	for name, c := range map[string]struct {
		authentic, allowed error
		want               int
		code               string
	}{
		"both pass":         {nil, nil, 200, ""},
		"not authenticated": {&wire.Error{Code: "MissingAuthenticationTokenException", Status: 403}, nil, 403, "MissingAuthenticationTokenException"},
		"not authorized":    {nil, denied, 400, "AccessDeniedException"},
	} {
		t.Run(name, func(t *testing.T) {
			var h harbour
			var event wire.Event
			called := false
			h.opts = wire.Options{
				Authenticate: func(r *http.Request, body []byte) (context.Context, error) {
					if string(body) != `{"cluster":"a"}` || wire.RequestID(r.Context()) != "request-1" {
						t.Errorf("authenticate got %s of %q", body, wire.RequestID(r.Context()))
					}
					return context.WithValue(r.Context(), callerKey{}, "ada"), c.authentic
				},
				Authorize: func(ctx context.Context, s *wire.Service, op *wire.Operation, input any) error {
					if got := input.(*ecs.DescribeTasksInput); ctx.Value(callerKey{}) != "ada" || s.Name != "ecs" || op.Name != "DescribeTasks" || *got.Cluster != "a" {
						t.Errorf("authorize got %v, %s, %s, %v", ctx, s.Name, op.Name, got)
					}
					return c.allowed
				},
				Observe: func(e wire.Event) { event = e },
			}
			h.describe = func(ctx context.Context, _ *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
				called = ctx.Value(callerKey{}) == "ada" && wire.RequestID(ctx) == "request-1"
				return nil, nil // a nil Output is an empty one
			}
			w := h.ask("POST", "/", `{"cluster":"a"}`, "X-Amz-Target", "ECS.DescribeTasks")
			if w.Code != c.want || called != (c.want == 200) {
				t.Errorf("got %d %s, called %v", w.Code, w.Body, called)
			}
			if event.Service != "ecs" || event.Operation != "DescribeTasks" || event.Status != c.want || event.Code != c.code ||
				event.RequestID != "request-1" || event.BytesIn != 15 || event.BytesOut != w.Body.Len() || event.Protocol != wire.AWSJSON11 {
				t.Errorf("observed %+v", event)
			}
		})
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	h := harbour{opts: wire.Options{MaxBody: 16}}
	tooLarge := `{"__type":"RequestEntityTooLargeException","message":"The request body is larger than 16 bytes."}`
	target := []string{"X-Amz-Target", "ECS.DescribeTasks"}
	expect(t, h.ask("POST", "/", `{"cluster":"ab"}`, target...), 200, jsonType, `{}`)
	expect(t, h.ask("POST", "/", `{"cluster":"abc"}`, target...), 413, jsonType, tooLarge)

	chunked := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader(`{"cluster":"abc"}`)))
	chunked.ContentLength = -1
	chunked.Header.Set("X-Amz-Target", "ECS.DescribeTasks")
	w := httptest.NewRecorder()
	h.router().ServeHTTP(w, chunked)
	expect(t, w, 413, jsonType, tooLarge)

	expect(t, h.ask("POST", "/", `{}`, append(target, "Content-Encoding", "gzip")...), 415, jsonType,
		`{"__type":"UnsupportedMediaTypeException","message":"The content encoding gzip is not supported."}`)
}

func TestABodyThatEndsEarlyIsTold(t *testing.T) {
	var h harbour
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"clu`))
	r.ContentLength = 100
	r.Header.Set("X-Amz-Target", "ECS.DescribeTasks")
	w := httptest.NewRecorder()
	h.router().ServeHTTP(w, r)
	expect(t, w, 400, jsonType, `{"__type":"IncompleteBody","message":"The request body could not be read to its end."}`)
}

func TestQueryModeTellsTheErrorInAHeader(t *testing.T) {
	var h harbour
	w := h.ask("POST", "/", `{`, "X-Amz-Target", "ECS.DescribeTasks", "x-amzn-query-mode", "true")
	if got := w.Header().Get("x-amzn-query-error"); got != "SerializationException;Sender" {
		t.Errorf("x-amzn-query-error is %q", got)
	}
}

func TestObserversAreToldOfKnownNamesOnly(t *testing.T) {
	for target, want := range map[string]string{"ECS.DescribeTasks": "DescribeTasks", "ECS.RunTask": "RunTask", "ECS.Sail": ""} {
		var event wire.Event
		h := harbour{opts: wire.Options{Observe: func(e wire.Event) { event = e }}}
		h.ask("POST", "/", `{}`, "X-Amz-Target", target)
		if event.Operation != want || event.Service != "ecs" {
			t.Errorf("%s: observed %+v", target, event)
		}
	}
}
