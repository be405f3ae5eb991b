package agent

import (
	"strconv"
	"testing"
)

func TestEndedForgetsTheOldest(t *testing.T) {
	var e ended
	for i := range maxEnded + 1 {
		e.add(strconv.Itoa(i))
		e.add(strconv.Itoa(i))
	}
	if e.has("0") || !e.has("1") || !e.has(strconv.Itoa(maxEnded)) {
		t.Errorf("0: %v, 1: %v, last: %v; want false, true, true", e.has("0"), e.has("1"), e.has(strconv.Itoa(maxEnded)))
	}
	if len(e.known) != maxEnded || len(e.order) != maxEnded {
		t.Errorf("%d and %d are remembered, want %d", len(e.known), len(e.order), maxEnded)
	}
}
