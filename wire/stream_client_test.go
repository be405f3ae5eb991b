package wire_test

import (
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/roadstead/roadstead/wire/wiretest"
)

// plainHost sends everything to one server, because the SDK prefixes the host of some operations.
type plainHost struct {
	server *httptest.Server
}

// Do implements the SDK's HTTPClient.
func (p plainHost) Do(r *http.Request) (*http.Response, error) {
	r.URL.Host = strings.TrimPrefix(p.server.URL, "http://")
	return wiretest.Patient{}.Do(r)
}
