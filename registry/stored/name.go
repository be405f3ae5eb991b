package stored

import (
	"strings"

	"github.com/roadstead/roadstead/model"
)

// accountDigits is the length of an account's number.
const accountDigits = 12

// Qualified splits a repository's name as the registry has it, ACCOUNT/NAME,
// into an account's number and the repository's own name; ok is false for a
// name that begins with no such number.
func Qualified(name string) (account, own string, ok bool) {
	account, own, ok = strings.Cut(name, "/")
	if !ok || len(account) != accountDigits || strings.Trim(account, "0123456789") != "" {
		return "", name, false
	}
	return account, own, true
}

// home returns the account that a name leads to, and the repository's own name
// there.
func (m *Metadata) home(name string) (account, own string) {
	if account, own, ok := Qualified(name); ok {
		return account, own
	}
	return m.options.Account, name
}

// Name returns what the registry calls a repository: two of a name, of two
// accounts, are two.
func (m *Metadata) Name(r *model.Repository) string {
	if r.Account == m.options.Account {
		return r.Name
	}
	return r.Account + "/" + r.Name
}
