package authority

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const instance = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/0123456789abcdef"

type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func open(t *testing.T, dir string, c *clock) *Authority {
	t.Helper()
	a, err := Open(dir, Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// client returns the certificate of an instance.
func client(t *testing.T, a *Authority) tls.Certificate {
	t.Helper()
	key, request, err := Request()
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.Instance(request, instance)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key, Leaf: leaf}
}

// shake makes a handshake and returns the instance that the server saw.
func shake(t *testing.T, c *clock, server func(*tls.ClientHelloInfo) (*tls.Certificate, error), clients, roots *x509.CertPool, own *tls.Certificate) (string, error) {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	seen := make(chan error, 1)
	listening := tls.Server(far, &tls.Config{GetCertificate: server, MinVersion: tls.VersionTLS13, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: clients, Time: c.now, SessionTicketsDisabled: true})
	go func() { seen <- listening.Handshake() }()
	o := &tls.Config{RootCAs: roots, ServerName: "localhost", Time: c.now}
	if own != nil {
		o.Certificates = []tls.Certificate{*own}
	}
	calling := tls.Client(near, o)
	if err := calling.Handshake(); err != nil {
		near.Close()
		return "", errors.Join(err, <-seen)
	}
	go func() { _, _ = calling.Read(make([]byte, 1)) }() // takes the server's verdict, which comes late in TLS 1.3
	if err := <-seen; err != nil {
		return "", err
	}
	state := listening.ConnectionState()
	return InstanceOf(&state), nil
}

func TestServersAndInstancesKnowEachOther(t *testing.T) {
	dir, c := t.TempDir(), &clock{time.Now()}
	a := open(t, dir, c)
	again := open(t, dir, c)
	if !bytes.Equal(a.Certificate(), again.Certificate()) {
		t.Error("another authority at the second start")
	}
	info, err := os.Stat(filepath.Join(dir, File))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	s := a.Server([]string{"localhost", "127.0.0.1", "::1"})
	own := client(t, again)
	if arn, err := shake(t, c, s.Certificate, a.Pool(), a.Pool(), &own); err != nil || arn != instance {
		t.Errorf("with a certificate: %q, %v", arn, err)
	}
	if arn, err := shake(t, c, s.Certificate, a.Pool(), a.Pool(), nil); err != nil || arn != "" {
		t.Errorf("without one: %q, %v", arn, err)
	}
	stranger := open(t, t.TempDir(), c)
	theirs := client(t, stranger)
	if _, err := shake(t, c, s.Certificate, a.Pool(), a.Pool(), &theirs); err == nil {
		t.Error("a stranger's certificate is taken")
	}
	if _, err := shake(t, c, s.Certificate, a.Pool(), stranger.Pool(), nil); err == nil {
		t.Error("a stranger's server is taken")
	}
	server, err := s.Certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shake(t, c, s.Certificate, a.Pool(), a.Pool(), server); err == nil {
		t.Error("the server's certificate is taken for a client's")
	}
	if _, err := shake(t, c, func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &own, nil }, a.Pool(), a.Pool(), nil); err == nil {
		t.Error("an instance's certificate is taken for the server's")
	}
}

func TestCertificatesEndAndAreRenewedBefore(t *testing.T) {
	c := &clock{time.Now()}
	a := open(t, t.TempDir(), c)
	own := client(t, a)
	if at := RenewAt(own.Leaf); at.Before(c.Add(39*time.Minute)) || at.After(c.Add(41*time.Minute)) {
		t.Errorf("an instance's certificate is renewed after %v", at.Sub(c.Time))
	}
	s := a.Server([]string{"localhost"})
	first, err := s.Certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Time = c.Add(InstanceLife + time.Second)
	if _, err := shake(t, c, s.Certificate, a.Pool(), a.Pool(), &own); err == nil {
		t.Error("a certificate that has ended is taken")
	}
	if same, err := s.Certificate(nil); err != nil || same != first {
		t.Errorf("renewed after an hour, %v", err)
	}
	for range 20 { // years of service in steps of a month
		c.Time = c.Add(30 * 24 * time.Hour)
		if _, err := shake(t, c, s.Certificate, a.Pool(), a.Pool(), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRequestsAreChecked(t *testing.T) {
	a := open(t, t.TempDir(), &clock{time.Now()})
	_, good, err := Request()
	if err != nil {
		t.Fatal(err)
	}
	for name, request := range map[string][]byte{"nothing": nil, "text": []byte("text"), "long": make([]byte, MaxRequest+1), "a certificate": a.Certificate(),
		"cut": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte{1}})} {
		if _, err := a.Instance(request, instance); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := a.Instance(good, "https://elsewhere"); err == nil {
		t.Error("a name that is no ARN is taken")
	}
}

func TestGivenCertificatesAreReadAgain(t *testing.T) {
	dir, c := t.TempDir(), &clock{time.Now()}
	certificate, key := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	give := func(a *Authority) {
		t.Helper()
		issued, err := a.Server([]string{"localhost"}).Certificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		secret, err := x509.MarshalPKCS8PrivateKey(issued.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(os.WriteFile(certificate, encode(issued.Certificate[0]), 0o644),
			os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
			os.Chtimes(certificate, c.Time, c.Time))
		if err != nil {
			t.Fatal(err)
		}
	}
	first, second := open(t, t.TempDir(), c), open(t, t.TempDir(), c)
	give(first)
	var failures []error
	f, err := OpenFiles(certificate, key, c.now, func(err error) { failures = append(failures, err) })
	if err != nil {
		t.Fatal(err)
	}
	c.Time = c.Add(2 * time.Second)
	give(second)
	if _, err := shake(t, c, f.Certificate, nil, second.Pool(), nil); err != nil {
		t.Errorf("after a change: %v", err)
	}
	c.Time = c.Add(2 * time.Second)
	if err := os.WriteFile(key, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := shake(t, c, f.Certificate, nil, second.Pool(), nil); err != nil || len(failures) != 1 {
		t.Errorf("after a bad change: %v, %v", err, failures)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFiles(certificate, key, c.now, nil); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("a key that everybody can read: %v", err)
	}
}
