package datachannel

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// seeded returns ids that depend on nothing but the seed.
func seeded(r *rand.Rand) func() uuid.UUID {
	return func() (id uuid.UUID) {
		for i := range id {
			id[i] = byte(r.Uint32())
		}
		return id
	}
}

// wire is a connection that loses, repeats and delays.
type wire struct {
	random  *rand.Rand
	flights []flight
}

type flight struct {
	at    time.Time
	frame []byte
	to    *Channel
}

func (w *wire) carry(now time.Time, frames [][]byte, to *Channel, loss int) {
	for _, f := range frames {
		for range 1 + w.random.IntN(5)/4 { // some twice
			if w.random.IntN(100) >= loss {
				w.flights = append(w.flights, flight{now.Add(time.Duration(w.random.IntN(80)) * time.Millisecond), f, to})
			}
		}
	}
}

// TestEverythingArrivesInOrder: whatever the connection does, what is sent
// arrives once and in order, and the sender learns of it.
func TestEverythingArrivesInOrder(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		client, service := NewChannel(InputStreamData, seeded(random)), NewChannel(OutputStreamData, seeded(random))
		w := &wire{random: random}
		const messages = 300
		now := time.UnixMilli(1_000_000)
		sent := map[*Channel]int{}
		got := map[*Channel][]string{}
		over := func() bool {
			return len(got[client]) == messages && len(got[service]) == messages && client.Drained() && service.Drained()
		}
		for step := 0; !over(); step++ {
			if step > 200_000 {
				t.Fatalf("seed %d: %d and %d of %d arrived", seed, len(got[client]), len(got[service]), messages)
			}
			now = now.Add(5 * time.Millisecond)
			for from, to := range map[*Channel]*Channel{client: service, service: client} {
				if sent[from] < messages && from.Room() > 0 && random.IntN(3) == 0 {
					from.Send(now, Output, fmt.Appendf(nil, "%d", sent[from]))
					sent[from]++
				}
				if err := from.Tick(now); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				w.carry(now, from.Outbox(), to, 20)
			}
			flying := w.flights
			w.flights = nil
			for _, f := range flying {
				if f.at.After(now) {
					w.flights = append(w.flights, f)
					continue
				}
				m, err := Decode(f.frame)
				if err != nil {
					t.Fatal(err)
				}
				ready, err := f.to.Receive(now, m)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range ready {
					got[f.to] = append(got[f.to], string(m.Body))
					f.to.Ack(now, m)
				}
			}
		}
		for _, c := range []*Channel{client, service} {
			for i, text := range got[c] {
				if text != fmt.Sprint(i) {
					t.Fatalf("seed %d: number %d is %s", seed, i, text)
				}
			}
		}
	}
}

func TestWhatIsNeverAcknowledgedEndsTheChannel(t *testing.T) {
	c := NewChannel(OutputStreamData, uuid.New)
	now := time.UnixMilli(1)
	c.Send(now, Output, []byte("x"))
	for range resendAttempts {
		at, ok := c.Next()
		if !ok {
			t.Fatal("nothing is to be sent again")
		}
		now = at
		if err := c.Tick(now); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.Outbox()); n != 1+resendAttempts {
		t.Errorf("it was sent %d times", n)
	}
	if err := c.Tick(now.Add(time.Second)); err == nil || !strings.Contains(err.Error(), "not acknowledged") {
		t.Errorf("%v", err)
	}
}

// TestWhatIsNotDealtWithIsNotAcknowledged: a sender is slowed down by whoever
// does not read.
func TestWhatIsNotDealtWithIsNotAcknowledged(t *testing.T) {
	from, to := NewChannel(InputStreamData, uuid.New), NewChannel(OutputStreamData, uuid.New)
	now := time.UnixMilli(1)
	var ready []Message
	for from.Room() > 0 {
		from.Send(now, Output, []byte("x"))
	}
	for _, f := range from.Outbox() {
		m, err := Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		some, err := to.Receive(now, m)
		if err != nil {
			t.Fatal(err)
		}
		ready = append(ready, some...)
	}
	if len(ready) != Window || len(to.Outbox()) != 0 {
		t.Fatalf("%d arrived", len(ready))
	}
	for _, m := range ready {
		to.Ack(now, m)
	}
	for _, f := range to.Outbox() {
		m, err := Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := from.Receive(now, m); err != nil {
			t.Fatal(err)
		}
	}
	if !from.Drained() || from.Room() != Window {
		t.Errorf("room for %d", from.Room())
	}
}

func TestLimits(t *testing.T) {
	c := NewChannel(OutputStreamData, uuid.New)
	for n := range int64(2 * maxEarly) {
		if ready, err := c.Receive(sample.Created, Message{Type: InputStreamData, Sequence: n + 1}); err != nil || len(ready) > 0 {
			t.Fatalf("%v, %v", ready, err)
		}
	}
	if len(c.early) != maxEarly {
		t.Errorf("%d messages wait for an earlier one", len(c.early))
	}
	if _, err := c.Receive(sample.Created, Message{Type: OutputStreamData}); err == nil {
		t.Error("its own messages are taken from the other end")
	}
}
