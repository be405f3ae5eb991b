package sigv4

import (
	"bytes"
	"testing"
)

// BenchmarkVerify is one request of an SDK client with a body of 1 KB.
func BenchmarkVerify(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 1024)
	r := newRequest(b, "POST", "http://127.0.0.1:4566/", body, "Content-Type", "application/x-amz-json-1.1",
		"X-Amz-Target", "AmazonEC2ContainerServiceV20141113.DescribeTasks", "Amz-Sdk-Request", "attempt=1; max=3",
		"Amz-Sdk-Invocation-Id", "9f6c9a8e-5c0f-4c7b-8d2e-1a2b3c4d5e6f")
	sign(b, r, body, "", testNow)
	v := verifierAt(testNow, "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(r, body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyPresigned is one presigned request.
func BenchmarkVerifyPresigned(b *testing.B) {
	r := presign(b, newRequest(b, "GET", "http://127.0.0.1:4566/?Action=GetCallerIdentity&Version=2011-06-15", nil), nil, "", testNow, 900)
	v := verifierAt(testNow, "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(r, nil); err != nil {
			b.Fatal(err)
		}
	}
}
