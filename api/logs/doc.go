// Package logs is the front door of CloudWatch Logs: it checks requests as AWS
// does, asks the log store, and words the answers and errors as AWS does.
//
// It decides what a valid name, limit, token or batch is, which events of a
// batch are rejected, and how pages are cut. It keeps nothing of its own: all
// state is the store's. What is not served yet is refused, never ignored.
package logs
