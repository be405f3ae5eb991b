package organizations

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire/paging"
)

var accountText = regexp.MustCompile(`^\d{12}$`)

// maxPage is the most that a list answers at once. Source: the service model.
const maxPage = 20

// page cuts a list, which is in the order of what id returns.
func page[T any](all []T, id func(T) string, limit *int32, token *string, list ...string) ([]T, *string, error) {
	n := int(aws.ToInt32(limit))
	if limit == nil {
		n = maxPage
	}
	if n < 1 || n > maxPage {
		return nil, nil, invalid("MAX_VALUE_EXCEEDED", "You specified a value for MaxResults that is not between 1 and %d.", maxPage)
	}
	l := paging.Of(list...)
	after, ok := l.Place(token)
	if !ok {
		return nil, nil, invalid("INVALID_NEXT_TOKEN", "You specified an invalid NextToken.")
	}
	some, last := paging.Take(all, id, after, n)
	if some == nil {
		some = []T{}
	}
	if last == "" {
		return some, nil, nil
	}
	return some, l.Token(last), nil
}

// accounts returns the management account and all that it made, by number.
func (d *Door) accounts(v store.View) (all []Account) {
	managed := false
	for a := range store.All[*model.Account](v) {
		if managed = managed || a.ID == d.opts.Management; a.ID == d.opts.Management || a.Request != "" {
			all = append(all, d.show(a))
		}
	}
	if !managed {
		all = append([]Account{d.show(&model.Account{ID: d.opts.Management})}, all...)
	}
	return all
}

func (d *Door) show(a *model.Account) Account {
	out := Account{Arn: new(d.accountARN(a.ID)), Id: new(a.ID), Name: new(a.Name), Email: new(a.Email), JoinedMethod: new("CREATED"),
		Status: new("ACTIVE"), State: new("ACTIVE"), JoinedTimestamp: new(a.JoinedAt)}
	if a.ID == d.opts.Management {
		out.JoinedMethod, out.Name, out.Email, out.JoinedTimestamp = new("INVITED"), new("management"), new(managementEmail), nil
	}
	if a.Closed() {
		out.Status, out.State = new("SUSPENDED"), new("CLOSED")
	}
	return out
}

// managementEmail stands where the service's model wants the address of the
// management account, which has none.
const managementEmail = "root@localhost.localdomain"

// member returns an account that was made; AccountNotFoundException otherwise.
func (d *Door) member(v store.View, id *string) (*model.Account, error) {
	if !accountText.MatchString(aws.ToString(id)) {
		return nil, invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
	}
	if a, ok := store.Get[*model.Account](v, *id); ok && a.Request != "" {
		return a, nil
	}
	return nil, noAccount()
}

// ListAccounts lists the accounts by number.
func (d *Door) ListAccounts(ctx context.Context, in *ListAccountsInput) (*ListAccountsOutput, error) {
	if _, err := d.manager(ctx); err != nil {
		return nil, err
	}
	some, next, err := page(d.accounts(d.db.View()), func(a Account) string { return *a.Id }, in.MaxResults, in.NextToken, "ListAccounts")
	return &ListAccountsOutput{some, next}, err
}

// ListAccountsForParent lists the accounts below the root: all.
func (d *Door) ListAccountsForParent(ctx context.Context, in *ListAccountsForParentInput) (*ListAccountsForParentOutput, error) {
	if _, err := d.manager(ctx); err != nil {
		return nil, err
	}
	if aws.ToString(in.ParentId) != d.root() {
		return nil, fail("ParentNotFoundException", "We can't find a root or OU with the ParentId that you specified.")
	}
	some, next, err := page(d.accounts(d.db.View()), func(a Account) string { return *a.Id }, in.MaxResults, in.NextToken, "ListAccountsForParent")
	return &ListAccountsForParentOutput{some, next}, err
}

// DescribeAccount shows one account.
func (d *Door) DescribeAccount(ctx context.Context, in *DescribeAccountInput) (*DescribeAccountOutput, error) {
	if _, err := d.manager(ctx); err != nil {
		return nil, err
	}
	v := d.db.View()
	if aws.ToString(in.AccountId) == d.opts.Management {
		return &DescribeAccountOutput{new(d.show(d.management(v)))}, nil
	}
	a, err := d.member(v, in.AccountId)
	if err != nil {
		return nil, err
	}
	return &DescribeAccountOutput{new(d.show(a))}, nil
}

// CloseAccount closes an account for good: what is in it stays, and nobody of
// it is let in any more.
func (d *Door) CloseAccount(ctx context.Context, in *CloseAccountInput) (*CloseAccountOutput, error) {
	r, err := d.manager(ctx)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.AccountId) == d.opts.Management {
		return nil, fail("ConstraintViolationException", "You cannot close the management account.")
	}
	return &CloseAccountOutput{}, d.commit(r, func(v store.View, c *model.Change) error {
		a, err := d.member(v, in.AccountId)
		if err != nil {
			return err
		}
		if a.Closed() {
			return fail("AccountAlreadyClosedException", "You attempted to close an account that is already closed.")
		}
		a = a.Clone()
		a.ClosedAt = r.now
		c.Put(a)
		return nil
	})
}

// DescribeOrganization shows the one organization there is, to every account.
func (d *Door) DescribeOrganization(ctx context.Context, _ *DescribeOrganizationInput) (*DescribeOrganizationOutput, error) {
	if _, err := d.begin(ctx); err != nil {
		return nil, err
	}
	return &DescribeOrganizationOutput{&Organization{Arn: new(d.arn("organization/" + d.organization())), Id: new(d.organization()), FeatureSet: new("ALL"),
		MasterAccountArn: new(d.accountARN(d.opts.Management)), MasterAccountId: new(d.opts.Management), MasterAccountEmail: new(managementEmail),
		AvailablePolicyTypes: []PolicyTypeSummary{}}}, nil
}

// ListRoots lists the one root there is.
func (d *Door) ListRoots(ctx context.Context, in *ListRootsInput) (*ListRootsOutput, error) {
	if _, err := d.manager(ctx); err != nil {
		return nil, err
	}
	all := []Root{{Arn: new(d.arn("root/" + d.organization() + "/" + d.root())), Id: new(d.root()), Name: new("Root"), PolicyTypes: []PolicyTypeSummary{}}}
	some, _, err := page(all, func(r Root) string { return *r.Id }, in.MaxResults, in.NextToken, "ListRoots")
	if err != nil {
		return nil, err
	}
	return &ListRootsOutput{Roots: some}, nil
}

// ListParents names what an account is below: the root.
func (d *Door) ListParents(ctx context.Context, in *ListParentsInput) (*ListParentsOutput, error) {
	if _, err := d.manager(ctx); err != nil {
		return nil, err
	}
	if id := aws.ToString(in.ChildId); id != d.opts.Management {
		if _, err := d.member(d.db.View(), in.ChildId); err != nil {
			return nil, fail("ChildNotFoundException", "We can't find an organizational unit (OU) or Amazon Web Services account with the ChildId that you specified.")
		}
	}
	all := []Parent{{Id: new(d.root()), Type: new("ROOT")}}
	some, _, err := page(all, func(p Parent) string { return *p.Id }, in.MaxResults, in.NextToken, "ListParents")
	if err != nil {
		return nil, err
	}
	return &ListParentsOutput{Parents: some}, nil
}
