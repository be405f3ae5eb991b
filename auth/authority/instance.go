package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// MaxRequest is the longest certificate request that is read, in bytes.
const MaxRequest = 8 << 10

// Instance issues the certificate of a container instance for the key of a
// request in PEM. Of the request the key alone counts: whose certificate it is
// to be, the caller has found out. The answer is PEM.
func (a *Authority) Instance(request []byte, instanceARN string) ([]byte, error) {
	if len(request) > MaxRequest {
		return nil, fmt.Errorf("a certificate request has at most %d bytes", MaxRequest)
	}
	block, _ := pem.Decode(request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("that is no certificate request in PEM")
	}
	r, err := x509.ParseCertificateRequest(block.Bytes)
	if err == nil {
		err = r.CheckSignature()
	}
	if err != nil {
		return nil, fmt.Errorf("certificate request: %w", err)
	}
	key, ok := r.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the key of a certificate request is an ECDSA key on the curve P-256")
	}
	name, err := url.Parse(instanceARN)
	if err != nil || !strings.HasPrefix(instanceARN, "arn:") {
		return nil, fmt.Errorf("%q is no ARN", instanceARN)
	}
	der, err := a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "container instance"}, URIs: []*url.URL{name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, a.options.InstanceLife, key)
	if err != nil {
		return nil, err
	}
	return encode(der), nil
}

// Request makes a key and a certificate request for it, in PEM.
func Request() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, nil, fmt.Errorf("make a certificate request: %w", err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), nil
}

// InstanceOf returns the ARN of the container instance whose certificate a
// connection was opened with; "" if it was opened without one. state is that of
// a handshake that has verified the certificate.
func InstanceOf(state *tls.ConnectionState) string {
	if state == nil || len(state.VerifiedChains) == 0 || len(state.PeerCertificates) == 0 || len(state.PeerCertificates[0].URIs) != 1 {
		return ""
	}
	return state.PeerCertificates[0].URIs[0].String()
}

// RenewAt returns when a certificate is to be replaced: when two thirds of its
// life are over.
func RenewAt(c *x509.Certificate) time.Time {
	begin := c.NotBefore.Add(skew)
	return begin.Add(c.NotAfter.Sub(begin) * 2 / 3)
}
