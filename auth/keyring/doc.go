// Package keyring keeps the secrets that a server begins with, in two files of
// its data directory: the bootstrap access key, which may do everything, and
// the root keys of sessions. It makes them on the first start and answers
// whose key signed a request.
//
// It decides where secrets lie and who may read the files. It does not verify
// signatures (auth/sigv4) and knows no users but the bootstrap one.
package keyring
