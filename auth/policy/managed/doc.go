// Package managed holds AWS's managed policies that users of containers attach,
// as data of our own: names, paths and ARNs, which are AWS's, and the
// permissions that AWS documents for them.
//
// It decides nothing and is pure data. Where a policy speaks of services that
// do not exist here, it is shortened to those that do, and its description says
// so. Policy ids are made from ARNs, since AWS's mean nothing here.
//
// Source: AWS managed policy reference guide.
package managed
