// Package caller names who is calling: the identity that authentication
// established, and its way through a request's context.
//
// It decides nothing. It does not verify signatures (auth/sigv4), does not
// issue credentials (auth/session) and does not say what a caller may do
// (auth/static). An Identity in a context is to be believed, so only the code
// that verified a request may put one there.
package caller
