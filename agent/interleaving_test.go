package agent

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/dispatch/acs"
)

var (
	seeds = flag.Int("seeds", 40, "how many random interleavings are tried")
	first = flag.Uint64("seed", 0, "the first of them")
)

// TestRandomInterleavings lets tasks begin and stop while the agent is killed,
// the control plane is away, the machine restarts, containers die and edges
// fail, as a seed says; then everything heals. Whatever happened: no container
// was started twice, what ran was reported RUNNING before STOPPED, every task
// is reported STOPPED in the end, and nothing is left.
func TestRandomInterleavings(t *testing.T) {
	for seed := *first; seed < *first+uint64(*seeds); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			onHost(t, func(t *testing.T, h *host) {
				c := &chaos{host: h, dice: rand.New(rand.NewPCG(seed, 0))}
				c.run()
			})
		})
	}
}

type chaos struct {
	*host
	dice    *rand.Rand
	trouble bool
	tasks   []acs.Task
}

func (c *chaos) run() {
	mishaps := rand.New(rand.NewPCG(c.dice.Uint64(), 1))
	c.fail = func(op, _ string) error {
		if c.trouble && op != "pull" && op != "token" && mishaps.IntN(6) == 0 {
			return errors.New("trouble")
		}
		return nil
	}
	slowness := rand.New(rand.NewPCG(c.dice.Uint64(), 2))
	c.plane.latency = func() time.Duration { return time.Duration(slowness.IntN(400)) * time.Millisecond }
	c.behave = func(r runtime.Container) fake.Behaviour {
		b := fake.Behaviour{StartTakes: 200 * time.Millisecond, StopTakes: time.Duration(len(r.ID)%3) * 40 * time.Second}
		switch r.Name {
		case "brief":
			b.Runs = 200 * time.Millisecond
		case "failing":
			b.Runs, b.ExitCode = time.Second, 1
		case "broken":
			b.StartErr = errors.New("it is broken")
		case "sick":
			b.Exec = func([]string, bool) (runtime.ExecResult, error) { return runtime.ExecResult{ExitCode: 1}, nil }
		}
		return b
	}
	c.begin()
	for range 40 {
		c.happen()
		pass(time.Duration(c.dice.IntN(300)) * time.Millisecond)
	}
	c.heal()
	for _, arn := range c.plane.arns() {
		c.plane.stop(arn)
	}
	for _, payload := range c.tasks {
		c.until(payload.ARN+" STOPPED", 5*time.Minute, func() bool { return c.plane.last(payload.ARN) == "STOPPED" })
	}
	c.nothingLeft()
	c.check()
}

func (c *chaos) happen() {
	switch c.dice.IntN(14) {
	case 0, 1, 2, 3:
		payload := c.task(fmt.Sprint("t", len(c.tasks)))
		c.tasks = append(c.tasks, payload)
		c.plane.run(payload)
	case 4:
		if len(c.tasks) > 0 {
			c.plane.stop(c.tasks[c.dice.IntN(len(c.tasks))].ARN)
		}
	case 5, 6, 7:
		c.kill()
		pass(time.Duration(c.dice.IntN(100)) * time.Millisecond)
		c.begin()
	case 8:
		c.plane.setDown(true)
	case 9, 10:
		c.plane.setDown(false)
	case 11:
		if ids := c.running(); len(ids) > 0 {
			id := ids[c.dice.IntN(len(ids))]
			c.runtime.Script(func(m *fake.Machine, now time.Time) { _ = m.OOM(now, id) }) // it may have ended
		}
	case 12:
		if c.dice.IntN(3) == 0 {
			c.kill()
			c.runtime.Script(func(m *fake.Machine, now time.Time) { m.Crash(now) })
			c.begin()
		}
	case 13:
		c.setTrouble(!c.trouble)
	}
}

func (c *chaos) setTrouble(on bool) {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.trouble = on
}

func (c *chaos) heal() {
	c.setTrouble(false)
	c.plane.setDown(false)
	pass(time.Second)
}

func (c *chaos) task(id string) acs.Task {
	kinds := []string{"web", "api", "brief", "failing", "broken", "sick"}
	c.dice.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	payload := task(id)
	for i, name := range kinds[:1+c.dice.IntN(3)] {
		spec := essential(name, port(80, 0))
		spec.Essential = i == 0 || c.dice.IntN(2) == 0
		if i > 0 && c.dice.IntN(2) == 0 {
			spec.DependsOn = []acs.Dependency{{ContainerName: kinds[i-1], Condition: []string{"START", "COMPLETE", "SUCCESS", "HEALTHY"}[c.dice.IntN(4)]}}
		}
		if c.dice.IntN(2) == 0 {
			spec.HealthCheckType, spec.StartTimeout = "docker", 3
			spec.DockerConfig = &acs.DockerConfig{Config: `{"Healthcheck":{"Test":["CMD","probe"],"Interval":500000000,"Timeout":100000000,"Retries":1}}`}
		}
		payload.Containers = append(payload.Containers, spec)
	}
	if c.dice.IntN(2) == 0 {
		payload = awsvpc(payload, 5+len(c.tasks))
	}
	return payload
}

// check looks at what was reported.
func (c *chaos) check() {
	for _, payload := range c.tasks {
		all := true
		for i := range payload.Containers {
			all = all && c.starts[fmt.Sprintf("%s-%d", taskID(payload.ARN), i)] > 0
		}
		told := c.plane.told(payload.ARN)
		ran, stopped := slices.Index(told, "RUNNING"), slices.Index(told, "STOPPED")
		if all && (ran < 0 || ran > stopped) {
			c.mu.Lock()
			c.t.Errorf("every container of %s was started, and it was reported %v:\n%s", payload.ARN, told,
				strings.Join(c.happened(taskID(payload.ARN)), "\n"))
			c.mu.Unlock()
		}
	}
}
