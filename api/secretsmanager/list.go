package secretsmanager

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire/constraint"
	"github.com/roadstead/roadstead/wire/paging"
)

// maxPage is the largest page of a list. Source: the service model.
const maxPage = 100

func invalidToken() error {
	return &types.InvalidNextTokenException{Message: new("The NextToken value is invalid.")}
}

// ListSecrets lists the account's secrets.
func (d *frontDoor) ListSecrets(ctx context.Context, in *secretsmanager.ListSecretsInput) (*secretsmanager.ListSecretsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	constraint.Range(&v, "maxResults", in.MaxResults, 1, maxPage)
	constraint.OneOf(&v, "sortOrder", in.SortOrder, in.SortOrder.Values())
	constraint.OneOf(&v, "sortBy", in.SortBy, in.SortBy.Values())
	checkFilters(&v, in.Filters)
	if err := firstError(v.Err(), whole(in.Filters)); err != nil {
		return nil, err
	}
	found, next, err := d.list(r, "ListSecrets", listing{filters: in.Filters, limit: in.MaxResults, token: in.NextToken, most: maxPage,
		deleted: aws.ToBool(in.IncludePlannedDeletion), by: in.SortBy, descending: in.SortOrder == types.SortOrderTypeDesc})
	if err != nil {
		return nil, err
	}
	out := &secretsmanager.ListSecretsOutput{SecretList: []types.SecretListEntry{}, NextToken: next}
	for _, s := range found {
		out.SecretList = append(out.SecretList, show(r, s))
	}
	return out, nil
}

// listing is what a list is asked for.
type listing struct {
	filters    []types.Filter
	deleted    bool
	by         types.SortByType
	descending bool
	limit      *int32
	token      *string
	most       int
}

// list returns a page of the secrets that pass the filters, and the token of
// the next page, nil on the last.
func (d *frontDoor) list(r request, operation string, l listing) ([]*model.Secret, *string, error) {
	query := paging.Of(operation, r.scope.Account, fmt.Sprint(showFilters(l.filters)), fmt.Sprint(l.deleted, l.by, l.descending))
	after, ok := query.Place(l.token)
	if !ok {
		return nil, nil, invalidToken()
	}
	var all []*model.Secret
	for s := range store.Prefix[*model.Secret](d.db.View(), r.scope.Account+"/") {
		if (l.deleted || s.DeletedAt.IsZero()) && passes(s, l.filters) {
			all = append(all, s)
		}
	}
	order := func(a, b string) int {
		if l.descending {
			return strings.Compare(b, a)
		}
		return strings.Compare(a, b)
	}
	place := func(s *model.Secret) string { return sortKey(s, l.by) + "\x00" + s.Name }
	slices.SortFunc(all, func(a, b *model.Secret) int { return order(place(a), place(b)) })
	limit := l.most
	if l.limit != nil {
		limit = int(*l.limit)
	}
	if after != "" {
		begin, _ := slices.BinarySearchFunc(all, after, func(s *model.Secret, at string) int { return cmp.Or(order(place(s), at), -1) })
		all = all[begin:]
	}
	if len(all) <= limit {
		return all, nil, nil
	}
	return all[:limit], query.Token(place(all[limit-1])), nil
}

func showFilters(filters []types.Filter) (all []string) {
	for _, f := range filters {
		all = append(all, fmt.Sprintf("%s %q", f.Key, f.Values))
	}
	return all
}

// sortKey is text in the order of what is sorted by.
func sortKey(s *model.Secret, by types.SortByType) string {
	moment := func(t time.Time) string { return fmt.Sprintf("%020d", max(0, t.UnixMilli())) }
	switch by {
	case types.SortByTypeName:
		return s.Name
	case types.SortByTypeLastAccessedDate:
		return moment(s.AccessedOn)
	case types.SortByTypeLastChangedDate:
		return moment(s.ChangedAt)
	}
	return moment(s.CreatedAt)
}
