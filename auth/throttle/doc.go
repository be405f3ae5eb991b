// Package throttle decides how often a caller may call. Each caller has a token
// bucket for each class of operations; whoever is not known yet has one for
// its address, which only refused attempts empty, so that a flood of them costs
// no signature check.
//
// It knows no request and no protocol: callers and classes are names that it
// is given. Its memory is bounded: of more callers than it may remember, the
// one that was silent longest is forgotten and begins anew.
package throttle
