// Package static decides what a caller may do, by fixed rules, until roles
// carry policies of their own: the root of the account everything, the sessions
// of tasks and container instances what they exist for, everybody else nothing.
//
// It is pure: it looks at the caller and the action alone, not at the resource.
// Whether a session acts on its own task or instance is for the one who knows
// the resource to check, against the identity's BoundTo.
package static
