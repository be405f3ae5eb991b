package conformance

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// supply brings a container instance to a cluster and to one of its capacity
// providers, as soon as a task waits for one: the cluster and the provider need
// not be there yet. The instance goes at the end of the test.
func (p *platform) supply(t *testing.T, cluster, provider string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended, dir := make(chan struct{}), filepath.Join(t.TempDir(), "instance")
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	go func() {
		defer close(ended)
		if p.wanted(ctx, cluster) {
			p.join(ctx, t, dir, cluster, provider)
		}
	}()
}

// wanted waits until a cluster has tasks.
func (p *platform) wanted(ctx context.Context, cluster string) bool {
	client, tick := p.newSDK().ecs, time.NewTicker(100*time.Millisecond)
	defer tick.Stop()
	for {
		if out, err := client.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster}); err == nil && len(out.TaskArns) > 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// join runs a container instance until ctx ends, and removes what it made.
func (p *platform) join(ctx context.Context, t *testing.T, dir, cluster, provider string) {
	token, err := exec.Command(p.bin, "token", "--data-dir", p.dir, "--cluster", cluster).Output()
	if err != nil {
		t.Errorf("roadstead token: %v", err)
		return
	}
	output := &transcript{}
	agent := exec.CommandContext(ctx, p.bin, "agent", "--data-dir", dir, "--cluster", cluster, "--capacity-provider", provider,
		"--server", p.env["AWS_ENDPOINT_URL"], "--token", string(bytes.TrimSpace(token)))
	agent.Stdout, agent.Stderr = output, output
	agent.Cancel, agent.WaitDelay = func() error { return agent.Process.Signal(os.Interrupt) }, 30*time.Second
	if err := agent.Run(); err != nil && ctx.Err() == nil {
		t.Errorf("roadstead agent: %v", err)
	}
	if out, err := exec.Command(p.bin, "down", "--data-dir", dir).CombinedOutput(); err != nil {
		t.Errorf("roadstead down: %v\n%s", err, out)
	}
	if t.Failed() {
		t.Logf("roadstead agent said:\n%s", output)
	}
}
