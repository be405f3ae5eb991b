package cli

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/auth/authority"
)

// security says how a server is reached.
type security struct {
	tls                      bool          // with certificates of our own
	certificate, key, bundle string        // given ones, and what clients verify them by
	insecure                 bool          // serve more than loopback without TLS
	advertise                string        // HOST:PORT that clients reach the server under; "" follows from the listener
	required                 bool          // agents' channels need a certificate
	life                     time.Duration // of instances' certificates; 0: the authority's own choice
}

// doorway is where a server is reached, and how.
type doorway struct {
	listener  net.Listener
	host, url string               // as clients are told
	authority *authority.Authority // nil without TLS
	required  bool
	// plain is the server's own certificate, and odd the one for who takes
	// HOST:PORT for the server's name.
	plain, odd *authority.Server
}

// openDoorway listens. Without TLS, only loopback is served unless told so.
func openDoorway(d dataDir, address string, s security, log *slog.Logger) (*doorway, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("--listen %q is not HOST:PORT: %w", address, err)
	}
	secure := s.tls || s.certificate != "" || s.key != ""
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) && !secure && !s.insecure {
		return nil, fmt.Errorf("--listen %q: without TLS only loopback addresses are served: say --tls for certificates of Roadstead's own, "+
			"--tls-cert and --tls-key for given ones, or --insecure to be overheard", address)
	}
	if s.required && !secure {
		return nil, errors.New("--agent-certificates required: there are no certificates without --tls")
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w (name another with --listen)", address, err)
	}
	w := &doorway{listener: l, host: advertised(s.advertise, l.Addr()), required: s.required}
	w.url = "http://" + w.host
	if secure {
		if err := w.secure(d, s, log); err != nil {
			l.Close()
			return nil, err
		}
		w.url = "https://" + w.host
	}
	return w, nil
}

// secure puts TLS over the listener. Clients' certificates are always those of
// our own authority: container instances have them.
func (w *doorway) secure(d dataDir, s security, log *slog.Logger) (err error) {
	if w.authority, err = authority.Open(string(d), authority.Options{InstanceLife: s.life}); err != nil {
		return err
	}
	bundle := w.authority.Certificate()
	get := w.ownCertificate
	w.plain, w.odd = w.authority.Server(serverNames(w.host)), w.authority.Server(append(serverNames(w.host), w.host))
	if s.certificate != "" || s.key != "" {
		given, err := authority.OpenFiles(s.certificate, s.key, time.Now, func(err error) { log.Error("the certificate before stays in use", "error", err) })
		if err != nil {
			return err
		}
		get, bundle = given.Certificate, nil
		if s.bundle != "" {
			if bundle, err = os.ReadFile(s.bundle); err != nil {
				return fmt.Errorf("--tls-ca: %w", err)
			}
			if !x509.NewCertPool().AppendCertsFromPEM(bundle) {
				return fmt.Errorf("--tls-ca: %s holds no certificate in PEM", s.bundle)
			}
		}
	}
	if err := d.writeBundle(bundle); err != nil {
		return err
	}
	// HTTP/1.1 alone: agents' channels are websockets.
	w.listener = tls.NewListener(w.listener, &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"},
		GetCertificate: get, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: w.authority.Pool()})
	return nil
}

// ownCertificate is the certificate of our own authority for who greets so.
// Amazon's agent asks for HOST:PORT when it opens a channel and verifies just
// that: it alone is shown a certificate with such a name.
// Source: amazon-ecs-agent 1.105.1, ecs-agent/wsclient/client.go.
func (w *doorway) ownCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if strings.Contains(hello.ServerName, ":") {
		return w.odd.Certificate(hello)
	}
	return w.plain.Certificate(hello)
}

// advertised is where clients are sent: what was said, or the address that is
// listened on; of all addresses of the machine the first that others reach.
func advertised(said string, at net.Addr) string {
	host, port, err := net.SplitHostPort(at.String())
	if said != "" || err != nil {
		if _, _, err := net.SplitHostPort(said); said != "" && err != nil {
			return net.JoinHostPort(said, port)
		}
		return said
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		for _, a := range machineAddresses() {
			if ip := net.ParseIP(a); ip.IsGlobalUnicast() && ip.To4() != nil {
				host = a
				break
			}
		}
	}
	return net.JoinHostPort(host, port)
}

// serverNames are what the server's own certificate is for.
func serverNames(host string) []string {
	names := append([]string{"localhost", "127.0.0.1", "::1"}, machineAddresses()...)
	if h, _, err := net.SplitHostPort(host); err == nil {
		names = append(names, h)
	}
	if name, err := os.Hostname(); err == nil {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func machineAddresses() (all []string) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			all = append(all, n.IP.String())
		}
	}
	return all
}

// scheme is http or https.
func (w *doorway) scheme() string { scheme, _, _ := strings.Cut(w.url, ":"); return scheme }

// hosts are the names under which the registry is this one.
func (w *doorway) hosts() []string {
	hosts := []string{w.host}
	if h, port, err := net.SplitHostPort(w.host); err == nil && net.ParseIP(h).IsLoopback() {
		hosts = append(hosts, net.JoinHostPort("localhost", port))
	}
	return hosts
}

// bundle is the path of what clients verify the server by.
func (d dataDir) bundle() string { return d.join("ca-bundle.pem") }

// writeBundle says what clients verify the server by; nil is their own roots.
func (d dataDir) writeBundle(text []byte) error {
	if text == nil {
		if err := os.Remove(d.bundle()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if there, err := os.ReadFile(d.bundle()); err == nil && bytes.Equal(there, text) {
		return nil
	}
	return os.WriteFile(d.bundle(), text, 0o644)
}

// readBundle returns what the server is verified by; nil is the system's roots.
func (d dataDir) readBundle() []byte {
	text, err := os.ReadFile(d.bundle())
	if err != nil {
		return nil
	}
	return text
}

// rootsOf returns the certificates of a bundle; nil, the system's roots, if it
// is empty.
func rootsOf(bundle []byte) *x509.CertPool {
	if len(bundle) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(bundle)
	return pool
}

// validBundle refuses text without a certificate.
func validBundle(text string) bool {
	block, _ := pem.Decode([]byte(text))
	return block != nil && block.Type == "CERTIFICATE"
}

// clientTLS is how our own clients verify servers, with own as their
// certificate if it is not nil.
func clientTLS(roots *x509.CertPool, own func(*tls.CertificateRequestInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: roots, GetClientCertificate: own}
}

// trusting lets a client verify servers by a bundle; nil is the system's roots.
func trusting(c aws.Config, bundle []byte) aws.Config {
	if len(bundle) > 0 {
		c.HTTPClient = &patientClient{http.Client{Timeout: time.Minute, Transport: trustingTransport(bundle)}}
	}
	return c
}

// trustingTransport verifies servers by the bundle.
func trustingTransport(bundle []byte) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = clientTLS(rootsOf(bundle), nil)
	return transport
}
