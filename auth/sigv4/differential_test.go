package sigv4

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// shape is a random request before it is signed.
type shape struct {
	method, url string
	headers     [][2]string
	body        []byte
	token       string
}

func drawShape(t *rapid.T, dots bool) shape {
	s := shape{
		method: rapid.SampledFrom([]string{"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"}).Draw(t, "method"),
		token:  rapid.SampledFrom([]string{"", "FwoGZXIvYXdzEBYaD+/=TOKEN"}).Draw(t, "token"),
	}
	host := rapid.SampledFrom([]string{"127.0.0.1:4566", "localhost", "ecs.us-east-1.amazonaws.com", "[::1]:8080", "h:80"}).Draw(t, "host")
	segments := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9 _.~!$&'()*+,;=:@%/é<>"^|-]{1,8}`), 0, 4).Draw(t, "segments")
	path := "/"
	for i, segment := range segments {
		if dots {
			segment = rapid.SampledFrom([]string{segment, ".", "..", "", "..."}).Draw(t, "dots")
		} else if segment == "." || segment == ".." {
			segment = "x"
		}
		segments[i] = url.PathEscape(segment)
	}
	path += strings.Join(segments, "/")
	if len(segments) > 0 && rapid.Bool().Draw(t, "slash") {
		path += "/"
	}
	s.url = "http://" + host + path
	query := url.Values{}
	for range rapid.IntRange(0, 4).Draw(t, "parameters") {
		query.Add(rapid.StringN(1, 6, 24).Draw(t, "name"), rapid.StringN(0, 8, 32).Draw(t, "value"))
	}
	if len(query) > 0 {
		// As botocore's clients do: it does not re-encode what a URL has.
		s.url += "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	}
	seen := map[string]bool{}
	for range rapid.IntRange(0, 4).Draw(t, "headers") {
		name := "X-" + rapid.StringMatching(`[A-Za-z]{1,6}`).Draw(t, "header")
		if canonical := http.CanonicalHeaderKey(name); !seen[canonical] {
			seen[canonical] = true
			s.headers = append(s.headers, [2]string{name, rapid.StringMatching(`[ -~]{0,12}`).Draw(t, "header value")})
		}
	}
	if s.method != "GET" && s.method != "HEAD" {
		s.body = []byte(rapid.StringN(0, 50, 200).Draw(t, "body"))
	}
	return s
}

func (s shape) request(t testing.TB) *http.Request {
	r := newRequest(t, s.method, s.url, s.body)
	for _, h := range s.headers {
		r.Header.Add(h[0], h[1])
	}
	return r
}

func TestAcceptsWhatTheSDKSigns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawShape(rt, false)
		r := s.request(t)
		if len(s.headers) > 0 { // a header that comes twice
			r.Header.Add(s.headers[0][0], "  second   value ")
		}
		at := testNow.Add(time.Duration(rapid.IntRange(-300, 300).Draw(rt, "skew")) * time.Second)
		sign(t, r, s.body, s.token, at)
		result, err := verifySent(t, verifierAt(testNow, s.token), r)
		if err != nil {
			rt.Fatalf("%s %s: %v", s.method, r.URL, err)
		}
		if result.AccessKeyID != testKey || result.Identity.AccessKeyID != testKey || result.Service != "ecs" ||
			result.Region != "us-east-1" || result.Presigned || !result.SignedAt.Equal(at) {
			rt.Fatalf("result %+v", result)
		}
	})
}

func TestAcceptsWhatTheSDKPresigns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawShape(rt, false)
		s.body = nil
		expires := rapid.IntRange(0, 604800).Draw(rt, "expires")
		age := rapid.IntRange(-300, max(expires, 300*(1-min(expires, 1)))).Draw(rt, "age")
		r := presign(t, s.request(t), nil, s.token, testNow, expires)
		result, err := verifySent(t, verifierAt(testNow.Add(time.Duration(age)*time.Second), s.token), r)
		if err != nil {
			rt.Fatalf("%s: %v", r.URL, err)
		}
		if !result.Presigned || result.AccessKeyID != testKey {
			rt.Fatalf("result %+v", result)
		}
	})
}

// botocoreCase and botocoreSigned are the two ends of testdata/botocore_sign.py.
type botocoreCase struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Key     string            `json:"key"`
	Secret  string            `json:"secret"`
	Token   string            `json:"token"`
	Service string            `json:"service"`
	Region  string            `json:"region"`
	Presign bool              `json:"presign"`
}

type botocoreSigned struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Stamp   string            `json:"stamp"`
}

func TestAcceptsWhatBotocoreSigns(t *testing.T) {
	if err := exec.Command("python3", "-c", "import botocore").Run(); err != nil {
		t.Skip("python3 with botocore is not installed: the comparison with its signer is not made")
	}
	var cases []botocoreCase
	for seed := range 300 {
		s := rapid.Custom(func(rt *rapid.T) shape { return drawShape(rt, true) }).Example(seed)
		headers := map[string]string{}
		for _, h := range s.headers {
			headers[h[0]] = h[1]
		}
		cases = append(cases, botocoreCase{
			Method: s.method, URL: s.url, Headers: headers, Body: string(s.body), Key: testKey, Secret: testSecret,
			Token: s.token, Service: "ecs", Region: "eu-central-1", Presign: seed%3 == 0,
		})
	}
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("python3", "testdata/botocore_sign.py")
	command.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("botocore: %v\n%s", err, stderr.Bytes())
	}
	var signed []botocoreSigned
	if err := json.Unmarshal(output, &signed); err != nil {
		t.Fatal(err)
	}
	if len(signed) != len(cases) {
		t.Fatalf("%d of %d signed", len(signed), len(cases))
	}
	for i, s := range signed {
		now, err := time.Parse(stampFormat, s.Stamp)
		if err != nil {
			t.Fatal(err)
		}
		r, body, err := receive(s.raw(cases[i].Method))
		if err != nil {
			t.Fatalf("%s: %v", s.URL, err)
		}
		if _, err := verifierAt(now, cases[i].Token).Verify(r, body); err != nil {
			t.Errorf("%s %s %q: %v", cases[i].Method, s.URL, s.Headers, err)
		}
	}
}

// raw is the request as botocore's client sends it, its path untouched.
func (s botocoreSigned) raw(method string) []byte {
	rest := strings.TrimPrefix(s.URL, "http://")
	slash := strings.IndexByte(rest, '/')
	out := []string{method + " " + rest[slash:] + " HTTP/1.1", "Host: " + strings.TrimSuffix(rest[:slash], ":80")}
	names := make([]string, 0, len(s.Headers))
	for name := range s.Headers {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		out = append(out, name+": "+s.Headers[name])
	}
	out = append(out, "Content-Length: "+strconv.Itoa(len(s.Body)), "", s.Body)
	return lines(out...)
}
