package ecs

import (
	"crypto/sha256"
	"encoding/base64"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxResults is the largest page of a list, and what most lists give unless
// asked for less. Source: ECS API reference, maxResults.
const maxResults = 100

// page is the part of a list that is asked for.
type page struct {
	limit int
	// after is the position behind which the page begins, "" for the first.
	after string
	// query identifies the list: a token of one list is none of another.
	query string
}

// newPage reads maxResults and nextToken; query holds everything that decides
// what is in the list, the operation first.
func newPage(limit *int32, token *string, otherwise int, query ...string) (page, error) {
	p := page{limit: otherwise}
	sum := sha256.Sum256([]byte(strings.Join(query, "\x00")))
	p.query = string(sum[:8])
	if limit != nil {
		if *limit < 1 || *limit > maxResults {
			return page{}, invalid("maxResults must be between 1 and %d.", maxResults)
		}
		p.limit = int(*limit)
	}
	if aws.ToString(token) == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	after, ok := strings.CutPrefix(string(text), p.query)
	if err != nil || !ok || after == "" {
		return page{}, invalid("Invalid token")
	}
	p.after = after
	return p, nil
}

func (p page) token(position string) *string {
	return new(base64.RawURLEncoding.EncodeToString([]byte(p.query + position)))
}

// take returns the page of the items in seq, which begins behind p.after, and
// the token of the next page, nil on the last. position says where an item
// is, "" for one that is not in the list.
func take[T, R any](p page, seq iter.Seq[T], position func(T) string, show func(T) R) ([]R, *string) {
	items := []R{}
	last := ""
	for t := range seq {
		at := position(t)
		if at == "" {
			continue
		}
		if len(items) == p.limit {
			return items, p.token(last)
		}
		items, last = append(items, show(t)), at
	}
	return items, nil
}

// behind leaves out what is at or before p.after in an ascending sequence.
func behind[T any](p page, seq iter.Seq[T], position func(T) string) iter.Seq[T] {
	return func(yield func(T) bool) {
		for t := range seq {
			if position(t) > p.after && !yield(t) {
				return
			}
		}
	}
}
