package address

import "testing"

// TestFreeTakesNothing: asking whether an address is free leaves all that are, and
// the order in which they are given.
func TestFreeTakesNothing(t *testing.T) {
	n := small()
	c := New(n, 1)
	taker := c.For("1", wants("subnet-a", "subnet-none"))
	for i := range 11 {
		if !c.Free("1", wants("subnet-a")) {
			t.Fatalf("none is free after %d", i)
		}
		if !taker.Take("za") {
			t.Fatalf("%d taken", i)
		}
	}
	if c.Free("1", wants("subnet-a")) || taker.Take("za") || len(taker.Taken) != 11 {
		t.Errorf("%d taken of eleven", len(taker.Taken))
	}
	for _, i := range taker.Taken[:3] {
		task := n.take(i)
		task.Status.Last, task.Status.StoppedAt = "STOPPED", start
	}
	for _, i := range taker.Taken[3:] {
		n.take(i)
	}
	c = New(n, 2)
	seen := map[string]bool{}
	for range 3 {
		for range 2 {
			if !c.Free("1", wants("subnet-a")) {
				t.Fatalf("%v are free", seen)
			}
		}
		i, ok := c.Interface("1", wants("subnet-a"), "za")
		if !ok || seen[i.Address.String()] {
			t.Fatalf("%v after %v", i, seen)
		}
		seen[i.Address.String()] = true
	}
	if c.Free("1", wants("subnet-a")) {
		t.Error("a fourth is free")
	}
}
