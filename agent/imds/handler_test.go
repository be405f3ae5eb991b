package imds

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

var since = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func machine() (Instance, bool) {
	return Instance{ID: "i-0123456789abcdef0", Type: "roadstead", Region: "us-east-1", Zone: "us-east-1b", Account: "000000000000", Address: "192.0.2.7",
		Hostname: "node", Architecture: "x86_64", Role: "roadsteadInstanceRole", Since: since}, true
}

func own(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "secret", SessionToken: "token", CanExpire: true, Expires: since.Add(time.Hour)}, nil
}

// The SDK's own client finds everything.
func TestAgainstTheSDK(t *testing.T) {
	server := httptest.NewServer(New(machine, Options{Credentials: aws.CredentialsProviderFunc(own)}))
	defer server.Close()
	ctx := t.Context()
	client := imds.New(imds.Options{Endpoint: server.URL, EnableFallback: aws.FalseTernary})
	document, err := client.GetInstanceIdentityDocument(ctx, nil)
	if err != nil || document.InstanceID != "i-0123456789abcdef0" || document.AccountID != "000000000000" || document.AvailabilityZone != "us-east-1b" || document.PrivateIP != "192.0.2.7" || !document.PendingTime.Equal(since) {
		t.Errorf("document %+v, %v", document, err)
	}
	if region, err := client.GetRegion(ctx, nil); err != nil || region.Region != "us-east-1" {
		t.Errorf("region %+v, %v", region, err)
	}
	if info, err := client.GetIAMInfo(ctx, nil); err != nil || info.InstanceProfileArn != "arn:aws:iam::000000000000:instance-profile/roadsteadInstanceRole" {
		t.Errorf("profile %+v, %v", info, err)
	}
	for path, want := range map[string]string{
		"instance-id": "i-0123456789abcdef0", "placement/availability-zone": "us-east-1b", "local-ipv4": "192.0.2.7", "hostname": "node", "instance-type": "roadstead",
		"iam/security-credentials/": "roadsteadInstanceRole", "placement/": "availability-zone\nregion", "iam": "info\nsecurity-credentials/",
		"iam/security-credentials/roadsteadInstanceRole": `"AccessKeyId": "ASIA"`,
		"": "hostname\niam/\ninstance-id\ninstance-life-cycle\ninstance-type\nlocal-hostname\nlocal-ipv4\nplacement/\nservices/",
	} {
		out, err := client.GetMetadata(ctx, &imds.GetMetadataInput{Path: path})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		text, err := io.ReadAll(out.Content)
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %s, %v", path, text, err)
		}
	}
	for _, path := range []string{"ami-id", "nothing", "instance-id/below"} {
		if _, err := client.GetMetadata(ctx, &imds.GetMetadataInput{Path: path}); err == nil {
			t.Errorf("%s is there", path)
		}
	}
	if _, err := client.GetUserData(ctx, nil); err == nil {
		t.Error("there is user data")
	}
}

// Without a token, with a bad one, with one that has expired, and through a
// proxy nobody is told anything.
func TestTokens(t *testing.T) {
	now := since
	h := New(machine, Options{Now: func() time.Time { return now }})
	ask := func(method, path string, headers ...string) (int, string) {
		r := httptest.NewRequest(method, "http://169.254.169.254"+path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, life := range []string{"", "0", "-1", "21601", "x"} {
		if code, _ := ask("PUT", "/latest/api/token", lifeHeader, life); code != http.StatusBadRequest {
			t.Errorf("a life of %q: %d", life, code)
		}
	}
	if code, _ := ask("PUT", "/latest/api/token", lifeHeader, "60", "X-Forwarded-For", "10.0.0.1"); code != http.StatusForbidden {
		t.Errorf("through a proxy: %d", code)
	}
	code, token := ask("PUT", "/latest/api/token", lifeHeader, "60")
	if code != http.StatusOK || len(token) < 40 {
		t.Fatalf("%d %s", code, token)
	}
	const path = "/latest/meta-data/instance-id"
	if code, text := ask("GET", path, tokenHeader, token); code != http.StatusOK || text != "i-0123456789abcdef0" {
		t.Errorf("with a token: %d %s", code, text)
	}
	changed := []byte(token)
	changed[3] ^= 1
	for _, shown := range []string{"", "none", string(changed), token[:40]} {
		if code, _ := ask("GET", path, tokenHeader, shown); code != http.StatusUnauthorized {
			t.Errorf("token %q: %d", shown, code)
		}
	}
	if code, _ := ask("POST", path, tokenHeader, token); code != http.StatusMethodNotAllowed {
		t.Errorf("another method: %d", code)
	}
	now = now.Add(time.Minute)
	if code, _ := ask("GET", path, tokenHeader, token); code != http.StatusUnauthorized {
		t.Errorf("an old token: %d", code)
	}
	h.options.Optional = true
	if code, text := ask("GET", path); code != http.StatusOK || text != "i-0123456789abcdef0" {
		t.Errorf("version 1 where it may: %d %s", code, text)
	}
	if code, _ := ask("GET", "/latest/meta-data/iam/info"); code != http.StatusNotFound {
		t.Errorf("credentials of an instance without any: %d", code)
	}
}

func TestNotYetAndNotNow(t *testing.T) {
	h := New(func() (Instance, bool) { return Instance{}, false }, Options{Optional: true})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/latest/meta-data/instance-id", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("before it is registered: %d", w.Code)
	}
	h = New(machine, Options{Optional: true, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("secret reason") })})
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/latest/meta-data/iam/security-credentials/roadsteadInstanceRole", nil))
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "reason") {
		t.Errorf("credentials that cannot be had: %d %s", w.Code, w.Body)
	}
}
