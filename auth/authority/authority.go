package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"time"

	"github.com/roadstead/roadstead/auth/keyring"
)

// File is the name of the authority's file: its key and its certificate.
const File = "certificate-authority"

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	// serverLife is how long the server's certificate is valid.
	serverLife = 90 * 24 * time.Hour
	// InstanceLife is how long an instance's certificate is valid.
	InstanceLife = time.Hour
	// skew is how far clocks of machines may be apart.
	skew = 5 * time.Minute
)

// Options of an Authority. The zero value works.
type Options struct {
	Now func() time.Time // time.Now if nil
	// InstanceLife is how long instances' certificates are valid; InstanceLife
	// if zero.
	InstanceLife time.Duration
}

// Authority issues certificates. It is safe for concurrent use.
type Authority struct {
	key         crypto.Signer
	certificate *x509.Certificate
	options     Options
}

// Open returns the authority kept in dir, and makes it when there is none.
func Open(dir string, o Options) (*Authority, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.InstanceLife == 0 {
		o.InstanceLife = InstanceLife
	}
	path := filepath.Join(dir, File)
	content, err := keyring.Private(path, func() ([]byte, error) { return create(o.Now()) })
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	a := &Authority{options: o}
	if a.key, a.certificate, err = parse(content); err != nil {
		return nil, fmt.Errorf("%s is not a certificate authority: restore it, or remove it to have a new one made, which no client and no instance trusts yet: %w", path, err)
	}
	if !o.Now().Before(a.certificate.NotAfter) {
		return nil, fmt.Errorf("the certificate authority %s expired at %s: remove it to have a new one made, and give its certificate to clients and instances", path, a.certificate.NotAfter)
	}
	return a, nil
}

func create(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Roadstead certificate authority"},
		NotBefore: now.Add(-skew), NotAfter: now.Add(authorityLife),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), encode(der)...), nil
}

func parse(content []byte) (key crypto.Signer, certificate *x509.Certificate, err error) {
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			var any any
			if any, err = x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				key, _ = any.(crypto.Signer)
			}
		case "CERTIFICATE":
			certificate, err = x509.ParseCertificate(block.Bytes)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if key == nil || certificate == nil {
		return nil, nil, errors.New("it lacks a key or a certificate")
	}
	if own, ok := key.Public().(*ecdsa.PublicKey); !ok || !own.Equal(certificate.PublicKey) {
		return nil, nil, errors.New("its key is not its certificate's")
	}
	return key, certificate, nil
}

// Certificate returns the authority's certificate in PEM, which is no secret.
func (a *Authority) Certificate() []byte { return encode(a.certificate.Raw) }

// Pool returns what verifies certificates of the authority.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// issue signs a certificate for a key.
func (a *Authority) issue(template *x509.Certificate, life time.Duration, public crypto.PublicKey) ([]byte, error) {
	now := a.options.Now()
	template.SerialNumber = serial()
	template.NotBefore, template.NotAfter = now.Add(-skew), now.Add(life)
	if template.NotAfter.After(a.certificate.NotAfter) {
		template.NotAfter = a.certificate.NotAfter
	}
	template.KeyUsage, template.BasicConstraintsValid = x509.KeyUsageDigitalSignature, true
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, public, a.key)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	return der, nil
}

func encode(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// serial returns 127 random bits. Source: RFC 5280, section 4.1.2.2.
func serial() *big.Int {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[0] = b[0]&0x7f | 1
	return new(big.Int).SetBytes(b[:])
}
