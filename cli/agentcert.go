package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/roadstead/roadstead/auth/authority"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/auth/throttle"
)

// certificatePath is where an agent asks for its instance's certificate, with a
// signed POST of a certificate request.
const certificatePath = "/agent/certificate"

// certify answers agents that ask for their instance's certificate. A session
// that is bound to an instance gets that one's; root names one.
func (w *doorway) certify(v *sigv4.Verifier, g *guard) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if w.authority == nil || r.TLS == nil {
			http.Error(out, "certificates are issued over TLS alone", http.StatusNotFound)
			return
		}
		if err := g.rates.Stranger(throttle.Address(r), sigv4.ClaimedKey(r)); err != nil {
			http.Error(out, err.Error(), http.StatusTooManyRequests)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, authority.MaxRequest))
		if err != nil {
			http.Error(out, "the certificate request cannot be read", http.StatusBadRequest)
			return
		}
		arn, err := instanceToCertify(v, r, body)
		if err != nil {
			g.rates.Refused(throttle.Address(r))
			http.Error(out, err.Error(), http.StatusForbidden)
			return
		}
		text, err := w.authority.Instance(body, arn)
		if err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
		out.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = out.Write(text) // an agent that has gone asks again
	})
}

func instanceToCertify(v *sigv4.Verifier, r *http.Request, body []byte) (string, error) {
	result, err := v.Verify(r, body)
	if err == nil {
		err = result.For("ecs")
	}
	if err != nil {
		return "", err
	}
	who, named := result.Identity, r.URL.Query().Get("containerInstanceArn")
	switch {
	case who.Purpose == caller.Instance && who.BoundTo != "" && (named == "" || named == who.BoundTo):
		return who.BoundTo, nil
	case who.Kind == caller.Root && strings.HasPrefix(named, "arn:aws:ecs:"+region+":"+who.Account+":container-instance/"):
		return named, nil
	}
	return "", errors.New("AccessDeniedException: the caller is not the container instance")
}

// pinned lets an agent open a channel only for the instance whose certificate
// it shows. One without a certificate is let through unless they are required:
// the stock agent has none.
func (w *doorway) pinned(authenticate func(*http.Request) (context.Context, error)) func(*http.Request) (context.Context, error) {
	return func(r *http.Request) (context.Context, error) {
		ctx, err := authenticate(r)
		if err != nil {
			return nil, err
		}
		arn := authority.InstanceOf(r.TLS)
		if arn == "" {
			if w.required {
				return nil, errors.New("this server wants the certificate of the container instance")
			}
			return ctx, nil
		}
		who, _ := caller.From(ctx)
		named := r.URL.Query().Get("containerInstanceArn")
		if who.BoundTo != "" && who.BoundTo != arn || named != "" && named != arn {
			return nil, fmt.Errorf("the certificate is of the container instance %s and of no other", arn)
		}
		return ctx, nil
	}
}

// instanceCertificate is an instance's certificate, which its agent renews.
type instanceCertificate struct {
	url         string // of the control plane
	roots       *x509.CertPool
	credentials aws.CredentialsProvider
	instance    func() string // its ARN; "" until it is known
	now         func() time.Time
	log         *slog.Logger

	current atomic.Pointer[tls.Certificate]
}

const (
	firstCertificateWait = 200 * time.Millisecond
	lastCertificateWait  = time.Minute
)

// get implements tls.Config's GetClientCertificate.
func (c *instanceCertificate) get(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if own := c.current.Load(); own != nil && c.now().Before(own.Leaf.NotAfter) {
		return own, nil
	}
	return &tls.Certificate{}, nil
}

// run keeps the certificate fresh until ctx ends.
func (c *instanceCertificate) run(ctx context.Context) {
	wait := firstCertificateWait
	for {
		next := wait
		if arn := c.instance(); arn != "" {
			own, err := c.ask(ctx, arn)
			if err == nil {
				c.current.Store(own)
				wait = firstCertificateWait
				next = max(authority.RenewAt(own.Leaf).Sub(c.now()), wait)
			} else {
				c.log.Warn("no certificate for the container instance; trying again", "error", err)
				wait = min(2*wait, lastCertificateWait)
			}
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// ask gets a certificate for a new key.
func (c *instanceCertificate) ask(ctx context.Context, arn string) (*tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	key, request, err := authority.Request()
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+certificatePath+"?containerInstanceArn="+url.QueryEscape(arn), bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials of the instance: %w", err)
	}
	hash := sha256.Sum256(request)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(hash[:]), "ecs", region, c.now()); err != nil {
		return nil, fmt.Errorf("sign the certificate request: %w", err)
	}
	transport := &http.Transport{TLSClientConfig: clientTLS(c.roots, nil), DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", answer.Status, strings.TrimSpace(string(text)))
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the answer is no certificate in PEM")
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the answer: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key, Leaf: leaf}, nil
}

// channels opens websockets with the certificate. Connections are not kept: one
// that was opened before a renewal would show what has ended.
func (c *instanceCertificate) channels() *http.Client {
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: clientTLS(c.roots, c.get), DisableKeepAlives: true}}
}
