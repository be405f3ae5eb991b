package cli

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// clientConfig is how our own SDK clients reach the control plane.
func clientConfig(url string, credentials aws.CredentialsProvider) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: aws.String(url), Credentials: credentials,
		HTTPClient: &patientClient{http.Client{Timeout: time.Minute}}, RetryMaxAttempts: 2}
}

// patientClient sends requests with a body of its own. The SDK closes a
// request's body as soon as the answer's header is there; when the answer comes
// quicker than the client's writing goroutine is scheduled again, as it does on
// loopback, that goroutine finds the body closed and hangs up in the middle of
// the answer. The SDK tries again, but only after a wait.
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
