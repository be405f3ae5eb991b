package wiretest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/roadstead/roadstead/wire"
)

// RoundTrip proves for every operation of the service's SDK client, in each of the service's protocols that the client
// speaks, that wire understands the client's requests and the client understands wire's answers. Each operation is
// called with filled and with sparse values, rounds times each. It returns how many operations were proved.
//
// The service's operations are replaced by ones that keep the Input and answer a filled Output; if it has any, they
// must be the client's, and so must Known be.
func RoundTrip(t *testing.T, service *wire.Service, newClient NewClient, rounds int) int {
	t.Helper()
	echo := &echo{}
	client := newClient(InProcess{Handler: echo.router(service, Methods(newClient(nil)))})
	methods := Methods(client)
	checkTable(t, service, methods)
	for _, m := range methods {
		t.Run(m.Name, func(t *testing.T) {
			for round := range rounds {
				echo.roundTrip(t, client, m, NewFiller(uint64(round)))
				echo.roundTrip(t, client, m, NewSparseFiller(uint64(round)))
			}
		})
	}
	return len(methods)
}

// echo is a service whose operations keep their Input and answer what they were told to.
type echo struct {
	input, output any
}

func (e *echo) router(service *wire.Service, methods []Method) *wire.Router {
	table := *service
	table.Operations = nil
	for _, m := range methods {
		table.Operations = append(table.Operations, wire.OpOf(m.Name, m.Input, m.Output, e.call))
	}
	return wire.NewRouter(wire.Options{Logger: slog.New(slog.DiscardHandler)}, &table)
}

func (e *echo) call(_ context.Context, input any) (any, error) {
	e.input = input
	return e.output, nil
}

func (e *echo) roundTrip(t *testing.T, client any, m Method, filler *Filler) {
	t.Helper()
	sent, err := filler.New(m.Input)
	if err != nil {
		t.Fatal(err)
	}
	if e.output, err = filler.New(m.Output); err != nil {
		t.Fatal(err)
	}
	e.input = nil
	got, err := m.Call(t.Context(), client, sent)
	if e.input == nil {
		t.Fatalf("the request did not arrive: %v", err)
	}
	if diff := Diff(sent, e.input); diff != "" {
		t.Fatalf("the request changed (-sent +decoded):\n%s", diff)
	}
	if m.Streams() {
		return // proved by the streams' own tests
	}
	if err != nil {
		t.Fatalf("the answer was not understood: %v", err)
	}
	if diff := diff(e.output, got, readMargin); diff != "" {
		t.Fatalf("the answer changed (-encoded +received):\n%s", diff)
	}
}

// checkTable compares a front door's table with the client.
func checkTable(t *testing.T, service *wire.Service, methods []Method) {
	t.Helper()
	byName := map[string]Method{}
	for _, m := range methods {
		byName[m.Name] = m
	}
	for _, op := range service.Operations {
		m, ok := byName[op.Name]
		if !ok {
			t.Errorf("operation %s is none of the client's", op.Name)
			continue
		}
		if op.Input() != m.Input || !op.IsStream() && op.Output() != m.Output {
			t.Errorf("operation %s has the types %v and %v", op.Name, op.Input(), op.Output())
		}
	}
	if len(service.Known) == 0 {
		return
	}
	known := map[string]bool{}
	for _, name := range service.Known {
		known[name] = true
		if _, ok := byName[name]; !ok {
			t.Errorf("known operation %s is none of the client's", name)
		}
	}
	for _, m := range methods {
		if !known[m.Name] {
			t.Errorf("the client's operation %s is not known", m.Name)
		}
	}
}
