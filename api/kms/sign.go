package kms

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire/constraint"
)

// maxSignature bounds signatures that are shown. Source: the service model.
const maxSignature = 6144

// signing is a message to be signed, or whose signature is checked.
type signing struct {
	key       *model.KMSKey
	algorithm types.SigningAlgorithmSpec
	private   crypto.Signer
	// text is what the algorithm signs: a digest, except of Ed25519 without one.
	text []byte
	hash crypto.Hash
}

// Sign signs a message of up to 4,096 bytes, or a digest.
func (d *FrontDoor) Sign(ctx context.Context, in *kms.SignInput) (*kms.SignOutput, error) {
	var v constraint.Violations
	checkSigning(&v, in.KeyId, in.Message, in.MessageType, in.SigningAlgorithm, in.GrantTokens)
	r, s, err := d.signing(ctx, v, in.KeyId, in.Message, in.MessageType, in.SigningAlgorithm, "Sign")
	if err := firstError(err, dryRun(in.DryRun)); err != nil {
		return nil, err
	}
	signature, err := s.sign()
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", s.key.Key(), err)
	}
	return &kms.SignOutput{KeyId: new(r.arnOf(s.key)), Signature: signature, SigningAlgorithm: s.algorithm}, nil
}

// Verify checks a signature. One that is wrong is an error, not an answer.
func (d *FrontDoor) Verify(ctx context.Context, in *kms.VerifyInput) (*kms.VerifyOutput, error) {
	var v constraint.Violations
	checkSigning(&v, in.KeyId, in.Message, in.MessageType, in.SigningAlgorithm, in.GrantTokens)
	if in.Signature == nil {
		v.Missing("signature")
	} else {
		v.Length("signature", len(in.Signature), 1, maxSignature)
	}
	r, s, err := d.signing(ctx, v, in.KeyId, in.Message, in.MessageType, in.SigningAlgorithm, "Verify")
	if err := firstError(err, dryRun(in.DryRun)); err != nil {
		return nil, err
	}
	if !s.verify(in.Signature) {
		return nil, &types.KMSInvalidSignatureException{}
	}
	return &kms.VerifyOutput{KeyId: new(r.arnOf(s.key)), SignatureValid: true, SigningAlgorithm: s.algorithm}, nil
}

func checkSigning(v *constraint.Violations, key *string, message []byte, kind types.MessageType, algorithm types.SigningAlgorithmSpec, tokens []string) {
	v.Required("keyId", key, keyText)
	if message == nil {
		v.Missing("message")
	} else {
		v.Blob("message", len(message), 1, maxPlaintext)
	}
	constraint.OneOf(v, "messageType", kind, kind.Values())
	if algorithm == "" {
		v.Missing("signingAlgorithm")
	}
	constraint.OneOf(v, "signingAlgorithm", algorithm, algorithm.Values())
	grantTokens(v, tokens)
}

// signing finds the key and what is to be signed with it.
func (d *FrontDoor) signing(ctx context.Context, v constraint.Violations, name *string, message []byte, kind types.MessageType, algorithm types.SigningAlgorithmSpec, action string) (request, signing, error) {
	r, err := d.begin(ctx)
	if err := firstError(err, v.Err()); err != nil {
		return r, signing{}, err
	}
	k, err := d.find(d.db.View(), r, *name)
	if err != nil {
		return r, signing{}, err
	}
	if err := firstError(usable(r, k, action), checkUsage(r, k, types.KeyUsageTypeSignVerify, action), checkAlgorithm(k, algorithm, abilityOfKey(k).signs)); err != nil {
		return r, signing{}, err
	}
	s := signing{key: k, algorithm: algorithm, hash: hashOf(algorithm)}
	if s.text, err = s.digest(message, kind); err != nil {
		return r, signing{}, err
	}
	s.private, err = d.private(k)
	return r, s, err
}

// digest is what the algorithm signs of a message.
func (s signing) digest(message []byte, kind types.MessageType) ([]byte, error) {
	switch {
	case kind == types.MessageTypeExternalMu:
		return nil, constraint.Invalid("MessageType EXTERNAL_MU is not valid for algorithm %s.", s.algorithm)
	case s.algorithm == types.SigningAlgorithmSpecEd25519Sha512 && kind == types.MessageTypeDigest:
		return nil, constraint.Invalid("MessageType DIGEST is not valid for algorithm %s.", s.algorithm)
	case s.algorithm == types.SigningAlgorithmSpecEd25519PhSha512 && kind != types.MessageTypeDigest:
		return nil, constraint.Invalid("MessageType RAW is not valid for algorithm %s.", s.algorithm)
	case s.algorithm == types.SigningAlgorithmSpecEd25519Sha512:
		return message, nil
	case kind == types.MessageTypeDigest && len(message) != s.hash.Size():
		return nil, constraint.Invalid("Digest is invalid length for algorithm %s.", s.algorithm)
	case kind == types.MessageTypeDigest:
		return message, nil
	}
	h := s.hash.New()
	h.Write(message)
	return h.Sum(nil), nil
}

// hashOf is the hash of an algorithm, which ends with its name; 0 for an
// Ed25519 that hashes by itself.
func hashOf(algorithm types.SigningAlgorithmSpec) crypto.Hash {
	switch name := string(algorithm); {
	case algorithm == types.SigningAlgorithmSpecEd25519Sha512:
		return 0
	case strings.HasSuffix(name, "_SHA_256"):
		return crypto.SHA256
	case strings.HasSuffix(name, "_SHA_384"):
		return crypto.SHA384
	}
	return crypto.SHA512
}

func (s signing) pss() bool { return strings.HasPrefix(string(s.algorithm), "RSASSA_PSS_") }

// sign signs. The salt of RSASSA-PSS is as long as the digest, as on AWS.
func (s signing) sign() ([]byte, error) {
	if s.pss() {
		return s.private.Sign(rand.Reader, s.text, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.hash})
	}
	return s.private.Sign(rand.Reader, s.text, s.hash)
}

func (s signing) verify(signature []byte) bool {
	switch public := s.private.Public().(type) {
	case *rsa.PublicKey:
		if s.pss() {
			return rsa.VerifyPSS(public, s.hash, s.text, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(public, s.hash, s.text, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(public, s.text, signature)
	case ed25519.PublicKey:
		return ed25519.VerifyWithOptions(public, s.text, signature, &ed25519.Options{Hash: s.hash}) == nil
	}
	return false
}
