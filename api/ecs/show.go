package ecs

import "time"

// instant returns t for an answer, nil for the zero time.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// text returns s for an answer, nil for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
