// Package logs keeps log events: groups, their streams, and the events that
// were put into them.
//
// It decides how events are made durable, found again and forgotten. An append
// is acknowledged when it is synced to a write-ahead log; appenders that come
// together share one sync. A full write-ahead log is sorted into a sealed
// segment of zstd frames (package segment). Groups and streams travel through
// the same write-ahead log, and the manifest holds them together with the
// list of segments, replaced as one file: what is listed there is what exists.
//
// Readers merge segments and write-ahead logs lazily in order of time and hold
// no lock while they do. Retention and a bound on the disk delete what is
// oldest. Event data is never in memory as a whole: an index by block and by
// append is.
//
// It may not know AWS's names, limits or wording (api/logs does), filter by
// content, or use a clock other than the given one. A Store does nothing by
// itself: Run drives it and owns its goroutines.
package logs
