package iam

import (
	"strings"
	"unicode"

	"github.com/roadstead/roadstead/auth/policy"
)

// Sizes of policies in characters other than white space. Source: IAM user
// guide, "IAM and AWS STS quotas".
const (
	maxManaged     = 6144
	maxTrust       = 2048
	maxUserInline  = 2048
	maxGroupInline = 5120
	maxRoleInline  = 10240
)

// size counts what quotas count.
func size(document string) (n int) {
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// parse checks that a document is a policy of the kind.
func parse(document string, kind policy.Kind) (*policy.Document, error) {
	d, err := policy.Parse(document, kind)
	if err != nil {
		return nil, malformed("%s", err)
	}
	return d, nil
}

// parseManaged checks a version of a managed policy.
func parseManaged(document string) error {
	d, err := parse(document, policy.Identity)
	if err != nil {
		return err
	}
	if d.Version != policy.Version2012 { // older than managed policies are
		return malformed("Policy document must be version 2012-10-17 or greater.")
	}
	if err := checkIdentity(d); err != nil {
		return err
	}
	if size(document) > maxManaged {
		return quota("PolicySize", maxManaged)
	}
	return nil
}

// parseTrust checks a role's trust policy. It speaks of sts alone.
func parseTrust(document string) error {
	d, err := parse(document, policy.Trust)
	if err != nil {
		return err
	}
	for _, s := range d.Statements {
		if s.NotAction {
			return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
		}
		for _, a := range s.Actions {
			if a != "*" && !strings.HasPrefix(strings.ToLower(a), "sts:") {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
	}
	if size(document) > maxTrust {
		return quota("ACLSizePerRole", maxTrust)
	}
	return nil
}

const hexDigits = "0123456789ABCDEF"

// encoded is a document as answers carry it: percent-encoded as RFC 3986 has it.
func encoded(document string) *string {
	var b strings.Builder
	for i := range len(document) {
		c := document[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return new(b.String())
}
