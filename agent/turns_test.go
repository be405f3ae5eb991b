package agent

import (
	"sync"
	"testing"
)

// Who wants the same waits, who wants something else does not, and nothing is remembered.
func TestTurns(t *testing.T) {
	var all turns
	end := all.take("a")
	all.take("b")()
	var mine, other int
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { defer all.take("a")(); mine++ })
		wg.Go(func() { defer all.take("c")(); other++ })
	}
	end()
	wg.Wait()
	if mine != 50 || other != 50 || len(all.taken) > 0 {
		t.Errorf("%d, %d, %v", mine, other, all.taken)
	}
}
