// Package ssm is the front door of Systems Manager's Parameter Store, the part
// of AWS Systems Manager that is served: parameters with versions, labels,
// hierarchies and policies, public parameters, and references to secrets.
//
// A SecureString is sealed under a KMS key before it reaches the store, bound
// to the parameter's ARN as AWS binds it, and is in the clear only in answers
// to those who ask for decryption. No error repeats a value. A parameter whose
// Expiration policy is due is deleted by the reaper (plan/reap) and answered
// for as deleted from that moment.
package ssm
