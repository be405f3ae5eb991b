package logs

import (
	"log/slog"
	"time"
)

// What a store does when its Options leave a field zero.
const (
	DefaultMaxBytes      = 10 << 30
	DefaultSegmentBytes  = 16 << 20
	DefaultMaxGroups     = 100_000
	DefaultMaxStreams    = 1_000_000
	DefaultMaintainEvery = time.Minute
	DefaultSealAfter     = 24 * time.Hour
)

const (
	maxSegmentBytes  = 1 << 30 // chunk offsets are 32 bits
	maxChunks        = 1 << 17 // appends indexed in memory per write-ahead log
	maxUnsealed      = 4       // write-ahead logs that wait for sealing
	maxBatchBytes    = 4 << 20 // appended with one sync
	maxBatchRequests = 1024
	queueLength      = 1024
	retryAfter       = time.Second // after a failed seal or maintenance
	maxFollowBytes   = 8 << 20     // that one subscription holds back
	maxRewrites      = 8           // segments rewritten in one maintenance
)

// Options of a Store; the zero value works.
type Options struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// MaxBytes bounds the disk: the oldest segments are deleted above it. What
	// is not sealed yet counts but stays. 0 means DefaultMaxBytes, negative
	// means no bound.
	MaxBytes int64
	// SegmentBytes is the size of a write-ahead log at which it is sealed.
	SegmentBytes int64
	// SealAfter seals a smaller one at this age.
	SealAfter time.Duration
	// MaxGroups and MaxStreams bound the groups and streams of the store.
	MaxGroups, MaxStreams int
	// MaintainEvery is how often retention and the bound are applied.
	MaintainEvery time.Duration
	// Observe is told what happened; nil means that nobody listens. It is
	// called from the store's goroutines and must not block.
	Observe func(Notice)
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = DefaultSegmentBytes
	}
	o.SegmentBytes = min(o.SegmentBytes, maxSegmentBytes)
	if o.SealAfter <= 0 {
		o.SealAfter = DefaultSealAfter
	}
	if o.MaxGroups <= 0 {
		o.MaxGroups = DefaultMaxGroups
	}
	if o.MaxStreams <= 0 {
		o.MaxStreams = DefaultMaxStreams
	}
	if o.MaintainEvery <= 0 {
		o.MaintainEvery = DefaultMaintainEvery
	}
	if o.Observe == nil {
		o.Observe = func(Notice) {}
	}
	return o
}

// Notice is one thing that happened in a store.
type Notice struct {
	Kind NoticeKind
	// File is the file concerned, when there is one.
	File string
	// Events and Bytes count what was cut, sealed, evicted or rewritten.
	Events, Bytes int64
	// Err is why something failed.
	Err error
}

// NoticeKind says what happened.
type NoticeKind string

// The kinds of notices.
const (
	Recovered NoticeKind = "recovered" // a torn tail of Bytes was cut at opening
	Damaged   NoticeKind = "damaged"   // a segment could not be read and was set aside
	Sealed    NoticeKind = "sealed"    // a write-ahead log became a segment
	Rewritten NoticeKind = "rewritten" // segments became a smaller one
	Expired   NoticeKind = "expired"   // a segment held nothing that is kept
	Evicted   NoticeKind = "evicted"   // a segment was deleted for the bound on the disk
	Failed    NoticeKind = "failed"    // work in the background failed and is tried again
)

// LogValue lets a Notice be logged as it is.
func (n Notice) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", string(n.Kind)), slog.String("file", n.File),
		slog.Int64("events", n.Events), slog.Int64("bytes", n.Bytes)}
	if n.Err != nil {
		attrs = append(attrs, slog.String("error", n.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}
