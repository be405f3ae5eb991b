package cli

import (
	"log/slog"

	"github.com/roadstead/roadstead/control"
)

// eventLog writes what the loops do to the log: failures for everybody, the
// rest for who asked to see it.
type eventLog struct{ log *slog.Logger }

// Observe implements control.Observer.
func (l eventLog) Observe(e control.Event) {
	switch e := e.(type) {
	case control.Failed:
		l.log.Warn("plan not committed", "loop", e.Loop, "key", e.Key, "error", e.Err, "retry", e.RetryAt)
	case control.Conflicted:
		l.log.Debug("plan conflicted", "loop", e.Loop, "key", e.Key, "with", e.With)
	case control.Planned:
		for _, r := range e.Plan.Reasons {
			l.log.Debug("planned", "loop", e.Loop, "key", e.Key, "reason", r.Message)
		}
	}
}
