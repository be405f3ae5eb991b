// Package session decides what a short-lived credential is worth: it seals an
// identity and the end of its validity into a session token, and opens tokens
// that it sealed. Where a credential is shown rather than signed with, as the
// password for a registry, it seals a pass instead (see Pass).
//
// Nothing is stored. The access key id and the secret are derived from the root
// key and an id in the token, so any process with the root key can verify a
// session, also after a restart. The price is that one session cannot be taken
// back before it ends: give sessions short lives, and rotate the root key to
// end them all.
package session
