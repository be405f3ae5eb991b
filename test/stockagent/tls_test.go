package stockagent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// TestOverTLS does in short what the other tests do, with a server whose
// certificate is of its own authority, at no port that anybody expects.
func TestOverTLS(t *testing.T) {
	w := newWorld(t, "server", "--tls")
	instance := w.joined(patience)
	w.parts(t, []part{
		{"instance", func(t *testing.T) { w.described(t, instance) }},
		{"roles", w.roles},
		{"sealed", w.sealed},
		{"agent killed", w.agentKilled},
		{"server killed", w.serverKilled},
	})
}

// transport trusts the server's bundle, where there is one.
func (w *world) transport() *http.Transport {
	w.t.Helper()
	out := http.DefaultTransport.(*http.Transport).Clone()
	out.Proxy = nil
	if path := w.bundle(); path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		out.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		out.TLSClientConfig.RootCAs.AppendCertsFromPEM(text)
	}
	return out
}

// upload pushes an image to our registry.
func (w *world) upload(ctx context.Context, image v1.Image, reference string) error {
	password, err := w.password(ctx)
	if err != nil {
		return err
	}
	options := []name.Option{}
	if w.bundle() == "" {
		options = append(options, name.Insecure)
	}
	to, err := name.ParseReference(reference, options...)
	if err != nil {
		return err
	}
	return remote.Write(to, image, remote.WithContext(ctx), remote.WithTransport(w.transport()),
		remote.WithAuth(&authn.Basic{Username: "AWS", Password: password}))
}
