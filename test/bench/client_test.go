package bench

import (
	"bytes"
	"io"
	"net/http"
)

// patientClient sends requests with a body of its own. The SDK closes a
// request's body as soon as the answer's header is there; when the answer comes
// quicker than the client's writing goroutine is scheduled again, that
// goroutine finds the body closed and hangs up in the middle of the answer.
// The SDK's retry would hide it, after a wait that would be measured.
type patientClient struct{ http.Client }

// Do implements the SDK's HTTPClient.
func (c *patientClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return c.Client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	sent := r.Clone(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	return c.Client.Do(sent)
}
