package ecs_test

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/model"
)

// TestBoto3 plays testdata/client.py, with a control loop and agents that work
// beside it.
func TestBoto3(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import boto3").Run() != nil {
		t.Skip("python3 with boto3 is not installed: its client is not tried")
	}
	l := newLab(t)
	var names []string
	for _, c := range model.Capabilities() {
		names = append(names, c.Name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, python, "testdata/client.py", l.url, strings.Join(names, ","))
	var stderr strings.Builder
	c.Stderr = &stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	said := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said = lines.Text()
		if instance, ok := strings.CutPrefix(said, "connect "); ok {
			l.connect(instance, true)
			wg.Go(func() {
				for ctx.Err() == nil {
					l.scheduleOnce(model.ServiceID(account, "default", "s"))
					l.agents()
					l.advance(time.Second)
				}
			})
			io.WriteString(in, "go\n")
		}
	}
	err = c.Wait()
	cancel()
	wg.Wait()
	if err != nil || said != "done" {
		t.Fatalf("%v after %q:\n%s", err, said, stderr.String())
	}
}
