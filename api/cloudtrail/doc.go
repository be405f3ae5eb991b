// Package cloudtrail is the front door of AWS CloudTrail, the part of it that
// every account has without asking: the event history of the last 90 days.
//
// It reads the record that telemetry/trail keeps of every call, and decides
// which of it a caller is told: management events of the caller's own account,
// the newest first. It writes nothing. Trails that deliver to buckets, event
// data stores and Insights do not exist here: lists of them are empty, and
// they cannot be made.
package cloudtrail
