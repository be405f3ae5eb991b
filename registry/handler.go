package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
)

// call is one request on its way through the registry.
type call struct {
	context.Context // of the authorized request
	w               http.ResponseWriter
	r               *http.Request
	target
}

// operation is what a method does to a noun.
type operation struct {
	action Action
	serve  func(*Registry, call) *Failure
}

// operations is the API, as the specification's table of endpoints has it.
var operations = map[noun]map[string]operation{
	nounVersion: {"GET": {ActionPing, (*Registry).getVersion}, "HEAD": {ActionPing, (*Registry).getVersion}},
	nounCatalog: {"GET": {ActionDescribeRepositories, (*Registry).getCatalog}},
	nounBlob: {
		"GET":    {ActionGetDownloadURLForLayer, (*Registry).getBlob},
		"HEAD":   {ActionBatchCheckLayerAvailability, (*Registry).headBlob},
		"DELETE": {ActionBatchDeleteImage, (*Registry).deleteBlob},
	},
	nounUploads: {"POST": {ActionInitiateLayerUpload, (*Registry).postUpload}},
	nounUpload: {
		"GET":    {ActionUploadLayerPart, (*Registry).getUpload},
		"PATCH":  {ActionUploadLayerPart, (*Registry).patchUpload},
		"PUT":    {ActionCompleteLayerUpload, (*Registry).putUpload},
		"DELETE": {ActionUploadLayerPart, (*Registry).deleteUpload},
	},
	nounManifest: {
		"GET":    {ActionBatchGetImage, (*Registry).getManifest},
		"HEAD":   {ActionBatchGetImage, (*Registry).getManifest},
		"PUT":    {ActionPutImage, (*Registry).putManifest},
		"DELETE": {ActionBatchDeleteImage, (*Registry).deleteManifest},
	},
	nounTags:      {"GET": {ActionListImages, (*Registry).getTags}},
	nounReferrers: {"GET": {ActionBatchGetImage, (*Registry).getReferrers}},
}

// ServeHTTP answers one request of the distribution API.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	c := call{Context: req.Context(), w: w, r: req, target: parsePath(req.URL.Path)}
	f := r.serve(&c)
	if f == nil {
		return
	}
	if f.Cause != nil {
		r.options.Events(c, Event{Kind: Failed, Repository: c.repository,
			Err: fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, f)})
	}
	f.write(w)
}

// serve checks what all operations have in common and does the operation.
func (r *Registry) serve(c *call) *Failure {
	methods := operations[c.noun]
	if methods == nil {
		return failure(CodeUnsupported, "no such endpoint: %.512q", c.r.URL.Path).withStatus(http.StatusNotFound)
	}
	op, ok := methods[c.r.Method]
	if !ok {
		c.w.Header().Set("Allow", allowed(methods))
		return failure(CodeUnsupported, "method %.16q is not supported here", c.r.Method)
	}
	named := c.noun != nounVersion && c.noun != nounCatalog
	if named && !ValidRepository(c.repository) {
		return failure(CodeNameInvalid, "invalid repository name %.300q", c.repository)
	}
	ctx, err := r.authorize(c.r, Access{Repository: c.repository, Action: op.action})
	if err != nil {
		return r.refusal(c, op.action, err)
	}
	c.Context = ctx
	if named {
		if err := r.repositories.Repository(c, c.repository); err != nil {
			return r.failureOf(err, c.repository)
		}
	}
	return op.serve(r, *c)
}

func allowed(methods map[string]operation) string {
	names := make([]string, 0, len(methods))
	for name := range methods {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

// refusal words Authorize's error, with ECR's challenge for clients that have
// yet to log in.
func (r *Registry) refusal(c *call, action Action, err error) *Failure {
	switch {
	case errors.Is(err, ErrUnauthenticated):
		realm := r.options.Realm
		if realm == "" {
			scheme := "http"
			if c.r.TLS != nil {
				scheme = "https"
			}
			realm = scheme + "://" + c.r.Host + "/"
		}
		c.w.Header().Set("Www-Authenticate", fmt.Sprintf("Basic realm=%q,service=%q", realm, "ecr.amazonaws.com"))
		return failure(CodeUnauthorized, "Not Authorized")
	case errors.Is(err, ErrDenied):
		return failure(CodeDenied, "User is not authorized to perform %s on the repository '%s'", action, c.repository)
	}
	return r.failureOf(err, c.repository)
}

func (r *Registry) getVersion(c call) *Failure {
	return c.json(http.StatusOK, "application/json", struct{}{})
}

// json answers with a value.
func (c call) json(status int, contentType string, value any) *Failure {
	body, err := json.Marshal(value)
	if err != nil {
		panic("registry: an answer does not encode: " + err.Error())
	}
	c.w.Header().Set("Content-Type", contentType)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(status)
	c.w.Write(body)
	return nil
}

// path is the path of something in the call's repository.
func (c call) path(words string) string { return "/v2/" + c.repository + "/" + words }
