package containerd

import (
	"fmt"
	"testing"
	"time"

	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/agent/runtime/runtimetest"
)

func TestContract(t *testing.T) {
	needRoot(t)
	runtimetest.Run(t, runtimetest.Target{Open: openNode, Patience: 30 * time.Second})
}

func openNode(t *testing.T) runtimetest.Instance {
	n := newNode(t)
	return n.instance(t)
}

// openClient is for a client of a daemon that is not the node's.
func openClient(t *testing.T, layout Layout, client *Client) runtimetest.Instance {
	t.Cleanup(func() {
		client.Close()
		if err := layout.RemoveRun(); err != nil {
			t.Error(err)
		}
	})
	n := &node{layout: layout, client: client, registry: runtimetest.NewRegistry(t)}
	return n.instance(t)
}

func (n *node) instance(t *testing.T) runtimetest.Instance {
	return runtimetest.Instance{
		Runtime:   n.client,
		Image:     runtime.PullRequest{Image: n.registry.Push(t, "test/busybox:1", nil), PlainHTTP: true},
		Missing:   runtime.PullRequest{Image: n.registry.Host + "/test/busybox:none", PlainHTTP: true},
		Reopen:    func(t *testing.T) runtimetest.Runtime { return n.reopen(t) },
		Container: scripted,
		Probe: func(word string, code int) []string {
			return []string{"sh", "-c", fmt.Sprintf("echo %s; exit %d", word, code)}
		},
		SlowProbe: []string{"sleep", "30"},
		Ready:     []string{"test", "-e", "/tmp/ready"},
		Commands: runtimetest.Commands{
			Speak: func(out, err string, code int) []string {
				return []string{"sh", "-c", fmt.Sprintf("echo %s; echo %s >&2; exit %d", out, err, code)}
			},
			Copy: []string{"cat"},
			Stay: []string{"sh", "-c", "echo here; sleep 4321; :"},
			Size: []string{"sh", "-c", "read line; stty size"},
			None: []string{"no-such-command"},
			Gone: []string{"sh", "-c", "! grep -qs 432[1] /proc/[0-9]*/cmdline"},
		},
	}
}

// scripted makes a container run a program of the suite as a shell script.
func scripted(c runtime.Container, p runtimetest.Program) runtime.Container {
	switch {
	case p.NoCommand:
		c.Command = []string{"no-such-command"}
	case p.OutOfMemory:
		c.Command = []string{"sh", "-c", "exec dd if=/dev/zero of=/dev/null bs=512M"}
	case p.Runs > 0:
		c.Command = []string{"sh", "-c", fmt.Sprintf("sleep %.3f; exit %d", p.Runs.Seconds(), p.ExitCode)}
	case p.IgnoresTERM:
		c.Command = []string{"sh", "-c", "trap '' TERM; touch /tmp/ready; while :; do sleep 1; done"}
	default:
		c.Command = []string{"sh", "-c", fmt.Sprintf("trap 'exit %d' TERM; touch /tmp/ready; while :; do sleep 0.05; done", p.OnTERM)}
	}
	return c
}
