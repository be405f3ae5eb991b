// Package store keeps the nouns of package model: copy-on-write tables in
// memory over a Log that makes them durable.
//
// Open replays the log into tables. A View is one immutable snapshot of them.
// Commit makes one Change happen, whole or not at all, if everything that it
// was decided upon is still as it was; it returns once the tables of this
// process show it. Watches say which nouns have changed, never how.
//
// One process leads and is the only one to write. Guards are checked against
// its own tables, and every transaction of the log moves the log's head from
// the revision that those tables have reached: a writer that has been
// replaced finds the head moved and can write nothing (ErrNotLeader). Changes
// that arrive together are appended as one transaction of the log.
//
// The package decides the order of changes and nothing about their content.
// It starts no goroutine of its own, reads no clock and draws no randomness,
// so that the simulator can run it; what a Log does beneath is its affair.
package store
