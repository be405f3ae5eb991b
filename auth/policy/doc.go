// Package policy decides by IAM policies: it parses policy documents and says
// whether those that apply to a request allow it, and if not, which kind of
// policy stands against it and which statement.
//
// It is pure: documents, principal, action, resource and context keys in, a
// decision out. It may not look anything up: who calls, which policies are
// attached and what the context keys say is for the caller to gather.
//
// Sources: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements
// reference", "IAM JSON policy elements: Condition operators", "Creating a
// condition with multiple keys or values".
package policy
