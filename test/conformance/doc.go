// Package conformance tries the whole platform with the clients that its users
// have, unmodified: boto3 and its waiters and paginators, aws-sdk-go-v2, the
// AWS CLI, Terraform's AWS provider, skopeo and docker's command. It decides
// nothing; it may use the platform only as a user does, by its command line
// and its endpoint. What a client cannot be told apart by is no test here.
package conformance
