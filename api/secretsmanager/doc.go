// Package secretsmanager is the front door of AWS Secrets Manager: secrets
// with versions, staging labels, recovery windows, resource policies and tags.
//
// Values are sealed under a KMS key before they reach the store, bound to the
// secret's ARN and the version's id as AWS binds them, and are in the clear
// only in the answers of GetSecretValue and BatchGetSecretValue. No error
// repeats one.
//
// Rotation is by tasks instead of Lambda functions: RotateSecret names a task
// definition, and plan/rotate runs its tasks. Replication to other regions is
// refused. A deletion that is due is done by the reaper (plan/reap).
package secretsmanager
