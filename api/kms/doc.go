// Package kms is the front door of AWS's Key Management Service: symmetric
// keys with aliases, policies, grants, rotation and envelope encryption.
//
// Key material is sealed before it reaches the store and is in the clear only
// while a request uses it. A ciphertext names the key and the version of its
// material, so that whatever was encrypted before a rotation still decrypts.
// Other front doors use keys by Seal and Open, under keys that the account
// chose or under the service's own (alias/aws/...), which is made at first
// use.
//
// Asymmetric and HMAC keys, imported material, custom key stores and keys of
// several regions are refused. Who may use a key is not decided here: grants
// and policies are kept for those who decide. Keys of other accounts are not
// found.
package kms
