package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
)

// maxAnswer is the most of an answer that is read, in bytes.
const maxAnswer = 1 << 20

// callJSON calls an operation of a service of the JSON protocol for which we
// have no SDK's client. out may be nil.
func callJSON(ctx context.Context, c aws.Config, service, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return callBody(ctx, c, service, target, body, out)
}

// callBody is callJSON with a body as it stands.
func callBody(ctx context.Context, c aws.Config, service, target string, body []byte, out any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, aws.ToString(c.BaseEndpoint)+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(hash[:]), service, c.Region, time.Now()); err != nil {
		return err
	}
	answer, err := c.HTTPClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		var said struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if json.Unmarshal(text, &said) != nil || said.Type == "" {
			return fmt.Errorf("%s", answer.Status)
		}
		return &smithy.GenericAPIError{Code: said.Type, Message: said.Message}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}
