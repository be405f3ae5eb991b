package iam

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// pageSize is how many items a page has unless the caller says. Source: IAM
// API reference, MaxItems.
const pageSize = 100

// take returns the page of items, which are in the order of their keys, that
// maxItems and marker ask for, and the marker of the next page, nil on the
// last. query is everything else that decides what is in the list, the
// operation first: a marker of one list is none of another.
func take[T any](items []T, key func(T) string, maxItems *int32, marker *string, query ...string) (page []T, more bool, next *string, err error) {
	sum := sha256.Sum256([]byte(strings.Join(query, "\x00")))
	mark := string(sum[:6])
	if marker != nil {
		text, err := base64.RawURLEncoding.DecodeString(*marker)
		after, ok := strings.CutPrefix(string(text), mark)
		if err != nil || !ok {
			return nil, false, nil, validation("Invalid Marker: %s", *marker)
		}
		for len(items) > 0 && key(items[0]) <= after {
			items = items[1:]
		}
	}
	limit := pageSize
	if maxItems != nil {
		limit = int(*maxItems)
	}
	if len(items) <= limit {
		return append([]T{}, items...), false, nil, nil
	}
	return items[:limit:limit], true, new(base64.RawURLEncoding.EncodeToString([]byte(mark + key(items[limit-1])))), nil
}

// itself is the key of items that are their own.
func itself(s string) string { return s }
