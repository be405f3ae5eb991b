package throttle

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func TestCallersHaveBucketsOfTheirOwn(t *testing.T) {
	c := &clock{time.Unix(1_000_000, 0)}
	g := NewGate(Rates{Class: [classes]Rate{Mutating: {1, 3}}}, Options{Now: c.now})
	var exceeded *Exceeded
	for i := range 3 {
		if err := g.Caller("a", Mutating); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if err := g.Caller("a", Mutating); !errors.As(err, &exceeded) {
		t.Fatalf("a fourth at once: %v", err)
	}
	if err := errors.Join(g.Caller("b", Mutating), g.Caller("a", Reading)); err != nil {
		t.Fatalf("another caller, and another class: %v", err)
	}
	c.Time = c.Add(time.Second)
	if err := g.Caller("a", Mutating); err != nil {
		t.Fatalf("a second later: %v", err)
	}
}

func TestAFloodShutsOutStrangersAlone(t *testing.T) {
	c := &clock{time.Unix(1_000_000, 0)}
	g := NewGate(Rates{Refused: Rate{1, 5}}, Options{Now: c.now, Callers: 100})
	g.Proven("10.0.0.1", "AKIAGOOD")
	for range 5 {
		if err := g.Stranger("10.0.0.1", "AKIABAD"); err != nil {
			t.Fatal(err)
		}
		g.Refused("10.0.0.1")
	}
	if g.Stranger("10.0.0.1", "AKIABAD") == nil || g.Stranger("10.0.0.1", "") == nil {
		t.Error("the flood goes on")
	}
	if err := errors.Join(g.Stranger("10.0.0.1", "AKIAGOOD"), g.Stranger("10.0.0.2", "AKIABAD")); err != nil {
		t.Errorf("others: %v", err)
	}
	for i := range 10_000 {
		address := fmt.Sprintf("10.1.%d.%d", i/256, i%256)
		g.Refused(address)
		g.Proven(address, "AKIA")
		_ = g.Caller(address, Reading)
	}
	if n := g.Remembered(); n > 5*100 {
		t.Errorf("%d are remembered", n)
	}
	c.Time = c.Add(2 * time.Second)
	if err := g.Stranger("10.0.0.1", "AKIABAD"); err != nil {
		t.Errorf("later: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for from, want := range map[string]string{
		"10.0.0.1:4000": "10.0.0.1", "[::ffff:10.0.0.1]:4000": "10.0.0.1", "[2001:db8:1:2:3:4:5:6]:4000": "2001:db8:1:2::/64", "@": "@",
	} {
		if got := Address(&http.Request{RemoteAddr: from}); got != want {
			t.Errorf("%s is %s, want %s", from, got, want)
		}
	}
}

func TestRatesAreRead(t *testing.T) {
	r, err := ParseRates("read=10,write=5/7,refused=0")
	want := DefaultRates()
	want.Class[Reading], want.Class[Mutating], want.Refused = Rate{10, 20}, Rate{5, 7}, Rate{}
	if err != nil || r != want {
		t.Errorf("%+v, %v; want %+v", r, err, want)
	}
	if r, err := ParseRates("off"); err != nil || r != (Rates{}) {
		t.Errorf("off: %+v, %v", r, err)
	}
	for _, bad := range []string{"read", "read=", "read=x", "read=-1", "read=1/x", "all=1", "read=NaN", "read=Inf"} {
		if _, err := ParseRates(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func BenchmarkCaller(b *testing.B) {
	g := NewGate(DefaultRates(), Options{})
	for b.Loop() {
		_ = g.Caller("arn:aws:iam::000000000000:root", Reading)
	}
}
