// Package sigv4 decides whether a request was signed by who it says, with
// AWS Signature Version 4, in the Authorization header or in a presigned
// query.
//
// It knows no keys (they come from a Keys), no services and no operations, and
// it does not say what a caller may do. It reads the request that it is given
// and changes nothing, so a refused request has had no effect.
//
// Sources: IAM user guide, "Create a signed AWS API request" and "Troubleshoot
// Signature Version 4 signing of AWS API requests".
package sigv4
