package organizations

import (
	"context"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// Limits. Source: AWS Organizations API reference, CreateAccount; the number
// of accounts is ours.
const (
	maxAccounts = 1000
	maxRefusals = 100 // requests that failed and are remembered
	maxName     = 50  // characters
	maxEmail    = 64
	minEmail    = 6
)

// defaultRole is the role of a new account that the management account may
// assume, unless the request names another.
const defaultRole = "OrganizationAccountAccessRole"

var (
	emailText = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
	roleText  = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	requestID = regexp.MustCompile(`^car-[a-z0-9]{8,32}$`)
)

// CreateAccount makes an account. It is there when the answer is; clients ask
// on by DescribeCreateAccountStatus all the same.
func (d *Door) CreateAccount(ctx context.Context, in *CreateAccountInput) (*CreateAccountOutput, error) {
	r, err := d.manager(ctx)
	if err != nil {
		return nil, err
	}
	made, role, err := d.wanted(r, in)
	if err != nil {
		return nil, err
	}
	var status CreateAccountStatus
	err = d.commit(r, func(v store.View, c *model.Change) error {
		if reason := refusal(v, made); reason != "" {
			refused := model.AccountRefusal{ID: made.Request, Name: made.Name, Reason: reason, At: r.now}
			status = showRefusal(refused)
			home := d.management(v)
			home.Refusals = append(slices.Clone(home.Refusals), refused)
			home.Refusals = home.Refusals[max(0, len(home.Refusals)-maxRefusals):]
			c.Put(home)
			return nil
		}
		status = showRequest(made)
		c.Put(made.Clone())
		c.Put(role.Clone())
		return nil
	})
	return &CreateAccountOutput{&status}, err
}

// wanted reads what is to be made: the account, and the role in it.
func (d *Door) wanted(r request, in *CreateAccountInput) (*model.Account, *model.Role, error) {
	name, email, role := aws.ToString(in.AccountName), aws.ToString(in.Email), aws.ToString(in.RoleName)
	if role == "" {
		role = defaultRole
	}
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxName:
		return nil, nil, invalid("MAX_LENGTH_EXCEEDED", "You specified an AccountName that is not 1 to %d characters long.", maxName)
	case len(email) < minEmail || len(email) > maxEmail || !emailText.MatchString(email):
		return nil, nil, invalid("INVALID_EMAIL_ADDRESS_TARGET", "You specified an invalid email address.")
	case !roleText.MatchString(role):
		return nil, nil, invalid("INVALID_ROLE_NAME", "You specified an invalid role name.")
	case in.IamUserAccessToBilling != nil && *in.IamUserAccessToBilling != "ALLOW" && *in.IamUserAccessToBilling != "DENY":
		return nil, nil, invalid("INVALID_ENUM", "You specified an invalid value for IamUserAccessToBilling.")
	}
	tags, err := merge(nil, in.Tags)
	if err != nil {
		return nil, nil, err
	}
	random, err := d.draw(16 + 16 + 11)
	if err != nil {
		return nil, nil, err
	}
	// A number of twelve digits that begins with none but 1 to 9, so that it is
	// never the management account's default.
	n := new(big.Int).SetBytes(random[:16])
	n.Mod(n, big.NewInt(900_000_000_000))
	a := &model.Account{ID: fmt.Sprintf("%d", n.Int64()+100_000_000_000), Name: name, Email: email, JoinedAt: r.now,
		Request: "car-" + hex.EncodeToString(random[16:32]), Tags: tags}
	return a, &model.Role{Account: a.ID, Name: role, Path: "/", ID: "AROA" + base32.StdEncoding.EncodeToString(random[32:])[:17],
		CreatedAt: r.now.Truncate(time.Second), MaxSession: time.Hour, Trust: trust(d.opts.Management), Attached: []string{administrator}}, nil
}

// administrator is the policy of the role in a new account.
const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// trust lets the management account in: its own policies say who of it.
func trust(management string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + management + `:root"},"Action":"sts:AssumeRole"}]}`
}

// refusal is why an account cannot be made, "" if it can.
func refusal(v store.View, made *model.Account) string {
	n := 0
	for a := range store.All[*model.Account](v) {
		if n++; a.ID == made.ID {
			return "INTERNAL_FAILURE" // the number is taken: draw another
		}
		if strings.EqualFold(a.Email, made.Email) {
			return "EMAIL_ALREADY_EXISTS"
		}
	}
	if n >= maxAccounts {
		return "ACCOUNT_LIMIT_EXCEEDED"
	}
	return ""
}

// management returns a clone of the management account, or a new one.
func (d *Door) management(v store.View) *model.Account {
	if a, ok := store.Get[*model.Account](v, d.opts.Management); ok {
		return a.Clone()
	}
	return &model.Account{ID: d.opts.Management}
}

func showRequest(a *model.Account) CreateAccountStatus {
	return CreateAccountStatus{Id: new(a.Request), AccountName: new(a.Name), AccountId: new(a.ID), State: new("SUCCEEDED"),
		RequestedTimestamp: new(a.JoinedAt), CompletedTimestamp: new(a.JoinedAt)}
}

func showRefusal(f model.AccountRefusal) CreateAccountStatus {
	return CreateAccountStatus{Id: new(f.ID), AccountName: new(f.Name), State: new("FAILED"), FailureReason: new(f.Reason),
		RequestedTimestamp: new(f.At), CompletedTimestamp: new(f.At)}
}

// requests returns all requests for accounts that are remembered.
func (d *Door) requests(v store.View) (all []CreateAccountStatus) {
	for a := range store.All[*model.Account](v) {
		if a.Request != "" {
			all = append(all, showRequest(a))
		}
	}
	for _, f := range d.management(v).Refusals {
		all = append(all, showRefusal(f))
	}
	slices.SortFunc(all, func(a, b CreateAccountStatus) int { return strings.Compare(*a.Id, *b.Id) })
	return all
}

// DescribeCreateAccountStatus says what became of a request for an account.
func (d *Door) DescribeCreateAccountStatus(ctx context.Context, in *DescribeCreateAccountStatusInput) (*DescribeCreateAccountStatusOutput, error) {
	if _, err := d.manager(ctx); err != nil {
		return nil, err
	}
	id := aws.ToString(in.CreateAccountRequestId)
	if !requestID.MatchString(id) {
		return nil, invalid("INVALID_PATTERN", "You specified an invalid value for CreateAccountRequestId.")
	}
	for _, s := range d.requests(d.db.View()) {
		if *s.Id == id {
			return &DescribeCreateAccountStatusOutput{&s}, nil
		}
	}
	return nil, fail("CreateAccountStatusNotFoundException", "We can't find a create account request with the CreateAccountRequestId that you specified.")
}

// ListCreateAccountStatus lists requests for accounts by their ids.
func (d *Door) ListCreateAccountStatus(ctx context.Context, in *ListCreateAccountStatusInput) (*ListCreateAccountStatusOutput, error) {
	if _, err := d.manager(ctx); err != nil {
		return nil, err
	}
	var all []CreateAccountStatus
	for _, s := range d.requests(d.db.View()) {
		if len(in.States) == 0 || slices.Contains(in.States, *s.State) {
			all = append(all, s)
		}
	}
	out := &ListCreateAccountStatusOutput{CreateAccountStatuses: []CreateAccountStatus{}}
	var err error
	out.CreateAccountStatuses, out.NextToken, err = page(all, func(s CreateAccountStatus) string { return *s.Id }, in.MaxResults, in.NextToken,
		append([]string{"ListCreateAccountStatus"}, in.States...)...)
	return out, err
}
