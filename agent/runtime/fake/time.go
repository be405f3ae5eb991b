package fake

import (
	"slices"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
)

// later notes a change that comes by itself.
func (m *Machine) later(at time.Time, c *container, apply func(*Machine, *container, time.Time)) {
	m.order++
	m.pending = append(m.pending, pending{at: at, order: m.order, container: c, apply: apply})
	slices.SortFunc(m.pending, func(a, b pending) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return int(a.order) - int(b.order)
	})
}

// Next gives when something will happen by itself.
func (m *Machine) Next() (time.Time, bool) {
	if len(m.pending) == 0 {
		return time.Time{}, false
	}
	return m.pending[0].at, true
}

// Advance lets everything happen that is due. All methods with a time do so first; time never goes back.
func (m *Machine) Advance(now time.Time) {
	for len(m.pending) > 0 && !m.pending[0].at.After(now) {
		next := m.pending[0]
		m.pending = m.pending[1:]
		if m.containers[next.container.ID] == next.container {
			next.apply(m, next.container, next.at)
		}
	}
}

// Events takes what has happened since it was last called, in order.
func (m *Machine) Events() []runtime.Event {
	events := m.happened
	m.happened = nil
	return events
}
