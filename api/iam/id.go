package iam

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
)

// Prefixes of unique ids. Source: IAM user guide, "IAM identifiers".
const (
	prefixUser    = "AIDA"
	prefixGroup   = "AGPA"
	prefixRole    = "AROA"
	prefixProfile = "AIPA"
	prefixPolicy  = "ANPA"
	prefixKey     = "AKIA"
)

// id draws a unique id: 21 characters, or 20 for access keys.
func (c *call) id(prefix string) (string, error) {
	length := 17
	if prefix == prefixKey {
		length = 16
	}
	var random [11]byte
	if _, err := io.ReadFull(c.opts.Random, random[:]); err != nil {
		return "", c.fault("draw an id", err)
	}
	return prefix + base32.StdEncoding.EncodeToString(random[:])[:length], nil
}

// secret draws a secret access key: 40 characters.
func (c *call) secret() (string, error) {
	var random [30]byte
	if _, err := io.ReadFull(c.opts.Random, random[:]); err != nil {
		return "", c.fault("draw a secret", err)
	}
	return base64.StdEncoding.EncodeToString(random[:]), nil
}

// uuid draws a random UUID.
func (c *call) uuid() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(c.opts.Random, b[:]); err != nil {
		return "", c.fault("draw an id", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
