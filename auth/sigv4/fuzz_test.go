package sigv4

import (
	"errors"
	"testing"
)

// FuzzVerify feeds whole requests: whatever arrives, the answer is a refusal in
// AWS's words, or a request signed with the one key there is.
func FuzzVerify(f *testing.F) {
	signed := newRequest(f, "POST", "http://127.0.0.1:4566/a/../b?x=1", []byte(goodBody), "X-Amz-Target", "A.B")
	sign(f, signed, []byte(goodBody), "", testNow)
	f.Add(wireBytes(f, signed))
	f.Add(wireBytes(f, presign(f, newRequest(f, "GET", "http://127.0.0.1/?Action=GetCallerIdentity", nil), nil, "", testNow, 60)))
	f.Add(lines("GET / HTTP/1.1", "Host: h", "Authorization: AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;;,Signature=", "Date: x", "", ""))
	f.Add(lines("GET /%zz?X-Amz-Algorithm&X-Amz-Signature=%&X-Amz-Date=20260314T150926Z HTTP/1.1", "Host: h", "", ""))
	v := verifierAt(testNow, "")
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, body, err := receive(raw)
		if err != nil {
			return
		}
		result, err := v.Verify(r, body)
		var refused *Error
		switch {
		case err == nil && result.AccessKeyID != testKey:
			t.Fatalf("accepted as %+v", result)
		case err != nil && (!errors.As(err, &refused) || refused.ErrorCode() == "" || refused.QueryErrorCode() == ""):
			t.Fatalf("error %v", err)
		}
	})
}
