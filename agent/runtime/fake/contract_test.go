package fake_test

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/fake"
	"github.com/roadstead/roadstead/agent/runtime/runtimetest"
)

func TestContract(t *testing.T) {
	runtimetest.Run(t, runtimetest.Target{Open: open, Run: synctest.Test, Patience: time.Minute})
}

func open(*testing.T) runtimetest.Instance {
	behaviours := make(map[string]fake.Behaviour)
	machine := fake.NewMachine(fake.Options{
		Pull: func(r runtime.PullRequest) fake.Pulled {
			if r.Image == "missing" {
				return fake.Pulled{Err: &runtime.Error{Kind: runtime.KindImageNotFound, Op: "pull", Subject: r.Image, Err: fmt.Errorf("not found")}, Takes: time.Second}
			}
			pulled := fake.PullAny(r)
			pulled.Takes = time.Second
			return pulled
		},
		Behave: func(c runtime.Container) fake.Behaviour { return behaviours[c.ID] },
	})
	r := fake.NewRuntime(machine)
	return runtimetest.Instance{
		Runtime: r,
		Image:   runtime.PullRequest{Image: "present"},
		Missing: runtime.PullRequest{Image: "missing"},
		Reopen:  func(*testing.T) runtimetest.Runtime { return r },
		Container: func(c runtime.Container, p runtimetest.Program) runtime.Container {
			behaviours[c.ID] = behave(c, p)
			return c
		},
		Probe:     func(word string, code int) []string { return []string{word, fmt.Sprint(code)} },
		SlowProbe: []string{"slow"},
		Ready:     []string{"ready"},
		Commands: runtimetest.Commands{
			Speak: func(out, err string, code int) []string { return []string{"speak", out, err, fmt.Sprint(code)} },
			Copy:  []string{"copy"}, Stay: []string{"stay"}, Size: []string{"size"}, None: []string{"none"}, Gone: []string{"gone"},
		},
	}
}

func behave(c runtime.Container, p runtimetest.Program) fake.Behaviour {
	b := fake.Behaviour{
		StartTakes: time.Millisecond, Runs: p.Runs, ExitCode: p.ExitCode, StopCode: p.OnTERM, ExecTakes: 200 * time.Millisecond,
		Execute: execute,
		Stats:   runtime.Stats{Pids: 1, MemoryUsage: 1, OnlineCPUs: 1},
		Exec: func(command []string, _ bool) (runtime.ExecResult, error) {
			var result runtime.ExecResult
			if len(command) == 2 {
				result.Output = []byte(command[0] + "\n")
				_, err := fmt.Sscan(command[1], &result.ExitCode)
				return result, err
			}
			return result, nil
		},
	}
	if p.IgnoresTERM {
		b.StopTakes = -1
	}
	if p.OutOfMemory {
		b.Runs, b.ExitCode, b.OOMKilled = time.Second, 137, true
	}
	if p.NoCommand {
		b.StartErr = &runtime.Error{Kind: runtime.KindCommandNotFound, Op: "start", Subject: c.ID, Err: fmt.Errorf("no such file")}
	}
	return b
}

// execute does what the suite's commands are to do.
func execute(ctx context.Context, c runtime.Command) (int, error) {
	say := func(w io.Writer, text string) {
		if w != nil {
			fmt.Fprintln(w, text)
		}
	}
	if c.Args[0] == "none" {
		return 0, &runtime.Error{Kind: runtime.KindCommandNotFound, Op: "exec", Err: fmt.Errorf("no such file")}
	}
	if c.Started != nil {
		c.Started()
	}
	switch c.Args[0] {
	case "speak":
		say(c.Stdout, c.Args[1])
		say(c.Stderr, c.Args[2])
		return strconv.Atoi(c.Args[3])
	case "copy":
		if c.Stdin != nil {
			_, err := io.Copy(c.Stdout, c.Stdin)
			return 0, err
		}
	case "stay":
		say(c.Stdout, "here")
		<-ctx.Done()
	case "size":
		size := <-c.Sizes
		if _, err := c.Stdin.Read(make([]byte, 1)); err != nil {
			return 1, nil
		}
		say(c.Stdout, fmt.Sprint(size.Rows, " ", size.Cols))
	}
	return 0, nil
}
