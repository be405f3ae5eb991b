package ecr

import (
	"crypto/sha256"
	"encoding/base64"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Sizes of pages. Source: ECR API reference, maxResults.
const (
	defaultResults = 100
	maxResults     = 1000
)

// page is the part of a list that is asked for.
type page struct {
	limit int
	// after is the position behind which the page begins, "" for the first.
	after string
	// query identifies the list: a token of one list is none of another.
	query string
}

// checkLimit checks how much a caller wants of a list.
func checkLimit(limit *int32) error {
	switch {
	case limit != nil && *limit < 1:
		return violates("maxResults", "must be greater than or equal to 1")
	case limit != nil && *limit > maxResults:
		return violates("maxResults", "must be less than or equal to %d", maxResults)
	}
	return nil
}

// newPage reads maxResults and nextToken; query holds everything that decides
// what is in the list, the operation first.
func newPage(limit *int32, token *string, query ...string) (page, error) {
	sum := sha256.Sum256([]byte(strings.Join(query, "\x00")))
	p := page{limit: defaultResults, query: string(sum[:8])}
	if err := checkLimit(limit); err != nil {
		return page{}, err
	}
	if limit != nil {
		p.limit = int(*limit)
	}
	if aws.ToString(token) == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	after, ok := strings.CutPrefix(string(text), p.query)
	if err != nil || !ok || after == "" {
		return page{}, violates("nextToken", "Invalid token")
	}
	p.after = after
	return p, nil
}

// take returns the page of the items in seq, which are behind p.after already,
// and the token of the next page, nil on the last.
func take[T any](p page, seq iter.Seq2[string, T]) ([]T, *string) {
	items := []T{}
	last := ""
	for at, item := range seq {
		if len(items) == p.limit {
			return items, new(base64.RawURLEncoding.EncodeToString([]byte(p.query + last)))
		}
		items, last = append(items, item), at
	}
	return items, nil
}
