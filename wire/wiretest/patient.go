package wiretest

import (
	"bytes"
	"io"
	"net/http"
)

// Patient is an HTTPClient over a socket. The SDK closes a request's body as
// soon as the answer's header is there; when that comes before the client's
// writing goroutine runs again, as it does on loopback, the goroutine finds
// the body closed and hangs up in the middle of the answer. Patient sends a
// body of its own, so that a test sees what the server answered.
type Patient struct{}

// Do implements HTTPClient.
func (Patient) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return http.DefaultClient.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	sent := r.Clone(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultClient.Do(sent)
}
