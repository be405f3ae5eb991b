// Package gate decides whether a caller may make a request: it gathers the
// policies that apply to the caller and to the resources, fills in the
// condition keys, and asks package policy.
//
// It reads nouns and changes none. It does not authenticate (auth/sigv4,
// auth/keyring), and it does not know operations: these say which actions,
// resources and keys their requests need. An operation that says nothing is
// for an account's root alone.
package gate
