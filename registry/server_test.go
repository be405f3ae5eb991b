package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/registry/memory"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDirVariable); dir != "" {
		serveForever(dir)
	}
	goleak.VerifyTestMain(m)
}

// server is a registry on loopback with the repositories that it is given.
type server struct {
	t        testing.TB
	url      string
	host     string
	dir      string
	client   *http.Client
	blobs    *blob.Store
	metadata *memory.Metadata
	registry *registry.Registry

	mu     sync.Mutex
	events []registry.Event
}

type serverOptions struct {
	dir       string // "": a temporary directory
	blobs     blob.Options
	authorize registry.Authorize // nil: Anyone
	registry  registry.Options
}

func newServer(t testing.TB, options serverOptions, repositories ...string) *server {
	t.Helper()
	s := &server{t: t, dir: options.dir, metadata: memory.New()}
	if s.dir == "" {
		s.dir = t.TempDir()
	}
	for _, name := range repositories {
		s.metadata.CreateRepository(name, false)
	}
	var err error
	if s.blobs, err = blob.Open(s.dir, options.blobs); err != nil {
		t.Fatal(err)
	}
	if options.authorize == nil {
		options.authorize = registry.Anyone
	}
	if options.registry.Events == nil {
		options.registry.Events = s.record
	}
	s.registry = registry.New(s.blobs, s.metadata, s.metadata, options.authorize, options.registry)
	web := httptest.NewServer(s.registry)
	s.url, s.host = web.URL, strings.TrimPrefix(web.URL, "http://")
	s.client = &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		web.Close()
		if err := s.blobs.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *server) record(_ context.Context, event registry.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event)
}

// failures returns the internal errors that were reported.
func (s *server) failures() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, event := range s.events {
		if event.Kind == registry.Failed {
			errs = append(errs, event.Err)
		}
	}
	return errs
}

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// codes are the error codes in the answer's body.
func (a answer) codes() string {
	var body struct {
		Errors []struct{ Code string }
	}
	if json.Unmarshal(a.body, &body) != nil {
		return "not JSON: " + string(a.body)
	}
	var codes []string
	for _, e := range body.Errors {
		codes = append(codes, e.Code)
	}
	return strings.Join(codes, ",")
}

// do sends a request; headers are "Name: value".
func (s *server) do(method, path string, body []byte, headers ...string) answer {
	s.t.Helper()
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	if !strings.HasPrefix(path, "http://") {
		path = s.url + path
	}
	request, err := http.NewRequest(method, path, content)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Add(name, value)
	}
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, read}
}

// want sends a request and checks the status.
func (s *server) want(status int, method, path string, body []byte, headers ...string) answer {
	s.t.Helper()
	a := s.do(method, path, body, headers...)
	if a.status != status {
		s.t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

// wantCode sends a request and checks status and error code.
func (s *server) wantCode(status int, code registry.Code, method, path string, body []byte, headers ...string) answer {
	s.t.Helper()
	a := s.want(status, method, path, body, headers...)
	if method != http.MethodHead && a.codes() != string(code) {
		s.t.Errorf("%s %s: code %s, want %s", method, path, a.codes(), code)
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		s.t.Errorf("%s %s: a failure has Content-Type %q", method, path, kind)
	}
	return a
}

func sha(content []byte) string { return string(blob.Of(blob.SHA256, content)) }

// upload pushes a blob by POST and PUT and returns its digest.
func (s *server) upload(repository string, content []byte) string {
	s.t.Helper()
	location := s.want(202, "POST", "/v2/"+repository+"/blobs/uploads/", nil).header.Get("Location")
	d := sha(content)
	s.want(201, "PUT", location+"?digest="+d, content)
	return d
}

const (
	ociManifest = "application/vnd.oci.image.manifest.v1+json"
	ociIndex    = "application/vnd.oci.image.index.v1+json"
	ociConfig   = "application/vnd.oci.image.config.v1+json"
	ociLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

type desc struct {
	MediaType    string            `json:"mediaType"`
	Digest       string            `json:"digest"`
	Size         int               `json:"size"`
	ArtifactType string            `json:"artifactType,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
}

type manifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType,omitempty"`
	ArtifactType  string            `json:"artifactType,omitempty"`
	Config        *desc             `json:"config,omitempty"`
	Layers        []desc            `json:"layers,omitempty"`
	Manifests     []desc            `json:"manifests,omitempty"`
	Subject       *desc             `json:"subject,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

func (m manifest) encode(t testing.TB) []byte {
	t.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// image uploads the blobs of a small image and returns its manifest.
func (s *server) image(repository, name string) manifest {
	s.t.Helper()
	config, layer := []byte(`{"name":"`+name+`"}`), []byte("layer of "+name)
	return manifest{SchemaVersion: 2, MediaType: ociManifest,
		Config: &desc{MediaType: ociConfig, Digest: s.upload(repository, config), Size: len(config)},
		Layers: []desc{{MediaType: ociLayer, Digest: s.upload(repository, layer), Size: len(layer)}}}
}

// push pushes a manifest and returns its digest.
func (s *server) push(repository, reference string, m manifest) string {
	s.t.Helper()
	raw := m.encode(s.t)
	if reference == "" {
		reference = sha(raw)
	}
	a := s.want(201, "PUT", "/v2/"+repository+"/manifests/"+reference, raw, "Content-Type: "+m.MediaType)
	if got := a.header.Get("Docker-Content-Digest"); got != sha(raw) {
		s.t.Errorf("pushed %s, but the answer says %s", sha(raw), got)
	}
	return sha(raw)
}
