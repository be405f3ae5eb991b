package wire_test

import (
	"testing"

	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

func TestRecordedRequestsDecode(t *testing.T) {
	for _, m := range modules() {
		t.Run(m.service.Name, func(t *testing.T) {
			n := wiretest.RequestSnapshots(t, m.path, &m.service, m.client)
			t.Logf("%s: %d requests", m.service.Name, n)
			if n < m.least {
				t.Errorf("only %d recordings were found, want at least %d", n, m.least)
			}
		})
	}
}

func TestRecordedAnswersEncode(t *testing.T) {
	for _, m := range modules() {
		if m.service.Protocols[0] == wire.Query {
			continue // the module has no recordings of answers
		}
		t.Run(m.service.Name, func(t *testing.T) {
			n := wiretest.ResponseSnapshots(t, m.path, &m.service, m.client)
			t.Logf("%s: %d answers", m.service.Name, n)
			if n < m.least {
				t.Errorf("only %d recordings were found, want at least %d", n, m.least)
			}
		})
	}
}

func TestRecordedErrorsEncode(t *testing.T) {
	for _, m := range modules() {
		if m.service.Protocols[0] == wire.Query {
			continue // the module has no recordings of errors
		}
		t.Run(m.service.Name, func(t *testing.T) {
			n := wiretest.ErrorSnapshots(t, m.path, &m.service, m.client)
			t.Logf("%s: %d errors", m.service.Name, n)
			if n < 10 {
				t.Errorf("only %d recordings were found", n)
			}
		})
	}
}
