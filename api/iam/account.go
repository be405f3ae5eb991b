package iam

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// accountOf returns a clone of what is kept for the account, or a new one.
func (c *call) accountOf(v store.View) *model.Account {
	if a, ok := store.Get[*model.Account](v, c.Account); ok {
		return a.Clone()
	}
	return &model.Account{ID: c.Account}
}

func (c *call) editAccount(edit func(v store.View, a *model.Account) error) error {
	return c.commit(func(v store.View, change *model.Change) error {
		a := c.accountOf(v)
		if err := edit(v, a); err != nil {
			return err
		}
		change.Put(a)
		return nil
	})
}

// CreateAccountAlias names the account; a name that it had is replaced.
func (c *call) CreateAccountAlias(in *iam.CreateAccountAliasInput) (*iam.CreateAccountAliasOutput, error) {
	return nil, c.editAccount(func(v store.View, a *model.Account) error {
		for other := range store.All[*model.Account](v) {
			if other.Alias == *in.AccountAlias {
				return exists("The account alias %s already exists.", *in.AccountAlias)
			}
		}
		a.Alias = *in.AccountAlias
		return nil
	})
}

// DeleteAccountAlias takes the account's name from it.
func (c *call) DeleteAccountAlias(in *iam.DeleteAccountAliasInput) (*iam.DeleteAccountAliasOutput, error) {
	return nil, c.editAccount(func(_ store.View, a *model.Account) error {
		if a.Alias != *in.AccountAlias {
			return noSuch("The account alias %s cannot be found.", *in.AccountAlias)
		}
		a.Alias = ""
		return nil
	})
}

// ListAccountAliases lists the account's name, if it has one.
func (c *call) ListAccountAliases(in *iam.ListAccountAliasesInput) (*iam.ListAccountAliasesOutput, error) {
	var aliases []string
	if alias := c.accountOf(c.db.View()).Alias; alias != "" {
		aliases = append(aliases, alias)
	}
	page, more, next, err := take(aliases, itself, in.MaxItems, in.Marker, "ListAccountAliases")
	return &iam.ListAccountAliasesOutput{AccountAliases: page, IsTruncated: more, Marker: next}, err
}

// defaultPasswordLength is the least length of passwords that a policy has
// that does not say. Source: IAM API reference, UpdateAccountPasswordPolicy.
const defaultPasswordLength = 6

// UpdateAccountPasswordPolicy replaces the rules for passwords: what is not
// named returns to its default.
func (c *call) UpdateAccountPasswordPolicy(in *iam.UpdateAccountPasswordPolicyInput) (*iam.UpdateAccountPasswordPolicyOutput, error) {
	p := &model.PasswordPolicy{
		MinimumLength: defaultPasswordLength, RequireSymbols: in.RequireSymbols, RequireNumbers: in.RequireNumbers,
		RequireUppercase: in.RequireUppercaseCharacters, RequireLowercase: in.RequireLowercaseCharacters, AllowChange: in.AllowUsersToChangePassword,
		MaxAge: int(aws.ToInt32(in.MaxPasswordAge)), ReusePrevention: int(aws.ToInt32(in.PasswordReusePrevention)), HardExpiry: aws.ToBool(in.HardExpiry),
		HardExpirySet: in.HardExpiry != nil, MaxAgeSet: in.MaxPasswordAge != nil, ReusePreventedSet: in.PasswordReusePrevention != nil,
	}
	if in.MinimumPasswordLength != nil {
		p.MinimumLength = int(*in.MinimumPasswordLength)
	}
	return nil, c.editAccount(func(_ store.View, a *model.Account) error { a.PasswordPolicy = p; return nil })
}

func (c *call) noPasswordPolicy() error {
	return noSuch("The Password Policy with domain name %s cannot be found.", c.Account)
}

// GetAccountPasswordPolicy returns the rules for passwords.
func (c *call) GetAccountPasswordPolicy(*iam.GetAccountPasswordPolicyInput) (*iam.GetAccountPasswordPolicyOutput, error) {
	p := c.accountOf(c.db.View()).PasswordPolicy
	if p == nil {
		return nil, c.noPasswordPolicy()
	}
	out := &types.PasswordPolicy{
		MinimumPasswordLength: new(int32(p.MinimumLength)), RequireSymbols: p.RequireSymbols, RequireNumbers: p.RequireNumbers,
		RequireUppercaseCharacters: p.RequireUppercase, RequireLowercaseCharacters: p.RequireLowercase,
		AllowUsersToChangePassword: p.AllowChange, ExpirePasswords: p.MaxAge > 0,
	}
	if p.HardExpirySet {
		out.HardExpiry = &p.HardExpiry
	}
	if p.MaxAgeSet {
		out.MaxPasswordAge = new(int32(p.MaxAge))
	}
	if p.ReusePreventedSet {
		out.PasswordReusePrevention = new(int32(p.ReusePrevention))
	}
	return &iam.GetAccountPasswordPolicyOutput{PasswordPolicy: out}, nil
}

// DeleteAccountPasswordPolicy removes the rules for passwords.
func (c *call) DeleteAccountPasswordPolicy(*iam.DeleteAccountPasswordPolicyInput) (*iam.DeleteAccountPasswordPolicyOutput, error) {
	return nil, c.editAccount(func(_ store.View, a *model.Account) error {
		if a.PasswordPolicy == nil {
			return c.noPasswordPolicy()
		}
		a.PasswordPolicy = nil
		return nil
	})
}
