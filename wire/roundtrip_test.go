package wire_test

import (
	"testing"

	"github.com/roadstead/roadstead/wire/wiretest"
)

func TestEveryOperationRoundTrips(t *testing.T) {
	for _, m := range modules() {
		t.Run(m.service.Name, func(t *testing.T) {
			proved := wiretest.RoundTrip(t, &m.service, m.client, 3)
			t.Logf("%s: %d operations", m.service.Name, proved)
			if proved < m.least {
				t.Errorf("only %d operations were found, want at least %d", proved, m.least)
			}
		})
	}
}
