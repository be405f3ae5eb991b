package sigv4

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The example request of the IAM user guide, with the signature that it gives.
func TestAcceptsThePublishedExample(t *testing.T) {
	r, body, err := receive(lines(
		"GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1",
		"Host: iam.amazonaws.com",
		"Content-Type: application/x-www-form-urlencoded; charset=utf-8",
		"X-Amz-Date: 20150830T123600Z",
		"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "+
			"SignedHeaders=content-type;host;x-amz-date, "+
			"Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		"", ""))
	if err != nil {
		t.Fatal(err)
	}
	keys := oneKey{id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	result, err := New(keys, Options{Now: func() time.Time { return at }}).Verify(r, body)
	if err != nil {
		t.Fatal(err)
	}
	if result.Service != "iam" || result.Region != "us-east-1" || !result.SignedAt.Equal(at) {
		t.Fatalf("result %+v", result)
	}
}

// refusal is a request that must be refused, as a change of a good one.
type refusal struct {
	name    string
	change  func(r *http.Request)
	options func(o *Options, k *oneKey)
	reason  Reason
	message string
}

const goodBody = `{"cluster":"default"}`

func authorization(f func(old string) string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", f(r.Header.Get("Authorization"))) }
}

func replace(old, new string) func(*http.Request) {
	return authorization(func(a string) string { return strings.Replace(a, old, new, 1) })
}

func clock(d time.Duration) func(*Options, *oneKey) {
	return func(o *Options, _ *oneKey) { o.Now = func() time.Time { return testNow.Add(d) } }
}

func keysFail(err error) func(*Options, *oneKey) {
	return func(_ *Options, k *oneKey) { k.err = err }
}

var headerRefusals = []refusal{
	{name: "unsigned", change: func(r *http.Request) { r.Header.Del("Authorization") },
		reason: MissingToken, message: "Missing Authentication Token"},
	{name: "another scheme", change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer abc"); r.Header.Del("X-Amz-Date") },
		reason: IncompleteSignature, message: "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
			"Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=Bearer abc"},
	{name: "another algorithm", change: replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
		reason: IncompleteSignature, message: "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'. "},
	{name: "no date", change: func(r *http.Request) { r.Header.Del("X-Amz-Date") },
		reason: IncompleteSignature, message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 Credential="},
	{name: "not a date", change: func(r *http.Request) { r.Header.Set("X-Amz-Date", "yesterday") },
		reason: IncompleteSignature, message: "Date must be in ISO-8601 'basic format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601"},
	{name: "short credential", change: replace("/us-east-1/ecs/aws4_request", ""),
		reason: IncompleteSignature, message: "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIAIOSFODNN7EXAMPLE/20260314'"},
	{name: "no pair", change: replace("Signature=", "Signature:"),
		reason: IncompleteSignature, message: "not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 "},
	{name: "a field twice", change: authorization(func(a string) string { return a + ", Signature=00" }),
		reason: IncompleteSignature, message: "'Signature=00' not a valid key=value pair"},
	{name: "two headers", change: func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) },
		reason: IncompleteSignature, message: "Found more than one 'Authorization' HTTP header."},
	{name: "both forms", change: func(r *http.Request) { r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" },
		reason: InvalidSignature, message: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
	{name: "terminator", change: replace("aws4_request", "aws5_request"),
		reason: InvalidSignature, message: "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. "},
	{name: "date of scope", change: replace("/20260314/", "/20260313/"),
		reason: InvalidSignature, message: "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260313' != '20260314', from '20260314T150926Z'. "},
	{name: "no region", change: replace("/us-east-1/", "//"),
		reason: InvalidSignature, message: "Credential should be scoped to a valid region. "},
	{name: "another region", options: func(o *Options, _ *oneKey) { o.Region = "eu-west-1" },
		reason: InvalidSignature, message: "Credential should be scoped to a valid region. "},
	{name: "region changed", change: replace("/us-east-1/", "/eu-west-1/"), reason: InvalidSignature, message: messageMismatch},
	{name: "service changed", change: replace("/ecs/", "/ecr/"), reason: InvalidSignature, message: messageMismatch},
	{name: "host unsigned", change: replace("host;", ""),
		reason: InvalidSignature, message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
	{name: "date unsigned", change: replace("x-amz-date;", ""),
		reason: InvalidSignature, message: "'X-Amz-Date' or 'Date' must be a 'SignedHeader' in the AWS Authorization."},
	{name: "target unsigned", change: replace(";x-amz-target", ""),
		reason: InvalidSignature, message: "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."},
	{name: "names out of order", change: replace("host;x-amz-date", "x-amz-date;host"), reason: InvalidSignature, message: messageMismatch},
	{name: "a name twice", change: replace("host;", "host;host;"), reason: InvalidSignature, message: messageMismatch},
	{name: "signed header absent", change: func(r *http.Request) { r.Header.Del("X-Amz-Target") }, reason: InvalidSignature, message: messageMismatch},
	{name: "capital signature", change: authorization(func(a string) string {
		at := strings.Index(a, "Signature=") + len("Signature=")
		return a[:at] + strings.ToUpper(a[at:])
	}), reason: InvalidSignature, message: messageMismatch},
	{name: "wrong secret", options: func(_ *Options, k *oneKey) { k.secret = "another" }, reason: InvalidSignature, message: messageMismatch},
	{name: "stated hash of another body", change: func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", hashOf([]byte("{}"))) },
		reason: InvalidSignature, message: messageMismatch},
	{name: "unsigned payload not allowed", change: func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") },
		reason: InvalidSignature, message: messageMismatch},
	{name: "too old", options: clock(5*time.Minute + time.Second),
		reason: InvalidSignature, message: "Signature expired: 20260314T150926Z is now earlier than 20260314T150927Z (20260314T151427Z - 5 min.)"},
	{name: "from the future", options: clock(-5*time.Minute - time.Second),
		reason: InvalidSignature, message: "Signature not yet current: 20260314T150926Z is still later than 20260314T150925Z (20260314T150425Z + 5 min.)"},
	{name: "another skew", options: func(o *Options, k *oneKey) { o.Skew = 90 * time.Second; clock(91*time.Second)(o, k) },
		reason: InvalidSignature, message: "Signature expired: 20260314T150926Z is now earlier than 20260314T150927Z (20260314T151057Z - 90 sec.)"},
	{name: "unknown key", change: replace("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF"),
		reason: InvalidToken, message: "The security token included in the request is invalid."},
	{name: "unexpected token", change: func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") },
		reason: InvalidToken, message: "The security token included in the request is invalid."},
	{name: "unknown key, wrapped", options: keysFail(fmt.Errorf("open session: %w", ErrUnknownKey)),
		reason: InvalidToken, message: "The security token included in the request is invalid."},
	{name: "expired token", options: keysFail(ErrExpiredToken),
		reason: ExpiredToken, message: "The security token included in the request is expired"},
	{name: "too many parameters", change: func(r *http.Request) { r.URL.RawQuery = strings.Repeat("&", maxParameters) },
		reason: IncompleteSignature, message: "more than 1000 query-string parameters"},
	{name: "too many signed headers", change: replace("SignedHeaders=", "SignedHeaders="+manyNames()),
		reason: IncompleteSignature, message: "more than 128 signed headers"},
	{name: "long junk is not repeated in full", change: replace("AKIA", strings.Repeat("/", 5000)),
		reason: IncompleteSignature, message: strings.Repeat("/", maxQuoted) + "..."},
}

func manyNames() string {
	var b strings.Builder
	for i := range maxSignedHeaders {
		fmt.Fprintf(&b, "a%04d;", i)
	}
	return b.String()
}

func TestRefusesInAWSWords(t *testing.T) {
	for _, test := range headerRefusals {
		t.Run(test.name, func(t *testing.T) {
			r := newRequest(t, "POST", "http://127.0.0.1:4566/", []byte(goodBody), "X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListTasks")
			sign(t, r, []byte(goodBody), "", testNow)
			checkRefusal(t, r, []byte(goodBody), test)
		})
	}
}

func checkRefusal(t *testing.T, r *http.Request, body []byte, test refusal) {
	t.Helper()
	if test.change != nil {
		test.change(r)
	}
	keys, options := oneKey{id: testKey, secret: testSecret}, Options{}
	clock(0)(&options, nil)
	if test.options != nil {
		test.options(&options, &keys)
	}
	result, err := New(keys, options).Verify(r, body)
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatalf("error %v, want an *Error", err)
	}
	if refused.Reason != test.reason || !strings.Contains(refused.Message, test.message) {
		t.Fatalf("refused with %v\nwant reason %d, %q", refused, test.reason, test.message)
	}
	if result != (Result{}) {
		t.Fatalf("a refusal has the result %+v", result)
	}
}

func withQuery(name string, change func(old []string) []string) func(*http.Request) {
	return func(r *http.Request) {
		q := r.URL.Query()
		if values := change(q[name]); values == nil {
			delete(q, name)
		} else {
			q[name] = values
		}
		r.URL.RawQuery = q.Encode()
	}
}

func set(value string) func([]string) []string {
	return func([]string) []string { return []string{value} }
}
func gone([]string) []string      { return nil }
func twice(old []string) []string { return append(old, old...) }

var presignedRefusals = []refusal{
	{name: "parameters missing", change: func(r *http.Request) { r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" }, reason: IncompleteSignature,
		message: "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. " +
			"AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
	{name: "no algorithm", change: withQuery(queryAlgorithm, gone), reason: IncompleteSignature,
		message: "AWS query-string parameters must include 'X-Amz-Algorithm'. Re-examine the query-string parameters."},
	{name: "algorithm", change: withQuery(queryAlgorithm, set("AWS4-ECDSA-P256-SHA256")), reason: IncompleteSignature,
		message: "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. "},
	{name: "signature twice", change: withQuery(querySignature, twice), reason: IncompleteSignature, message: "'X-Amz-Signature' only once"},
	{name: "expires", change: withQuery(queryExpires, set("soon")), reason: IncompleteSignature, message: "X-Amz-Expires should be a number"},
	{name: "expires at once", change: withQuery(queryExpires, set("0")), reason: IncompleteSignature, message: "greater than zero"},
	{name: "expires too late", change: withQuery(queryExpires, set("604801")), reason: IncompleteSignature, message: "must be less than 604800 seconds"},
	{name: "lifetime stretched", change: withQuery(queryExpires, set("901")), reason: InvalidSignature, message: messageMismatch},
	{name: "another parameter", change: withQuery("Action", set("AssumeRole")), reason: InvalidSignature, message: messageMismatch},
	{name: "over", options: clock(901 * time.Second), reason: InvalidSignature,
		message: "Signature expired: 20260314T150926Z is now earlier than 20260314T150927Z (20260314T152427Z - 15 min.)"},
	{name: "not begun", options: clock(-301 * time.Second), reason: InvalidSignature, message: "Signature not yet current: "},
	{name: "target added", change: func(r *http.Request) { r.Header.Set("X-Amz-Target", "x") }, reason: InvalidSignature, message: "'X-Amz-Target' must be"},
}

func TestRefusesPresignedInAWSWords(t *testing.T) {
	for _, test := range presignedRefusals {
		t.Run(test.name, func(t *testing.T) {
			r := newRequest(t, "GET", "http://127.0.0.1:4566/?Action=GetCallerIdentity&Version=2011-06-15", nil)
			checkRefusal(t, presign(t, r, nil, "", testNow, 900), nil, test)
		})
	}
}

func TestErrorCodesOfBothProtocolFamilies(t *testing.T) {
	for reason, want := range map[Reason][3]any{
		MissingToken:        {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403},
		IncompleteSignature: {"IncompleteSignatureException", "IncompleteSignature", 400},
		InvalidSignature:    {"InvalidSignatureException", "SignatureDoesNotMatch", 403},
		InvalidToken:        {"UnrecognizedClientException", "InvalidClientTokenId", 403},
		ExpiredToken:        {"ExpiredTokenException", "ExpiredToken", 403},
	} {
		e := &Error{Reason: reason, Message: "m"}
		if got := [3]any{e.ErrorCode(), e.QueryErrorCode(), e.QueryStatusCode()}; got != want {
			t.Errorf("reason %d: %v, want %v", reason, got, want)
		}
		if e.HTTPStatusCode() != 400 || e.ErrorMessage() != "m" || e.Error() != e.ErrorCode()+": m" {
			t.Errorf("reason %d: %v, %d", reason, e, e.HTTPStatusCode())
		}
	}
}

func TestAFailureOfTheKeysIsNotARefusal(t *testing.T) {
	r := newRequest(t, "GET", "http://127.0.0.1:4566/", nil)
	sign(t, r, nil, "", testNow)
	broken := errors.New("disk")
	_, err := New(oneKey{err: broken}, Options{Now: func() time.Time { return testNow }}).Verify(r, nil)
	var refused *Error
	if !errors.Is(err, broken) || errors.As(err, &refused) {
		t.Fatalf("error %v", err)
	}
}

func TestUnsignedPayloadWhereAllowed(t *testing.T) {
	v := New(oneKey{id: testKey, secret: testSecret}, Options{Now: func() time.Time { return testNow }, AllowUnsignedPayload: true})
	r := newRequest(t, "POST", "https://127.0.0.1/", []byte(goodBody), "X-Amz-Content-Sha256", unsignedPayload)
	signPayload(t, r, unsignedPayload)
	if _, err := v.Verify(r, []byte("anything")); err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
	if _, err := v.Verify(r, []byte("anything")); err == nil {
		t.Fatal("a streamed payload was accepted")
	}
}

func TestStatedPayloadHash(t *testing.T) {
	r := newRequest(t, "POST", "http://127.0.0.1/", []byte(goodBody), "X-Amz-Content-Sha256", hashOf([]byte(goodBody)))
	sign(t, r, []byte(goodBody), "", testNow)
	v := verifierAt(testNow, "")
	if _, err := v.Verify(r, []byte(goodBody)); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(r, []byte(goodBody+" ")); err == nil {
		t.Fatal("another body was accepted")
	}
}

func TestDateHeaderInsteadOfXAmzDate(t *testing.T) {
	r := newRequest(t, "GET", "http://127.0.0.1/", nil)
	c := claim{scope: "20260314/us-east-1/ecs/aws4_request", service: "ecs", signedHeaders: "date;host", stamp: testNow.Format(stampFormat)}
	r.Header.Set("Date", testNow.Format(http.TimeFormat))
	r.Header.Set("Authorization", handSigned(r, &c, hashOf(nil)))
	if _, err := verifierAt(testNow, "").Verify(r, nil); err != nil {
		t.Fatal(err)
	}
}

func TestForChecksTheService(t *testing.T) {
	if err := (Result{Service: "ecs"}).For("ecs"); err != nil {
		t.Fatal(err)
	}
	err := (Result{Service: "sts"}).For("ecs")
	var refused *Error
	if !errors.As(err, &refused) || refused.Message != "Credential should be scoped to correct service: 'ecs'. " {
		t.Fatalf("error %v", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	s := Secret("hidden")
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s", s, s, s, s), slog.AnyValue(s).Resolve().String(), fmt.Sprintf("%+v", cachedKey{secret: s}.secret)} {
		if strings.Contains(text, "hidden") {
			t.Fatalf("printed %q", text)
		}
	}
}
