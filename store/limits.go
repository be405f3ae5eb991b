package store

// Limits of what is stored. They keep a transaction within what an etcd with
// default settings takes in one request.
const (
	// MaxChangeWrites bounds the writes of one Change, and its guards.
	MaxChangeWrites = 1000
	// MaxChangeBytes bounds the encoded size of one Change.
	MaxChangeBytes = 1 << 20
	// MaxIDLength bounds a noun's id, in bytes.
	MaxIDLength = 1024
	// DefaultBatchWrites is how many writes are gathered into one transaction
	// of the log: an etcd with default settings takes 128 operations.
	DefaultBatchWrites = 120
	// MaxQueue bounds the commits that wait for the log.
	MaxQueue = 10000
)
