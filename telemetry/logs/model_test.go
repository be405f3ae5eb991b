package logs_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/disk/disktest"
)

// model is the naive store: everything in order of acceptance.
type model struct {
	groups map[string]*modelGroup
}

type modelGroup struct {
	retention int32
	streams   map[string]bool
	events    []modelEvent
}

type modelEvent struct {
	stream  string
	ts      int64
	seq     int
	message string
}

// read is what Read must yield.
func (m *model) read(q logs.Query, now time.Time) []string {
	g := m.groups[q.Group]
	var chosen []modelEvent
	for _, e := range g.events {
		kept := g.retention == 0 || e.ts >= now.Add(-time.Duration(g.retention)*24*time.Hour).UnixMilli()
		if kept && e.ts >= q.From && (q.To == 0 || e.ts < q.To) && strings.HasPrefix(e.stream, q.Prefix) &&
			(len(q.Streams) == 0 || slices.Contains(q.Streams, e.stream)) {
			chosen = append(chosen, e)
		}
	}
	slices.SortStableFunc(chosen, func(a, b modelEvent) int { return cmp.Compare(a.ts, b.ts) })
	if q.Backward {
		slices.Reverse(chosen)
	}
	lines := []string{}
	for _, e := range chosen {
		lines = append(lines, line(e.stream, e.ts, e.message))
	}
	return lines
}

// machine drives a store and the model with the same steps.
type machine struct {
	disk  *disktest.Memory
	opts  logs.Options
	clock *clock
	store *running
	model model
	seq   int
}

var groupNames = []string{"g", "g/1", "h"}
var streamNames = []string{"a", "b", "ab", "c/d"}

func (m *machine) group(t *rapid.T) string  { return rapid.SampledFrom(groupNames).Draw(t, "group") }
func (m *machine) stream(t *rapid.T) string { return rapid.SampledFrom(streamNames).Draw(t, "stream") }

func (m *machine) createGroup(t *rapid.T) {
	name := m.group(t)
	err := m.store.CreateGroup(context.Background(), logs.Group{Account: account, Name: name})
	if m.model.groups[name] != nil {
		wantErr(t, err, logs.ErrGroupExists)
		return
	}
	check(t, err)
	m.model.groups[name] = &modelGroup{streams: map[string]bool{}}
}

func (m *machine) createStream(t *rapid.T) {
	name, stream := m.group(t), m.stream(t)
	err := m.store.CreateStream(context.Background(), account, name, stream)
	switch g := m.model.groups[name]; {
	case g == nil:
		wantErr(t, err, logs.ErrGroupNotFound)
	case g.streams[stream]:
		wantErr(t, err, logs.ErrStreamExists)
	default:
		check(t, err)
		g.streams[stream] = true
	}
}

// target is a stream that exists, when there is one and usually.
func (m *machine) target(t *rapid.T) (string, string) {
	var all [][2]string
	for _, name := range groupNames {
		if g := m.model.groups[name]; g != nil {
			for _, stream := range slices.Sorted(maps.Keys(g.streams)) {
				all = append(all, [2]string{name, stream})
			}
		}
	}
	if len(all) == 0 || rapid.IntRange(0, 9).Draw(t, "anywhere") == 0 {
		return m.group(t), m.stream(t)
	}
	s := rapid.SampledFrom(all).Draw(t, "target")
	return s[0], s[1]
}

func (m *machine) put(t *rapid.T) {
	name, stream := m.target(t)
	n := rapid.IntRange(1, 40).Draw(t, "events")
	size := rapid.IntRange(0, 300).Draw(t, "size")
	days := rapid.IntRange(0, 12).Draw(t, "daysAgo")
	ts := m.clock.ms.Load() - int64(days)*86_400_000 + int64(rapid.IntRange(0, 20).Draw(t, "offset"))
	var events []logs.InputEvent
	for range n {
		m.seq++
		ts += int64(rapid.IntRange(0, 3).Draw(t, "step"))
		events = append(events, logs.InputEvent{Timestamp: ts, Message: fmt.Sprintf("%d %s", m.seq, strings.Repeat("x", size))})
	}
	err := m.store.Append(context.Background(), account, name, stream, events)
	switch g := m.model.groups[name]; {
	case g == nil:
		wantErr(t, err, logs.ErrGroupNotFound)
	case !g.streams[stream]:
		wantErr(t, err, logs.ErrStreamNotFound)
	default:
		check(t, err)
		for _, e := range events {
			g.events = append(g.events, modelEvent{stream, e.Timestamp, m.seq, e.Message})
		}
	}
}

func (m *machine) deleteStream(t *rapid.T) {
	name, stream := m.group(t), m.stream(t)
	err := m.store.DeleteStream(context.Background(), account, name, stream, nil)
	switch g := m.model.groups[name]; {
	case g == nil:
		wantErr(t, err, logs.ErrGroupNotFound)
	case !g.streams[stream]:
		wantErr(t, err, logs.ErrStreamNotFound)
	default:
		check(t, err)
		delete(g.streams, stream)
		g.events = slices.DeleteFunc(g.events, func(e modelEvent) bool { return e.stream == stream })
	}
}

func (m *machine) deleteGroup(t *rapid.T) {
	name := m.group(t)
	err := m.store.DeleteGroup(context.Background(), account, name, nil)
	if m.model.groups[name] == nil {
		wantErr(t, err, logs.ErrGroupNotFound)
		return
	}
	check(t, err)
	delete(m.model.groups, name)
}

// retain sets a retention. It only grows shorter, because what was deleted
// does not come back.
func (m *machine) retain(t *rapid.T) {
	name := m.group(t)
	days := rapid.SampledFrom([]int32{10, 5, 1}).Draw(t, "days")
	g := m.model.groups[name]
	if g == nil || g.retention != 0 && g.retention < days {
		return
	}
	check(t, m.store.UpdateGroup(context.Background(), account, name, func(g *logs.Group) error {
		g.RetentionDays = days
		return nil
	}))
	g.retention = days
}

func (m *machine) reopen(t *rapid.T, d *disktest.Memory) {
	m.store.stop()
	if n := m.disk.OpenFiles(); n != 0 {
		t.Fatalf("%d files stay open", n)
	}
	m.disk = d
	m.store = start(t, d, m.opts)
}

func (m *machine) check(t *rapid.T) {
	names := []string{}
	for _, g := range m.store.Groups(logs.GroupQuery{Account: account, Limit: 10}) {
		names = append(names, g.Name)
	}
	if d := diff.Diff(append([]string{}, slices.Sorted(maps.Keys(m.model.groups))...), names); d != "" {
		t.Fatalf("groups: %s", d)
	}
	for _, name := range names {
		q := logs.Query{Group: name, Backward: rapid.Bool().Draw(t, "backward")}
		now := m.clock.ms.Load()
		if rapid.Bool().Draw(t, "ranged") {
			q.From = now - int64(rapid.IntRange(0, 12*86400).Draw(t, "from"))*1000
			q.To = q.From + int64(rapid.IntRange(1, 6*86400).Draw(t, "length"))*1000
		}
		switch g := m.model.groups[name]; rapid.IntRange(0, 2).Draw(t, "which") {
		case 0:
			q.Prefix = "a"
		case 1:
			q.Streams = slices.Sorted(maps.Keys(g.streams))
			q.Streams = q.Streams[:len(q.Streams)/2]
		}
		want := m.model.read(q, m.clock.now())
		if d := diff.Diff(want, m.store.read(t, q)); d != "" {
			t.Fatalf("%+v: %s", q, d)
		}
		if d := diff.Diff(want, m.pages(t, q)); d != "" {
			t.Fatalf("in pages: %+v: %s", q, d)
		}
	}
}

// pages reads with a cursor, a few events at a time.
func (m *machine) pages(t *rapid.T, q logs.Query) []string {
	q.Account = account
	size := rapid.IntRange(7, 200).Draw(t, "page")
	lines := []string{}
	for {
		n := 0
		for e, err := range m.store.Read(context.Background(), q) {
			check(t, err)
			lines = append(lines, line(e.Stream, e.Timestamp, string(e.Message)))
			p := e.Position
			q.After = &p
			if n++; n == size {
				break
			}
		}
		if n < size {
			return lines
		}
	}
}

func TestStoreAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		m := &machine{disk: &disktest.Memory{}, clock: c, model: model{map[string]*modelGroup{}},
			opts: logs.Options{Now: c.now, SegmentBytes: 2000}}
		m.store = start(t, m.disk, m.opts)
		defer func() { m.store.stop() }()
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		t.Repeat(map[string]func(*rapid.T){
			"createGroup":  m.createGroup,
			"createStream": m.createStream,
			"put":          m.put,
			"put2":         m.put,
			"put3":         m.put,
			"deleteStream": m.deleteStream,
			"deleteGroup":  m.deleteGroup,
			"retain":       m.retain,
			"advance": func(t *rapid.T) {
				c.advance(time.Duration(rapid.SampledFrom([]int{1, 24, 48}).Draw(t, "hours")) * time.Hour)
			},
			"maintain":  func(t *rapid.T) { check(t, m.store.Maintain(context.Background())) },
			"maintain2": func(t *rapid.T) { check(t, m.store.Maintain(context.Background())) },
			"restart":   func(t *rapid.T) { m.store.stop(); m.reopen(t, m.disk) },
			"kill":      func(t *rapid.T) { m.reopen(t, m.disk.Kill()) },
			"crash":     func(t *rapid.T) { m.reopen(t, m.disk.Crash(rnd)) },
			"":          m.check,
		})
	})
}
