package registry_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/registry"
)

// onlyUser authorizes whoever has the one user name and password.
func onlyUser(username, password string) registry.Authorize {
	return func(r *http.Request, _ registry.Access) (context.Context, error) {
		if u, p, ok := r.BasicAuth(); !ok || u != username || p != password {
			return nil, registry.ErrUnauthenticated
		}
		return r.Context(), nil
	}
}

func TestChallenge(t *testing.T) {
	s := newServer(t, serverOptions{authorize: onlyUser("AWS", "token")}, "a")
	for _, path := range []string{"/v2/", "/v2/a/tags/list", "/v2/_catalog", "/v2/none/manifests/v1"} {
		a := s.wantCode(401, registry.CodeUnauthorized, "GET", path, nil)
		wantHeader(t, a, "WWW-Authenticate", `Basic realm="http://`+s.host+`/",service="ecr.amazonaws.com"`)
	}
	s.wantCode(401, registry.CodeUnauthorized, "GET", "/v2/", nil, "Authorization: Basic QVdTOndyb25n")
	s.want(200, "GET", "/v2/", nil, "Authorization: Basic QVdTOnRva2Vu")
	named := newServer(t, serverOptions{authorize: onlyUser("AWS", "token"), registry: registry.Options{Realm: "https://registry.example/"}})
	a := named.wantCode(401, registry.CodeUnauthorized, "GET", "/v2/", nil)
	wantHeader(t, a, "WWW-Authenticate", `Basic realm="https://registry.example/",service="ecr.amazonaws.com"`)
}

// recorder allows everything but what is denied, and remembers what was asked.
type recorder struct {
	mu     sync.Mutex
	asked  []string
	denied map[registry.Access]error
}

func (r *recorder) authorize(request *http.Request, access registry.Access) (context.Context, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, access.Repository+" "+strings.TrimPrefix(string(access.Action), "ecr:"))
	return request.Context(), r.denied[access]
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked
	r.asked = nil
	return asked
}

func TestActions(t *testing.T) {
	var rec recorder
	s := newServer(t, serverOptions{authorize: rec.authorize}, "a", "b")
	d := s.upload("b", []byte("content"))
	rec.take()
	upload := "/v2/a/blobs/uploads/00000000-0000-0000-0000-000000000000"
	for request, want := range map[string][]string{
		"GET /v2/":                                         {" GetAuthorizationToken"},
		"GET /v2/_catalog":                                 {" DescribeRepositories"},
		"GET /v2/a/tags/list":                              {"a ListImages"},
		"GET /v2/a/manifests/v1":                           {"a BatchGetImage"},
		"HEAD /v2/a/manifests/v1":                          {"a BatchGetImage"},
		"PUT /v2/a/manifests/v1":                           {"a PutImage"},
		"DELETE /v2/a/manifests/v1":                        {"a BatchDeleteImage"},
		"GET /v2/a/referrers/" + d:                         {"a BatchGetImage"},
		"GET /v2/a/blobs/" + d:                             {"a GetDownloadUrlForLayer"},
		"HEAD /v2/a/blobs/" + d:                            {"a BatchCheckLayerAvailability"},
		"DELETE /v2/a/blobs/" + d:                          {"a BatchDeleteImage"},
		"POST /v2/a/blobs/uploads/":                        {"a InitiateLayerUpload"},
		"POST /v2/a/blobs/uploads/?mount=" + d + "&from=b": {"a InitiateLayerUpload", "b GetDownloadUrlForLayer"},
		"GET " + upload:                                    {"a UploadLayerPart"},
		"PATCH " + upload:                                  {"a UploadLayerPart"},
		"PUT " + upload + "?digest=" + d:                   {"a CompleteLayerUpload"},
		"DELETE " + upload:                                 {"a UploadLayerPart"},
	} {
		method, path, _ := strings.Cut(request, " ")
		s.do(method, path, nil)
		if diff := cmp.Diff(want, rec.take()); diff != "" {
			t.Errorf("%s: %s", request, diff)
		}
	}
}

func TestDenied(t *testing.T) {
	rec := recorder{denied: map[registry.Access]error{
		{Repository: "a", Action: registry.ActionPutImage}:               registry.ErrDenied,
		{Repository: "b", Action: registry.ActionGetDownloadURLForLayer}: registry.ErrDenied,
		{Repository: "a", Action: registry.ActionListImages}:             errors.New("policy store is away"),
		{Repository: "none", Action: registry.ActionListImages}:          registry.ErrDenied,
	}}
	s := newServer(t, serverOptions{authorize: rec.authorize}, "a", "b")
	s.wantCode(403, registry.CodeDenied, "PUT", "/v2/a/manifests/v1", s.image("a", "one").encode(t))
	s.wantCode(404, registry.CodeManifestUnknown, "GET", "/v2/a/manifests/v1", nil)
	// Whether a repository exists is not for those who may not use it.
	s.wantCode(403, registry.CodeDenied, "GET", "/v2/none/tags/list", nil)
	// A mount must not be a way around the permission to read.
	d := s.upload("b", []byte("secret"))
	s.want(202, "POST", "/v2/a/blobs/uploads/?mount="+d+"&from=b", nil)
	s.wantCode(404, registry.CodeBlobUnknown, "GET", "/v2/a/blobs/"+d, nil)
	if len(s.failures()) != 0 {
		t.Errorf("failures: %v", s.failures())
	}
	a := s.wantCode(500, registry.CodeUnknown, "GET", "/v2/a/tags/list", nil)
	if strings.Contains(string(a.body), "policy") {
		t.Errorf("the cause is shown to the client: %s", a.body)
	}
	if len(s.failures()) != 1 {
		t.Errorf("failures: %v", s.failures())
	}
}
