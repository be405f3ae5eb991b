// Package paging makes and reads the tokens that lists continue with. A token
// holds a place in one list and is none of another.
//
// It decides nothing about order: a place is text that the front door gives
// to an item, and lists begin behind it.
package paging

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// List identifies a list: everything that decides what is in it.
type List [8]byte

// Of names a list by the operation and the parameters that decide its
// content.
func Of(parts ...string) List {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return List(h.Sum(nil)[:8])
}

// Token makes an opaque token of a place in the list.
func (l List) Token(place string) *string {
	return new(base64.RawURLEncoding.EncodeToString(append(l[:], place...)))
}

// Place reads a token. No token is the list's beginning, "". It is false when
// the token is none of this list's.
func (l List) Place(token *string) (string, bool) {
	if token == nil || *token == "" {
		return "", true
	}
	b, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil || len(b) <= len(l) || List(b[:len(l)]) != l {
		return "", false
	}
	return string(b[len(l):]), true
}

// Take returns the first limit items whose place is behind after, in the order
// that they have, and the place of the last of them when there are more, ""
// when there are none.
func Take[T any](items []T, place func(T) string, after string, limit int) (page []T, last string) {
	for i, item := range items {
		if after != "" && place(item) <= after {
			continue
		}
		if len(page) == limit {
			return page, place(items[i-1])
		}
		page = append(page, item)
	}
	return page, ""
}
