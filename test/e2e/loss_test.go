package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	noticedWithin  = 3 * time.Second // from the last that an instance says
	replacedWithin = 5 * time.Second
)

// TestInstanceThatFallsSilent stops an instance's agent without a word: its
// connection stays open, and nothing comes. Its tasks are replaced on the
// other instance, and stopped when it comes back.
func TestInstanceThatFallsSilent(t *testing.T) {
	p := start(t)
	process := p.join(t)
	image := p.image()
	if _, err := p.ecs.CreateService(context.Background(), &ecs.CreateServiceInput{ServiceName: aws.String("web"),
		TaskDefinition: aws.String(p.register("web", image, "exec sleep 1000", nil)), DesiredCount: aws.Int32(4),
		PlacementStrategy: []types.PlacementStrategy{{Type: types.PlacementStrategyTypeSpread, Field: aws.String("instanceId")}}}); err != nil {
		t.Fatal(err)
	}
	until(t, 30*time.Second, "four tasks", func() bool { return len(p.serving(nil)) == 4 })
	second := ""
	for _, i := range p.instances() {
		if len(p.serving(i.ContainerInstanceArn)) != 2 {
			t.Fatalf("tasks are not spread: %v", p.serving(i.ContainerInstanceArn))
		}
		if hasAttribute(i, "second") {
			second = aws.ToString(i.ContainerInstanceArn)
		}
	}
	lost := p.serving(&second)

	began := time.Now()
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	resumed := false
	resume := func() {
		if !resumed {
			resumed = true
			_ = process.Signal(syscall.SIGCONT)
		}
	}
	defer resume()
	until(t, 30*time.Second, "the loss to be noticed", func() bool {
		return slices.ContainsFunc(p.instances(), func(i types.ContainerInstance) bool {
			return aws.ToString(i.ContainerInstanceArn) == second && !i.AgentConnected
		})
	})
	noticed := time.Since(began)
	var replacements []string
	until(t, 30*time.Second, "four tasks on the other instance", func() bool {
		replacements = nil
		for _, arn := range p.serving(nil) {
			if !slices.Contains(lost, arn) {
				replacements = append(replacements, arn)
			}
		}
		return len(replacements) == 4
	})
	replaced := time.Since(began)
	t.Logf("noticed after %v, replaced after %v", noticed, replaced)
	if noticed > noticedWithin || replaced > replacedWithin {
		t.Errorf("noticed after %v, want %v; replaced after %v, want %v", noticed, noticedWithin, replaced, replacedWithin)
	}

	resume()
	for _, arn := range lost {
		p.untilTask(arn, "STOPPED")
	}
	if now := p.serving(nil); len(now) != 4 || !slices.Equal(sorted(now), sorted(replacements)) {
		t.Errorf("after its return these serve: %v, want %v", now, replacements)
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func hasAttribute(i types.ContainerInstance, name string) bool {
	return slices.ContainsFunc(i.Attributes, func(a types.Attribute) bool { return aws.ToString(a.Name) == name })
}

// join starts a second container instance and waits until it is connected. At
// the end of the test it is taken down.
func (p *platform) join(t *testing.T) *os.Process {
	t.Helper()
	token, err := exec.Command(p.bin, "token", "--data-dir", p.dir).Output()
	if err != nil {
		t.Fatalf("roadstead token: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "second")
	before, output := machine(t), &tail{}
	c := exec.Command(p.bin, "agent", "--data-dir", dir, "--server", p.env["AWS_ENDPOINT_URL"], "--token", strings.TrimSpace(string(token)), "--attribute", "second=yes")
	c.Stdout, c.Stderr = output, output
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("output of roadstead agent:\n%s", output)
		}
		_ = c.Process.Signal(syscall.SIGINT)
		if err := c.Wait(); err != nil {
			t.Errorf("roadstead agent: %v\n%s", err, output)
		}
		if out, err := exec.Command(p.bin, "down", "--data-dir", dir).CombinedOutput(); err != nil {
			t.Errorf("roadstead down: %v\n%s", err, out)
		}
		before.compare(t, machine(t), marks(dir)...)
	})
	until(t, 30*time.Second, "the second instance", func() bool {
		return len(p.instances()) == 2 && !slices.ContainsFunc(p.instances(), func(i types.ContainerInstance) bool { return !i.AgentConnected })
	})
	return c.Process
}

// instances describes the cluster's container instances.
func (p *platform) instances() []types.ContainerInstance {
	p.t.Helper()
	list, err := p.ecs.ListContainerInstances(context.Background(), &ecs.ListContainerInstancesInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := p.ecs.DescribeContainerInstances(context.Background(), &ecs.DescribeContainerInstancesInput{ContainerInstances: list.ContainerInstanceArns})
	if err != nil {
		p.t.Fatal(err)
	}
	return out.ContainerInstances
}

// serving returns the tasks that run and are to, on one instance or on all.
func (p *platform) serving(instance *string) (arns []string) {
	p.t.Helper()
	list, err := p.ecs.ListTasks(context.Background(), &ecs.ListTasksInput{ContainerInstance: instance, DesiredStatus: types.DesiredStatusRunning})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(list.TaskArns) == 0 {
		return nil
	}
	out, err := p.ecs.DescribeTasks(context.Background(), &ecs.DescribeTasksInput{Tasks: list.TaskArns})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, task := range out.Tasks {
		if aws.ToString(task.LastStatus) == "RUNNING" {
			arns = append(arns, aws.ToString(task.TaskArn))
		}
	}
	return arns
}
