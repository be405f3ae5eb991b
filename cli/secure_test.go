package cli

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/auth/authority"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/keyring"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/auth/throttle"
)

const (
	one   = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/11111111111111111111111111111111"
	other = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/22222222222222222222222222222222"
)

// secured is a server with TLS that certifies instances, and a channel that
// answers with the instance that it saw.
type secured struct {
	*doorway
	dir  dataDir
	keys *keyring.Keyring
}

func serveSecured(t *testing.T, s security) secured {
	t.Helper()
	dir := dataDir(t.TempDir())
	keys, err := keyring.Open(string(dir), rand.Reader, keyring.Options{Account: account})
	if err != nil {
		t.Fatal(err)
	}
	w, err := openDoorway(dir, "127.0.0.1:0", s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	verifier := sigv4.New(keys, sigv4.Options{})
	admitted := w.pinned(func(r *http.Request) (context.Context, error) {
		return caller.With(r.Context(), caller.Identity{BoundTo: r.URL.Query().Get("bound")}), nil
	})
	mux := http.NewServeMux()
	mux.Handle("POST "+certificatePath, w.certify(verifier, &guard{rates: throttle.NewGate(throttle.DefaultRates(), throttle.Options{})}))
	mux.HandleFunc("GET /acs/ws", func(out http.ResponseWriter, r *http.Request) {
		if _, err := admitted(r); err != nil {
			http.Error(out, err.Error(), http.StatusForbidden)
		}
	})
	server := &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(w.listener) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return secured{w, dir, keys}
}

// instance returns what keeps the certificate of an instance whose session is
// bound to one.
func (s secured) instance(t *testing.T, now func() time.Time) *instanceCertificate {
	t.Helper()
	issued, err := issueInstance(s.keys, caller.Instance, one, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return &instanceCertificate{url: s.url, roots: rootsOf(s.dir.readBundle()), now: now, log: slog.New(slog.DiscardHandler), instance: func() string { return one },
		credentials: staticCredentials(issued.AccessKeyID, issued.SecretAccessKey, issued.SessionToken)}
}

// open tries to open a channel.
func (s secured) open(t *testing.T, c *instanceCertificate, query url.Values) (int, string) {
	t.Helper()
	answer, err := c.channels().Get(s.url + "/acs/ws?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestChannelsAreOfTheInstanceOfTheCertificate(t *testing.T) {
	for _, required := range []bool{false, true} {
		s := serveSecured(t, security{tls: true, required: required})
		c := s.instance(t, time.Now)
		want := map[bool]int{false: 200, true: 403}[required]
		if status, text := s.open(t, c, url.Values{"containerInstanceArn": {one}}); status != want {
			t.Errorf("without a certificate, required %v: %d %s", required, status, text)
		}
		own, err := c.ask(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		c.current.Store(own)
		for name, q := range map[string]struct {
			query url.Values
			want  int
		}{
			"its own":                    {url.Values{"containerInstanceArn": {one}, "bound": {one}}, 200},
			"its own, of root":           {url.Values{"containerInstanceArn": {one}}, 200},
			"another's":                  {url.Values{"containerInstanceArn": {other}, "bound": {one}}, 403},
			"its own, another's session": {url.Values{"containerInstanceArn": {one}, "bound": {other}}, 403},
		} {
			if status, text := s.open(t, c, q.query); status != q.want {
				t.Errorf("%s: %d %s", name, status, text)
			}
		}
		c.now = func() time.Time { return own.Leaf.NotAfter }
		if given, err := c.get(nil); err != nil || len(given.Certificate) != 0 {
			t.Errorf("a certificate that has ended is shown, %v", err)
		}
	}
}

func TestCertificatesAreForWhoeverMayAsk(t *testing.T) {
	s := serveSecured(t, security{tls: true})
	c := s.instance(t, time.Now)
	if _, err := c.ask(t.Context(), other); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("another's certificate: %v", err)
	}
	key := s.keys.Bootstrap()
	c.credentials = staticCredentials(key.AccessKeyID, key.SecretAccessKey, "")
	if own, err := c.ask(t.Context(), other); err != nil || authority.InstanceOf(&tls.ConnectionState{}) != "" || own.Leaf.URIs[0].String() != other {
		t.Errorf("for root: %v", err)
	}
	if _, err := c.ask(t.Context(), "arn:aws:iam::000000000000:root"); err == nil {
		t.Error("root gets a certificate of what is no instance")
	}
	c.credentials = staticCredentials(key.AccessKeyID, "wrong", "")
	if _, err := c.ask(t.Context(), one); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("with a wrong secret: %v", err)
	}
	c.roots = nil
	if _, err := c.ask(t.Context(), one); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server that nobody vouches for: %v", err)
	}
}

func TestTheCertificateIsRenewedInTime(t *testing.T) {
	s := serveSecured(t, security{tls: true})
	var err error
	if s.authority, err = authority.Open(string(s.dir), authority.Options{InstanceLife: 900 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	s.doorway.authority = s.authority
	c := s.instance(t, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); c.run(ctx) }()
	defer func() { cancel(); <-ended }()
	var first *tls.Certificate
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(10 * time.Millisecond) {
		current := c.current.Load()
		if first == nil {
			first = current
		}
		if current != first {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no second certificate")
		}
	}
}

func TestOnlyLoopbackIsServedInTheClear(t *testing.T) {
	dir, log := dataDir(t.TempDir()), slog.New(slog.DiscardHandler)
	for _, c := range []struct {
		address string
		s       security
		url     string
		want    string
	}{
		{"127.0.0.1:0", security{}, "http://127.0.0.1:", ""},
		{"localhost:0", security{}, "http://127.0.0.1:", ""},
		{"0.0.0.0:0", security{}, "", "--insecure"},
		{"example.invalid:0", security{}, "", "--tls"},
		{"127.0.0.1:0", security{required: true}, "", "--tls"},
		{"127.0.0.1:0", security{certificate: "/nowhere"}, "", "nowhere"},
		{"127.0.0.1:0", security{tls: true, advertise: "cluster.example:443"}, "https://cluster.example:443", ""},
		{"127.0.0.1:0", security{tls: true, advertise: "cluster.example"}, "https://cluster.example:", ""},
	} {
		w, err := openDoorway(dir, c.address, c.s, log)
		switch {
		case c.want != "":
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", c.address, err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.address, err)
		default:
			if !strings.HasPrefix(w.url, c.url) {
				t.Errorf("%s is reached at %s", c.address, w.url)
			}
			w.listener.Close()
		}
	}
}

func TestTokensAndTheEnvironmentSayWhomToTrust(t *testing.T) {
	s := serveSecured(t, security{tls: true})
	out, stderr, code := run(t, "token", "--data-dir", string(s.dir))
	token, err := readJoinToken(out)
	if code != 0 || err != nil || token.Bundle != string(s.authority.Certificate()) {
		t.Fatalf("%v %s", err, stderr)
	}
	if err := s.dir.writeEndpoint(s.url); err != nil {
		t.Fatal(err)
	}
	if out, _, _ := run(t, "env", "--data-dir", string(s.dir)); !strings.Contains(out, "export AWS_CA_BUNDLE="+s.dir.bundle()+"\n") {
		t.Error("env names no bundle")
	}
	if rootsOf(nil) != nil || validBundle("nonsense") {
		t.Error("nonsense is trusted")
	}
}

// TestAmazonsAgentTrustsTheServer greets as Amazon's agent does, which takes
// HOST:PORT for the name of the server, and as everybody else does.
func TestAmazonsAgentTrustsTheServer(t *testing.T) {
	s := serveSecured(t, security{tls: true})
	for _, name := range []string{s.host, "127.0.0.1", "localhost"} {
		c, err := tls.Dial("tcp", s.host, &tls.Config{RootCAs: s.authority.Pool(), ServerName: name})
		if err != nil {
			t.Errorf("as %s: %v", name, err)
			continue
		}
		odd := slices.Contains(c.ConnectionState().PeerCertificates[0].DNSNames, s.host)
		if odd != (name == s.host) {
			t.Errorf("as %s: the certificate is for %v", name, c.ConnectionState().PeerCertificates[0].DNSNames)
		}
		c.Close()
	}
}
