package bench

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	startSamples = 30
	// look is how often a waiting client looks.
	look = 2 * time.Millisecond
	// settle lets what follows a start (spare shims and namespaces) end.
	settle = 100 * time.Millisecond

	startBar = 2.0
)

// startTimes are the parts of starts, sample by sample.
type startTimes struct {
	client, server, before, pull, after []time.Duration
}

// starts measures RunTask -> RUNNING, one task after the other, in turn with
// `runc run`, so that all see the same machine.
func starts(t *testing.T, r *report, image sample) {
	p := start(t, "up")
	reference := p.push(image)
	modes := []types.NetworkMode{types.NetworkModeHost, types.NetworkModeBridge}
	definitions := map[types.NetworkMode]string{}
	var running []string
	for _, mode := range modes {
		definitions[mode] = p.register("bench-"+string(mode), reference, mode)
		arns := p.runTasks("default", definitions[mode], 1) // pulls, and warms up
		running = append(running, arns...)
		p.untilAll(arns, "RUNNING", look)
	}
	// The first peer does the same work; the second is runc as it comes.
	peer, plain := newBare(t, image, p.configurationOf(running[0])), newBare(t, image, "")
	peer.run(t)
	plain.run(t)
	var alone, unfiltered []time.Duration
	times := map[types.NetworkMode]*startTimes{modes[0]: {}, modes[1]: {}}
	for range startSamples {
		for _, mode := range modes {
			pause(settle)
			running = append(running, p.startOne(definitions[mode], times[mode]))
		}
		pause(settle)
		alone = append(alone, peer.run(t))
		pause(settle)
		unfiltered = append(unfiltered, plain.run(t))
	}
	p.stopBatch(running)
	for _, mode := range modes {
		r.addStarts(mode, times[mode], alone, unfiltered)
	}
}

// startOne runs one task and notes how long what took.
func (p *platform) startOne(definition string, s *startTimes) string {
	p.t.Helper()
	began := time.Now()
	arns := p.runTasks("default", definition, 1)
	task := p.untilAll(arns, "RUNNING", look)[0]
	s.client = append(s.client, time.Since(began))
	between := func(from, to *time.Time) time.Duration { return aws.ToTime(to).Sub(aws.ToTime(from)) }
	s.server = append(s.server, between(task.CreatedAt, task.StartedAt))
	s.before = append(s.before, between(task.CreatedAt, task.PullStartedAt))
	s.pull = append(s.pull, between(task.PullStartedAt, task.PullStoppedAt))
	s.after = append(s.after, between(task.PullStoppedAt, task.StartedAt))
	return arns[0]
}

// stopBatch stops tasks a hundred at a time.
func (p *platform) stopBatch(arns []string) {
	p.t.Helper()
	for len(arns) > 0 {
		n := min(len(arns), 100)
		p.stopAll(arns[:n])
		arns = arns[n:]
	}
}

func (r *report) addStarts(mode types.NetworkMode, s *startTimes, alone, unfiltered []time.Duration) {
	median := func(of []time.Duration) float64 { return percentile(of, 0.5).Seconds() }
	ratio := median(s.client) / median(alone)
	r.add(row{what: "RunTask to RUNNING, " + string(mode) + ", seen by the client", measured: spread(s.client),
		peer:  "runc run, same configuration, " + spread(alone),
		ratio: times(ratio), bar: "p50 <= 2x", verdict: atMost(ratio, startBar)},
		row{what: "  against runc run as runc spec configures it, without a seccomp filter", measured: spread(s.client),
			peer: spread(unfiltered), ratio: times(median(s.client) / median(unfiltered))},
		row{what: "  createdAt to startedAt", measured: spread(s.server), ratio: times(median(s.server) / median(alone))})
	r.note("of it, p50: until the pull starts %s, pull %s, from there to RUNNING %s",
		milliseconds(percentile(s.before, 0.5)), milliseconds(percentile(s.pull, 0.5)), milliseconds(percentile(s.after, 0.5)))
}
