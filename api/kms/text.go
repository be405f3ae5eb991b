package kms

import (
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/roadstead/roadstead/wire/constraint"
	"github.com/roadstead/roadstead/wire/paging"
)

// What the service model says of strings and lists.
const (
	maxPage        = 1000
	maxTags        = 50
	maxPlaintext   = 4096
	maxCiphertext  = 6144
	maxRandom      = 1024
	maxContextPair = 8192 // bytes of one encryption context, all told
)

var (
	keyText         = constraint.Text{Min: 1, Max: 2048}
	descriptionText = constraint.Text{Max: 8192}
	policyText      = constraint.Text{Min: 1, Max: 131072}
	aliasText       = constraint.Text{Min: 1, Max: 256, Pattern: regexp.MustCompile(`^[a-zA-Z0-9:/_-]+$`), Written: `^[a-zA-Z0-9:/_-]+$`}
	tagKeyText      = constraint.Text{Min: 1, Max: 128}
	tagValueText    = constraint.Text{Max: 256}
	tokenText       = constraint.Text{Min: 1, Max: 8192}
	grantIDText     = constraint.Text{Min: 1, Max: 128}
	grantNameText   = constraint.Text{Min: 1, Max: 256, Pattern: regexp.MustCompile(`^[a-zA-Z0-9:/_-]+$`), Written: `^[a-zA-Z0-9:/_-]+$`}
	principalText   = constraint.Text{Min: 1, Max: 256, Pattern: regexp.MustCompile(`^[\w+=,.@:/-]+$`), Written: `^[\w+=,.@:/-]+$`}
	markerText      = constraint.Text{Min: 1, Max: 1024}
	policyNameText  = constraint.Text{Min: 1, Max: 128, Pattern: regexp.MustCompile(`^\w+$`), Written: `[\w]+`}
)

func grantTokens(v *constraint.Violations, tokens []string) {
	v.Texts("grantTokens", tokens, 0, 10, tokenText)
}

// page is the part of a list that is asked for.
type page struct {
	list  paging.List
	after string
	limit int
}

// pageBounds checks what asks for a page, as the model says it: before the key
// is looked for.
func pageBounds(v *constraint.Violations, limit *int32, marker *string, atMost int32) {
	constraint.Range(v, "limit", limit, 1, atMost)
	v.Optional("marker", marker, markerText)
}

// newPage returns the page that a checked request asks for.
func newPage(limit *int32, marker *string, otherwise int32, query ...string) (page, error) {
	p := page{list: paging.Of(query...), limit: int(otherwise)}
	if limit != nil {
		p.limit = int(*limit)
	}
	after, ok := p.list.Place(marker)
	if !ok {
		return page{}, &types.InvalidMarkerException{Message: new("Could not deserialize marker.")}
	}
	p.after = after
	return p, nil
}

// take returns the page of items that are in the order of their places, and
// the marker of the next one, nil on the last.
func take[T any](p page, items []T, place func(T) string) ([]T, *string) {
	found, last := paging.Take(items, place, p.after, p.limit)
	if last == "" {
		return found, nil
	}
	return found, p.list.Token(last)
}
