package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// failpoints are the moments at which the platform is killed, in the order in
// which a task passes them. Each is a comment "gofail: var NAME" in the code,
// which hack/failpoints makes code of.
var failpoints = []string{
	"storeBeforeAppend",
	"storeAppended",
	"storeCommitted",
	"dispatchBeforeSend",
	"agentAttached",
	"agentTaskSaved",
	"dispatchReceived",
	"agentBeforeStart",
	"runtimeRegistered",
	"runtimeCreated",
	"agentStarted",
	"agentBeforeReport",
	"apiReportReceived",
	"apiReportCommitted",
	"agentReported",
	"agentTaskForgotten",
	"agentContainerRemoved",
	"controlPlanned",
	"controlCommitted",
}

// TestKillAtEveryStep kills the platform, with a service and while a task is
// asked for, at one step after the other of a task's life. Whoever was kept
// waiting there never went on. Afterwards the task has run exactly once, the
// service is as it was asked to be, and nothing is left over.
func TestKillAtEveryStep(t *testing.T) {
	binary(t)
	bin := os.Getenv("ROADSTEAD_FAILPOINTS")
	if bin == "" {
		t.Skip("ROADSTEAD_FAILPOINTS does not name the program built with failpoints: run `make test`")
	}
	witness := t.TempDir()
	p := &killing{platform: startProgram(t, bin, filepath.Join(t.TempDir(), "data")), witness: witness}
	// Each process of it, its daemon too, listens at a port of its own.
	p.extra = []string{"GOFAIL_HTTP=127.0.0.1:0"}
	p.again(t)
	p.prepare()
	for i, point := range failpoints {
		began := time.Now()
		p.killAt(t, point, fmt.Sprintf("user-%02d", i))
		t.Logf("%s: %v", point, time.Since(began).Round(time.Millisecond))
		if t.Failed() {
			return
		}
	}
	p.settled(t, p.tasks)
}

// killing is a platform that is killed at its failpoints.
type killing struct {
	*platform
	control, witness string // where failpoints are set; where containers tell of themselves
	task             string // family:revision
	known            []string
}

// prepare makes a service, and the definition of a task that ends by itself.
// Each of their containers tells the host, behind the platform's back, that it
// has started.
func (p *killing) prepare() {
	image := p.image()
	tells := func(in *ecs.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(p.witness)}}}
		in.ContainerDefinitions[0].MountPoints = []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	}
	p.task = p.register("once", image, `echo start >> /w/$HOSTNAME; usleep 200000; exit 7`, tells)
	web := p.register("web", image, `echo start >> /w/$HOSTNAME; exec sleep 1000`, tells)
	if _, err := p.ecs.CreateService(context.Background(), &ecs.CreateServiceInput{ServiceName: aws.String("web"),
		TaskDefinition: aws.String(web), DesiredCount: aws.Int32(2)}); err != nil {
		p.t.Fatal(err)
	}
	p.untilServing()
}

// killAt runs a task, and replaces one of the service's where only its planner
// comes by, until the platform stands at the point; then it kills it, starts it
// again, and looks at what has become of the task.
func (p *killing) killAt(t *testing.T, point, token string) {
	t.Helper()
	p.set(t, point, `sleep("1h")`)
	doing, cancel := context.WithCancel(context.Background())
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		_, _ = p.runTask(doing, token) // whatever comes of it: it is asked for again
		if strings.HasPrefix(point, "control") {
			_, _ = p.ecs.StopTask(doing, &ecs.StopTaskInput{Task: aws.String(p.known[0])})
		}
	}()
	until(t, 30*time.Second, "the platform to come to "+point, func() bool { return p.count(t, point) > 0 })
	p.kill()
	cancel()
	<-asked
	p.again(t)
	arn, err := p.runTask(context.Background(), token)
	if err != nil {
		t.Fatalf("%s: the task is asked for again: %v", point, err)
	}
	task := p.untilTask(arn, "STOPPED")
	if code := aws.ToInt32(task.Containers[0].ExitCode); task.Containers[0].ExitCode == nil || code != 7 {
		t.Errorf("%s: the task ended with %d: %s %s", point, code, task.StopCode, aws.ToString(task.StoppedReason))
	}
	p.untilServing()
	p.startedOnce(t, point, idOf(task))
}

// runTask asks for the task; the same token never makes two.
func (p *killing) runTask(ctx context.Context, token string) (string, error) {
	out, err := p.ecs.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String(p.task), ClientToken: aws.String(token), StartedBy: aws.String(token)},
		func(o *ecs.Options) { o.RetryMaxAttempts = 1 })
	if err != nil {
		return "", err
	}
	if len(out.Tasks) != 1 {
		return "", fmt.Errorf("nothing was placed: %+v", out.Failures)
	}
	return aws.ToString(out.Tasks[0].TaskArn), nil
}

// startedOnce wants every container that ever told of itself to have done so
// once, those of the task and of the service among them, and no task of the
// user's beside the ones that it knows.
func (p *killing) startedOnce(t *testing.T, point, id string) {
	t.Helper()
	files, err := os.ReadDir(p.witness)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(p.witness, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "start"); n != 1 {
			t.Errorf("%s: container %s was started %d times", point, f.Name(), n)
		}
		if strings.HasPrefix(id, f.Name()) {
			seen++
		}
	}
	if seen != 1 {
		t.Errorf("%s: %d containers of task %s told that they started: %v", point, seen, id, files)
	}
}

// untilServing waits until the service is as it was asked to be, in the words
// of the API and in processes.
func (p *killing) untilServing() {
	p.t.Helper()
	state := ""
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the service: %s", state)
		}
	}()
	until(p.t, 30*time.Second, "the service to be stable", func() bool {
		out, err := p.ecs.DescribeServices(context.Background(), &ecs.DescribeServicesInput{Services: []string{"web"}})
		if err != nil {
			p.t.Fatal(err)
		}
		s := out.Services[0]
		alive := aliveOf(p.tasks()).containers
		var running []string
		for _, c := range p.contained() {
			if !slices.Contains(running, c) {
				running = append(running, c)
			}
		}
		slices.Sort(alive)
		slices.Sort(running)
		state = fmt.Sprintf("%d running, %d pending, tasks %v, processes of %v", s.RunningCount, s.PendingCount, alive, running)
		return s.RunningCount == 2 && s.PendingCount == 0 && len(s.Deployments) == 1 && len(alive) == 2 && slices.Equal(alive, running)
	})
	p.known = nil
	for _, task := range p.tasks() {
		if aws.ToString(task.LastStatus) == "RUNNING" {
			p.known = append(p.known, aws.ToString(task.TaskArn))
		}
	}
}

// tasks describes every task of the cluster, stopped ones too.
func (p *killing) tasks() (all []types.Task) {
	p.t.Helper()
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		list, err := p.ecs.ListTasks(context.Background(), &ecs.ListTasksInput{DesiredStatus: status})
		if err != nil {
			p.t.Fatal(err)
		}
		if len(list.TaskArns) == 0 {
			continue
		}
		out, err := p.ecs.DescribeTasks(context.Background(), &ecs.DescribeTasksInput{Tasks: list.TaskArns})
		if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, out.Tasks...)
	}
	return all
}

// again starts the platform anew, with no failpoint set, and finds out where
// they are set.
func (p *killing) again(t *testing.T) {
	t.Helper()
	p.interrupt()
	p.up()
	p.control = ""
	for _, l := range listeners(p.process.Process.Pid) {
		hex, ok := strings.CutPrefix(l, "0100007F:") // 127.0.0.1
		port, err := strconv.ParseUint(hex, 16, 16)
		if !ok || err != nil {
			continue
		}
		address := fmt.Sprint("127.0.0.1:", port)
		if address != p.listen {
			p.control = address
		}
	}
	if p.control == "" {
		t.Fatal("the program has no failpoints")
	}
}

// set makes whoever comes to a failpoint do something.
func (p *killing) set(t *testing.T, point, what string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPut, "http://"+p.control+"/"+point, strings.NewReader(what))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatalf("set %s: %s", point, answer.Status)
	}
}

// count returns how often somebody has come to a failpoint.
func (p *killing) count(t *testing.T, point string) (n int) {
	t.Helper()
	answer, err := http.Get("http://" + p.control + "/" + point + "/count")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(text), &n); err != nil {
		t.Fatalf("count of %s: %s %q", point, answer.Status, text)
	}
	return n
}
