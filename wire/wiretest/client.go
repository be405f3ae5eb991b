package wiretest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// HTTPClient is what an SDK client sends requests with.
type HTTPClient interface {
	Do(*http.Request) (*http.Response, error)
}

// NewClient makes a service's SDK client that sends through h. RoundTrip's callers write it, as
//
//	func(h wiretest.HTTPClient) any {
//		return ecs.New(ecs.Options{
//			Region: "us-east-1", HTTPClient: h, Credentials: wiretest.Credentials(),
//			APIOptions: []func(*middleware.Stack) error{wiretest.Unvalidated},
//		})
//	}
type NewClient func(h HTTPClient) any

// Credentials are any credentials to sign with.
func Credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}, nil
	})
}

// Method is one operation as an SDK client has it.
type Method struct {
	Name          string
	Input, Output reflect.Type // the structs, without pointers
}

// Methods lists the operations of an SDK client in the order of their names: those of its methods that are shaped
// Op(context.Context, *OpInput, ...func(*Options)) (*OpOutput, error).
func Methods(client any) []Method {
	var methods []Method
	t := reflect.TypeOf(client)
	for i := range t.NumMethod() { // sorted by name
		m := t.Method(i)
		f := m.Type
		if f.NumIn() != 4 || !f.IsVariadic() || f.NumOut() != 2 || f.In(2).Kind() != reflect.Pointer {
			continue
		}
		in, out := f.In(2).Elem(), f.Out(0).Elem()
		if in.Name() == m.Name+"Input" && out.Name() == m.Name+"Output" {
			methods = append(methods, Method{Name: m.Name, Input: in, Output: out})
		}
	}
	return methods
}

// Names lists the names of a client's operations, which is what wire.Service.Known wants.
func Names(client any) []string {
	var names []string
	for _, m := range Methods(client) {
		names = append(names, m.Name)
	}
	return names
}

// Streams reports whether the answer is an event stream.
func (m Method) Streams() bool {
	_, ok := reflect.PointerTo(m.Output).MethodByName("GetStream")
	return ok
}

// Call calls the operation with a pointer to its Input and returns a pointer to its Output.
func (m Method) Call(ctx context.Context, client, input any) (any, error) {
	f := reflect.ValueOf(client).MethodByName(m.Name)
	out := f.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(input)})
	err, _ := out[1].Interface().(error)
	return out[0].Interface(), err
}

// InProcess is an HTTPClient that calls a handler without a socket.
type InProcess struct {
	Handler http.Handler
}

// Do implements HTTPClient.
func (p InProcess) Do(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	served.RequestURI = r.URL.RequestURI()
	served.Host = strings.TrimSuffix(r.URL.Host, ":443")
	recorder := httptest.NewRecorder()
	p.Handler.ServeHTTP(recorder, served)
	answer := recorder.Result()
	answer.Request = r
	return answer, nil
}
