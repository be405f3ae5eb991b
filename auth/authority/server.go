package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"
)

// Server is the certificate of a server under the names that it has.
type Server struct {
	authority *Authority
	names     []string

	mu      sync.Mutex
	current *tls.Certificate
}

// Server returns what issues the server's certificate, and a new one well
// before it expires. Names are host names and addresses.
func (a *Authority) Server(names []string) *Server { return &Server{authority: a, names: names} }

// Certificate implements tls.Config's GetCertificate.
func (s *Server) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil && s.authority.options.Now().Before(RenewAt(s.current.Leaf)) {
		return s.current, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "Roadstead"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, name := range s.names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := s.authority.issue(template, serverLife, key.Public())
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read what was issued: %w", err)
	}
	s.current = &tls.Certificate{Certificate: [][]byte{der, s.authority.certificate.Raw}, PrivateKey: key, Leaf: leaf}
	return s.current, nil
}

// lookEvery is how often files are looked at.
const lookEvery = time.Second

// Files is a certificate and its key in files that somebody else renews.
type Files struct {
	certificate, key string
	now              func() time.Time
	failed           func(error)

	mu      sync.Mutex
	current *tls.Certificate
	stamps  [2]stamp
	looked  time.Time
}

type stamp struct {
	modified time.Time
	size     int64
}

// OpenFiles reads a certificate (with its chain) and its key, both in PEM. When
// the files change they are read again; while they cannot be, the certificate
// before is used and failed is told once for each change.
func OpenFiles(certificate, key string, now func() time.Time, failed func(error)) (*Files, error) {
	f := &Files{certificate: certificate, key: key, now: now, failed: failed}
	var err error
	if f.stamps, err = f.stamp(); err == nil {
		f.current, err = f.read()
	}
	if err != nil {
		return nil, fmt.Errorf("certificate of the server: %w", err)
	}
	f.looked = now()
	return f, nil
}

func (f *Files) read() (*tls.Certificate, error) {
	info, err := os.Stat(f.key)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("%s can be read by everybody (mode %04o): run \"chmod o-rwx %s\"", f.key, info.Mode().Perm(), f.key)
	}
	c, err := tls.LoadX509KeyPair(f.certificate, f.key)
	return &c, err
}

func (f *Files) stamp() (s [2]stamp, err error) {
	for i, path := range []string{f.certificate, f.key} {
		info, err := os.Stat(path)
		if err != nil {
			return s, err
		}
		s[i] = stamp{info.ModTime(), info.Size()}
	}
	return s, nil
}

// Certificate implements tls.Config's GetCertificate.
func (f *Files) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if now.Sub(f.looked) < lookEvery {
		return f.current, nil
	}
	f.looked = now
	stamps, err := f.stamp()
	if stamps == f.stamps || errors.Is(err, fs.ErrNotExist) { // not changed, or just being replaced
		return f.current, nil
	}
	f.stamps = stamps
	fresh, err := f.read()
	if err != nil {
		f.failed(fmt.Errorf("certificate of the server: %w", err))
		return f.current, nil
	}
	f.current = fresh
	return f.current, nil
}
