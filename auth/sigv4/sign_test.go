package sigv4

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/roadstead/roadstead/auth/caller"
)

const (
	testKey    = "AKIAIOSFODNN7EXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

var testNow = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// oneKey is a Keys with one permanent key and, with a token, one session.
type oneKey struct {
	id, secret, token string
	err               error
}

func (k oneKey) Lookup(id, token string, _ time.Time) (Secret, caller.Identity, error) {
	if k.err != nil {
		return "", caller.Identity{}, k.err
	}
	if id != k.id || token != k.token {
		return "", caller.Identity{}, ErrUnknownKey
	}
	return Secret(k.secret), caller.NewRoot("000000000000", id), nil
}

func verifierAt(now time.Time, token string) *Verifier {
	return New(oneKey{id: testKey, secret: testSecret, token: token}, Options{Now: func() time.Time { return now }})
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func newRequest(t testing.TB, method, url string, body []byte, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func credentials(token string) aws.Credentials {
	return aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret, SessionToken: token}
}

// sign signs r in its headers with the SDK.
func sign(t testing.TB, r *http.Request, body []byte, token string, at time.Time) {
	t.Helper()
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials(token), r, hashOf(body), "ecs", "us-east-1", at); err != nil {
		t.Fatal(err)
	}
}

// presign returns the request of the URL that the SDK makes of r.
func presign(t testing.TB, r *http.Request, body []byte, token string, at time.Time, expires int) *http.Request {
	t.Helper()
	if expires > 0 {
		q := r.URL.Query()
		q.Set(queryExpires, strconv.Itoa(expires))
		r.URL.RawQuery = q.Encode()
	}
	url, headers, err := v4.NewSigner().PresignHTTP(context.Background(), credentials(token), r, hashOf(body), "ecs", "us-east-1", at)
	if err != nil {
		t.Fatal(err)
	}
	signed := newRequest(t, r.Method, url, body)
	for name, values := range headers {
		if name != "Host" && name != "Content-Length" {
			signed.Header[name] = values
		}
	}
	signed.Host = headers.Get("Host") // without the default port, which the signer leaves out
	return signed
}

// wireBytes is r as a client sends it.
func wireBytes(t testing.TB, r *http.Request) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// receive reads a request as a server does.
func receive(raw []byte) (*http.Request, []byte, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return r, body, err
}

// verifySent sends r through its wire form and verifies what arrives.
func verifySent(t testing.TB, v *Verifier, r *http.Request) (Result, error) {
	t.Helper()
	received, body, err := receive(wireBytes(t, r))
	if err != nil {
		t.Fatalf("receive: %v", err)
	}
	return v.Verify(received, body)
}

func lines(parts ...string) []byte { return []byte(strings.Join(parts, "\r\n")) }

// signPayload signs r with the given payload hash instead of the body's.
func signPayload(t testing.TB, r *http.Request, payloadHash string) {
	t.Helper()
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials(""), r, payloadHash, "ecs", "us-east-1", testNow); err != nil {
		t.Fatal(err)
	}
}

// handSigned returns the Authorization of a claim that no SDK would make.
func handSigned(r *http.Request, c *claim, payloadHash string) string {
	part := strings.Split(c.scope, "/")
	key := deriveKey(testSecret, part[0], part[1], part[2])
	sum := hashOf(appendCanonicalRequest(nil, r, c, payloadHash))
	signature := mac(key[:], strings.Join([]string{algorithm, c.stamp, c.scope, sum}, "\n"))
	return algorithm + " Credential=" + testKey + "/" + c.scope + ",SignedHeaders=" + c.signedHeaders + ",Signature=" + hex.EncodeToString(signature[:])
}
