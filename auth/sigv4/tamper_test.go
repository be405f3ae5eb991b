package sigv4

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// meaning is everything about a request that a handler could act on, of headers
// those that are AWS's or that were signed. Two wire forms with one meaning (a
// tab for a space after a colon, say) are one request.
func meaning(r *http.Request, body []byte, signed []string) string {
	query := parseQuery(r.URL.RawQuery)
	query = slices.DeleteFunc(query, func(p parameter) bool { return p.name == querySignature })
	slices.SortFunc(query, func(a, b parameter) int { return strings.Compare(fmt.Sprintf("%q", a), fmt.Sprintf("%q", b)) })
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-") || slices.Contains(signed, strings.ToLower(name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %q %q %q", r.Method, r.Host, normalisePath(r.URL.EscapedPath()), query, body)
	for _, name := range names {
		fmt.Fprintf(&b, " %q=%q", name, appendValues(nil, r.Header[name]))
	}
	return b.String()
}

func signedNames(t *testing.T, r *http.Request) []string {
	t.Helper()
	c, err := readClaim(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(c.signedHeaders, ";")
}

// checkTampered changes every byte of a signed request in several ways and
// insists that it is refused, or means exactly what was signed.
func checkTampered(t *testing.T, v *Verifier, raw []byte) {
	t.Helper()
	original, body, err := receive(raw)
	if err != nil {
		t.Fatal(err)
	}
	want, err := v.Verify(original, body)
	if err != nil {
		t.Fatalf("before tampering: %v", err)
	}
	signed := signedNames(t, original)
	wantMeaning := meaning(original, body, signed)
	refused := 0
	for at := range raw {
		for _, flip := range []byte{0x01, 0x20, 0x04, 0x80, raw[at] ^ ' ', raw[at] ^ '&', raw[at] ^ ';', raw[at] ^ '/', raw[at] ^ '\n'} {
			if flip == 0 {
				continue
			}
			tampered := slices.Clone(raw)
			tampered[at] ^= flip
			r, body, err := receive(tampered)
			if err != nil {
				continue
			}
			got, err := v.Verify(r, body)
			if err != nil {
				refused++
				continue
			}
			if got != want {
				t.Fatalf("byte %d (%q for %q) changes the result to %+v", at, tampered[at], raw[at], got)
			}
			if m := meaning(r, body, signed); m != wantMeaning {
				t.Fatalf("byte %d (%q for %q) is accepted and changes\n%s\nto\n%s", at, tampered[at], raw[at], wantMeaning, m)
			}
		}
	}
	if refused < len(raw)/2 {
		t.Fatalf("only %d of %d bytes refused: the test tampers with too little", refused, len(raw))
	}
}

func TestRefusesEveryTamperedByte(t *testing.T) {
	body := []byte(`{"cluster":"default","taskDefinition":"web:1","count":1}`)
	jsonRequest := newRequest(t, "POST", "http://127.0.0.1:4566/", body,
		"Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "AmazonEC2ContainerServiceV20141113.RunTask")
	sign(t, jsonRequest, body, "TOKEN/+=", testNow)

	upgrade := newRequest(t, "GET", "http://127.0.0.1:4566/ws?clusterArn=default&agentVersion=1.105.0&seqNum=1&dockerVersion=DockerVersion:%2020.10", nil)
	sign(t, upgrade, nil, "TOKEN/+=", testNow)

	presigned := presign(t, newRequest(t, "GET", "http://127.0.0.1:4566/a%2Fb/c%20d?Action=GetCallerIdentity&Version=2011-06-15&x=%C3%A9+y", nil,
		"X-Custom", "a  b"), nil, "TOKEN/+=", testNow, 900)

	for name, r := range map[string]*http.Request{"json": jsonRequest, "websocket upgrade": upgrade, "presigned": presigned} {
		t.Run(name, func(t *testing.T) {
			checkTampered(t, verifierAt(testNow, "TOKEN/+="), wireBytes(t, r))
		})
	}
}

func TestRefusesTamperedRandomRequests(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawShape(rt, false)
		r := s.request(t)
		sign(t, r, s.body, s.token, testNow)
		raw := wireBytes(t, r)
		original, body, err := receive(raw)
		if err != nil {
			rt.Fatal(err)
		}
		tampered := slices.Clone(raw)
		at := rapid.IntRange(0, len(raw)-1).Draw(rt, "at")
		tampered[at] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		got, gotBody, err := receive(tampered)
		if err != nil {
			return
		}
		signed := signedNames(t, original)
		if _, err := verifierAt(testNow, s.token).Verify(got, gotBody); err == nil && meaning(got, gotBody, signed) != meaning(original, body, signed) {
			rt.Fatalf("byte %d: accepted\n%q\nfor\n%q", at, tampered, raw)
		}
	})
}
