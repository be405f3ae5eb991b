// Package expire decides which images of a repository its lifecycle policy
// lets go. It reads the policy and says what is wrong with one; it knows no
// store, deletes nothing and is told the time.
package expire
