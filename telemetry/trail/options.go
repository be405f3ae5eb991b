package trail

import "time"

// What a trail does when its Options leave a field zero.
const (
	DefaultRetain   = 90 * 24 * time.Hour // CloudTrail's event history is as long
	DefaultMaxBytes = 4 << 30
	DefaultMaxFile  = 8 << 20
	DefaultPause    = 200 * time.Millisecond
)

const (
	fileSpan      = time.Hour // after which a file ends
	queueLength   = 4096      // records that are about to be collected
	maxBatchBytes = 1 << 20   // written with one sync
	maxOwedBytes  = 8 << 20   // kept in memory while the disk takes nothing
	retryAfter    = time.Second
	maintainEvery = time.Minute
	maxScan       = 64 << 20 // read for one page of answers
)

// Options of a Trail; the zero value works.
type Options struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Retain is how long records are kept.
	Retain time.Duration
	// MaxBytes bounds the disk: the oldest files are removed above it.
	MaxBytes int64
	// MaxFile is the size in bytes at which a file ends.
	MaxFile int64
	// Pause is how long a record that nobody waits for may stay in memory.
	Pause time.Duration
	// Observe is told what went wrong. It must not block.
	Observe func(Notice)
}

// Notice is something that went wrong.
type Notice struct {
	Kind string // "recovered", "damaged", "failed", "removed"
	File string
	Err  error
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Retain <= 0 {
		o.Retain = DefaultRetain
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxFile <= 0 {
		o.MaxFile = DefaultMaxFile
	}
	if o.Pause <= 0 {
		o.Pause = DefaultPause
	}
	if o.Observe == nil {
		o.Observe = func(Notice) {}
	}
	return o
}
