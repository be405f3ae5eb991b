// Package constraint checks requests against what a service's model says of
// their members, and words violations as AWS does: all of them in one
// ValidationException.
//
// It knows no service. What members mean together is for the front door.
package constraint
