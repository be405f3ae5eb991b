// Package trail keeps the record of who called what, in the form of CloudTrail's
// events: one JSON object on a line, in files that any tool can read.
//
// It decides how records are made durable, chained, proved, found again and
// forgotten. Every record carries the hash of the line before it. A file ends
// after an hour or some megabytes; then its digest, which says what it holds
// and is authenticated with a key, is written beside it. What retention or the
// bound on the disk removed is said in a file that is authenticated, too. So
// nobody without the key can change, add or remove what a digest covers; of
// the file that is being written the last records can be cut off unseen.
//
// A record that somebody waits for is synced before the wait ends; those that
// come together share one sync. Others are written with the next that is, or
// a moment later. While the disk takes nothing (it is full) the trail says so,
// and whoever would change something has to refuse it. What had happened by
// then is kept in memory and written first, as far as there is room; how many
// records were lost is a record itself.
//
// It may not decide what is recorded, what is secret, or who waits.
package trail
