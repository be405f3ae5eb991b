// Package seal seals values before they reach the store, so that neither the
// store's log nor its backups hold a secret that can be read.
//
// It decides how: AES-256-GCM under a root keyset that lives in a file of its
// own beside the store, never in it. Every sealed value is bound to a context,
// the noun that it belongs to (Context): moved to another noun it does not
// open. Rotate makes a new key the one that seals; older ones still open.
//
// The keyset's file is for its owner alone. It is written as it is, or wrapped
// by a Wrapper: Age wraps it for an age identity, whose file an operator keeps
// elsewhere; Envelope under a data key of a key management service elsewhere,
// or of a TPM (package tpm).
//
// The package may not log, and none of its errors tells what was sealed.
package seal
