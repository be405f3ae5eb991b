// Package imds answers what EC2's instance metadata service answers, for a
// container instance that is no EC2 instance: version 2, with session tokens,
// so that the default chains of AWS's clients and Amazon's agent find out where
// they are and have the instance's own credentials.
//
// It decides which paths there are and who must show a token. It may not decide
// who reaches it: its user leads to it only what the machine itself asks, as
// instance metadata is not for tasks. What it cannot know, such as a signature of
// AWS's, is not there.
package imds
