package cli

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// objectReader reads objects of a service that speaks S3, by path
// (ENDPOINT/BUCKET/KEY), as the execution role whose credentials it is given.
type objectReader struct{ endpoint *url.URL }

// emptyHash is the SHA-256 of no payload.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// objectTimeout is how long one attempt to read an object may take.
const objectTimeout = 30 * time.Second

func newObjectReader(endpoint string) (*objectReader, error) {
	u, err := url.Parse(endpoint)
	if err == nil && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		err = errors.New("want a URL with http or https")
	}
	if err != nil {
		return nil, fmt.Errorf("endpoint of S3 %q: %w", endpoint, err)
	}
	return &objectReader{u}, nil
}

// Object implements agent.ObjectReader. What does not answer is a
// *smithy.OperationError, which is tried again.
func (r *objectReader) Object(ctx context.Context, as acs.Credentials, bucket, key string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, objectTimeout)
	defer cancel()
	at := *r.endpoint
	at.Path = strings.TrimSuffix(at.Path, "/") + "/" + bucket + "/" + key
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Amz-Content-Sha256", emptyHash)
	credentials := aws.Credentials{AccessKeyID: as.AccessKeyID, SecretAccessKey: as.SecretAccessKey, SessionToken: as.SessionToken}
	err = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).
		SignHTTP(ctx, credentials, request, emptyHash, "s3", region, time.Now())
	if err != nil {
		return nil, fmt.Errorf("sign the request for an object: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: err}
	case answer.StatusCode != http.StatusOK:
		return nil, &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: objectError(answer, text)}
	case int64(len(text)) > limit:
		return nil, fmt.Errorf("the object has more than %d bytes", limit)
	}
	return text, nil
}

// objectError is what the service says is wrong.
func objectError(answer *http.Response, text []byte) error {
	said := struct{ Code, Message string }{Code: answer.Status}
	_ = xml.Unmarshal(text, &said) // what is no XML has no code
	fault := smithy.FaultClient
	if answer.StatusCode >= http.StatusInternalServerError {
		fault = smithy.FaultServer
	}
	return &smithy.GenericAPIError{Code: said.Code, Message: said.Message, Fault: fault}
}
