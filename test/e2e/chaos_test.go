package e2e

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	chaosSeed    = "ROADSTEAD_CHAOS_SEED" // repeats a run's draws
	chaosFor     = "ROADSTEAD_CHAOS_FOR"  // how long faults are made, a Go duration
	chaosDefault = 45 * time.Second
	chaosGroup   = "/chaos"
)

// TestChaos lets a random user work while a saboteur kills whatever there is;
// when the faults end, everything must be true, and nothing be left over.
func TestChaos(t *testing.T) {
	binary(t)
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(chaosSeed); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", chaosSeed, err)
		}
	}
	length := chaosDefault
	if text := os.Getenv(chaosFor); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s: %v", chaosFor, err)
		}
	}
	t.Logf("repeat with %s=%d", chaosSeed, seed)

	witness := t.TempDir()
	p := start(t)
	u := chaosUser(p, witness, rand.New(rand.NewPCG(seed, 1)))
	s := &saboteur{p: p, random: rand.New(rand.NewPCG(seed, 2)), harmed: map[string]string{}, done: map[string]int{}}

	ctx, cancel := context.WithCancel(context.Background())
	working := make(chan struct{})
	go func() { defer close(working); u.run(ctx) }()
	for deadline := time.Now().Add(length); time.Now().Before(deadline); {
		s.doze(1500 * time.Millisecond)
		s.act()
	}
	cancel()
	<-working
	t.Logf("harms: %v", s.done)
	chaosEnds(p, u)
	t.Log(u.summary())
	for _, w := range u.wrong {
		t.Error(w)
	}
	w := readWitness(t, witness)
	w.judge(t, u, s)
	w.judgeLogs(t, p, u, s)
}

// chaosUser makes the services and task definitions that the user plays with.
// Containers tell the host behind the platform's back what they did, in a
// directory that they all mount.
func chaosUser(p *platform, witness string, random *rand.Rand) *user {
	t := p.t
	t.Helper()
	image := p.image()
	if _, err := p.logs.CreateLogGroup(context.Background(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(chaosGroup)}); err != nil {
		t.Fatal(err)
	}
	witnessed := func(in *ecs.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(witness)}}}
		for i := range in.ContainerDefinitions {
			c := &in.ContainerDefinitions[i]
			c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}
			c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": chaosGroup, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "c"}}
		}
	}
	make := func(family, command string, change func(*ecs.RegisterTaskDefinitionInput)) string {
		return p.register(family, image, `echo "main start" >> /w/$HOSTNAME; `+command, func(in *ecs.RegisterTaskDefinitionInput) {
			if change != nil {
				change(in)
			}
			witnessed(in)
		})
	}
	const five = `for i in 0 1 2 3 4; do echo "$HOSTNAME $i"; echo $i >> /w/$HOSTNAME.count; done; echo "main done" >> /w/$HOSTNAME; exit `
	const count = `trap 'exit 0' TERM; i=0; while :; do echo "$HOSTNAME $i"; echo $i >> /w/$HOSTNAME.count; i=$((i+1)); usleep 50000; done`
	published := func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	}
	checked := func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].HealthCheck = &types.HealthCheck{Command: []string{"CMD-SHELL", "test -d /w"},
			Interval: aws.Int32(5), Timeout: aws.Int32(2), Retries: aws.Int32(3)}
	}
	pair := func(condition types.ContainerCondition) func(*ecs.RegisterTaskDefinitionInput) {
		return func(in *ecs.RegisterTaskDefinitionInput) {
			side := in.ContainerDefinitions[0]
			side.Name, side.Essential = aws.String("side"), aws.Bool(false)
			side.Command = []string{"sh", "-c", `echo "side start" >> /w/$HOSTNAME; usleep 100000; echo "side done" >> /w/$HOSTNAME`}
			in.ContainerDefinitions[0].DependsOn = []types.ContainerDependency{{ContainerName: aws.String("side"), Condition: condition}}
			in.ContainerDefinitions = append(in.ContainerDefinitions, side)
		}
	}
	u := &user{ecs: p.ecs, random: random, accepted: map[string]string{}, stopped: map[string]bool{}, seen: map[string]types.Task{},
		kinds: []string{make("quick", five+"0", nil), make("fails", five+"7", nil), make("sleeper", "exec sleep 1000", published),
			make("follows", five+"0", pair(types.ContainerConditionSuccess)), make("beside", five+"0", pair(types.ContainerConditionStart))},
		services: map[string][]string{
			"counting": {make("counting", count, published), make("counting", count, published)},
			"healthy":  {make("healthy", "exec sleep 1000", checked), make("healthy", "exec sleep 1000", checked)},
			"crashing": {make("crashing", "usleep 100000; exit 1", nil), make("crashing", "usleep 100000; exit 1", nil)},
		}}
	for _, name := range []string{"counting", "healthy", "crashing"} {
		if _, err := p.ecs.CreateService(context.Background(), &ecs.CreateServiceInput{ServiceName: aws.String(name),
			TaskDefinition: aws.String(u.services[name][0]), DesiredCount: aws.Int32(2)}); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

// chaosEnds asks for a state that can be reached and wants it reached.
func chaosEnds(p *platform, u *user) {
	t := p.t
	t.Helper()
	ctx := context.Background()
	wanted := map[string]int32{"counting": 3, "healthy": 2, "crashing": 0}
	for _, name := range []string{"counting", "healthy", "crashing"} {
		if _, err := p.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String(name), DesiredCount: aws.Int32(wanted[name])}); err != nil {
			t.Fatal(err)
		}
	}
	all := func() []types.Task {
		u.watch(ctx)
		tasks, err := u.all(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return tasks
	}
	for _, task := range all() {
		if strings.HasPrefix(aws.ToString(task.StartedBy), "user-") && aws.ToString(task.DesiredStatus) == "RUNNING" {
			u.stopped[*task.TaskArn] = true
			if _, err := p.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: task.TaskArn}); err != nil {
				t.Fatal(err)
			}
		}
	}
	began, state := time.Now(), ""
	for deadline := began.Add(60 * time.Second); ; pause(200 * time.Millisecond) {
		if state = unconverged(p, all(), wanted); state == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("not converged %v after the faults ended: %s", time.Since(began), state)
			break
		}
	}
	t.Logf("converged %v after the faults ended", time.Since(began))
	p.settled(t, all)
	processes := map[string]bool{}
	for _, container := range p.contained() {
		processes[container] = true
	}
	for _, task := range all() {
		for i, c := range task.Containers {
			id := fmt.Sprintf("%s-%d", idOf(task), i)
			if running := aws.ToString(c.LastStatus) == "RUNNING"; running != processes[id] {
				t.Errorf("container %s of %s is %s, and that it has a process is %v", id, aws.ToString(task.Group), aws.ToString(c.LastStatus), processes[id])
			}
		}
	}
}

// unconverged says in what way services and tasks are not as they were asked
// to be.
func unconverged(p *platform, tasks []types.Task, wanted map[string]int32) string {
	out, err := p.ecs.DescribeServices(context.Background(), &ecs.DescribeServicesInput{Services: []string{"counting", "healthy", "crashing"}})
	if err != nil {
		return err.Error()
	}
	for _, s := range out.Services {
		n := wanted[aws.ToString(s.ServiceName)]
		if s.RunningCount != n || s.PendingCount != 0 || len(s.Deployments) != 1 && n > 0 {
			return fmt.Sprintf("service %s: %d running, %d pending, %d desired, %d deployments; %s", aws.ToString(s.ServiceName), s.RunningCount, s.PendingCount,
				s.DesiredCount, len(s.Deployments), aws.ToString(s.Events[0].Message))
		}
	}
	for _, task := range tasks {
		if last, desired := aws.ToString(task.LastStatus), aws.ToString(task.DesiredStatus); last != desired {
			return fmt.Sprintf("task %s of %s is %s and is to be %s", *task.TaskArn, aws.ToString(task.Group), last, desired)
		}
		if strings.Contains(aws.ToString(task.Group), "healthy") && aws.ToString(task.LastStatus) == "RUNNING" && task.HealthStatus != types.HealthStatusHealthy {
			return fmt.Sprintf("task %s of service healthy is %s", *task.TaskArn, task.HealthStatus)
		}
	}
	return ""
}

// witnesses is what containers said that they did, by host name: the first
// twelve digits of the task's id.
type witnesses struct {
	did     map[string][]string
	counted map[string]int
}

func readWitness(t testing.TB, dir string) witnesses {
	t.Helper()
	w := witnesses{map[string][]string{}, map[string]int{}}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if host, ok := strings.CutSuffix(f.Name(), ".count"); ok {
			w.counted[host] = bytes.Count(text, []byte("\n"))
		} else {
			w.did[f.Name()] = strings.Split(strings.TrimSpace(string(text)), "\n")
		}
	}
	return w
}

// judge compares what is said of tasks with what their containers did.
func (w witnesses) judge(t testing.TB, u *user, s *saboteur) {
	t.Helper()
	startedBy, ranAllTheSame := map[string]string{}, 0
	defer func() { t.Logf("%d tasks that failed to start had run", ranAllTheSame) }()
	for arn := range u.accepted {
		if _, there := u.seen[arn]; !there {
			t.Errorf("RunTask acknowledged %s, which is not there", arn)
		}
	}
	for arn, task := range u.seen {
		id := idOf(task)
		did := w.did[id[:12]]
		count := func(line string) (n int) {
			for _, l := range did {
				if l == line {
					n++
				}
			}
			return n
		}
		if by := aws.ToString(task.StartedBy); strings.HasPrefix(by, "user-") {
			if other := startedBy[by]; other != "" {
				t.Errorf("one call of RunTask (%s) started %s and %s", by, other, arn)
			}
			startedBy[by] = arn
		}
		say := func(what string) {
			t.Errorf("%s (%s, %s: %s; harmed: %q, stopped by the user: %v): %s; it did %q; %s", arn, aws.ToString(task.TaskDefinitionArn), task.StopCode,
				aws.ToString(task.StoppedReason), s.harmed[id], u.stopped[arn], what, did, ends(task))
		}
		if count("main start") > 1 || count("side start") > 1 {
			say("a container ran twice")
		}
		// A stop may come before the container's process is the user's command.
		if task.StartedAt != nil && count("main start") == 0 && s.spared(task) && task.StopCode == types.TaskStopCodeEssentialContainerExited {
			say("startedAt is set and the container never ran")
		}
		main := slices.IndexFunc(task.Containers, func(c types.Container) bool { return aws.ToString(c.Name) == "main" })
		kind := u.accepted[arn]
		short := strings.HasPrefix(kind, "quick") || strings.HasPrefix(kind, "fails") || strings.HasPrefix(kind, "follows") || strings.HasPrefix(kind, "beside")
		code := task.Containers[main].ExitCode
		if short && code != nil && (*code == 0 || *code == 7) && count("main done") != 1 {
			say(fmt.Sprintf("exit code %d of a container that did not end so", *code))
		}
		if short && s.spared(task) && !u.stopped[arn] && task.StopCode != types.TaskStopCodeTaskFailedToStart {
			want := int32(0)
			if strings.HasPrefix(kind, "fails") {
				want = 7
			}
			if code == nil || *code != want {
				say(fmt.Sprintf("exit code %d of %v, want %d, of a task that nobody touched", aws.ToInt32(code), code, want))
			}
		}
		if task.StopCode == types.TaskStopCodeTaskFailedToStart && count("main start") > 0 {
			ranAllTheSame++
		}
		if a, b := slices.Index(did, "side done"), slices.Index(did, "main start"); strings.HasPrefix(kind, "follows") && b >= 0 && (a < 0 || a > b) {
			say("main did not wait for the success of side")
		}
	}
}

// judgeLogs wants every line that a container wrote. What was in the pipe when
// its shim was killed is lost with it.
func (w witnesses) judgeLogs(t testing.TB, p *platform, u *user, s *saboteur) {
	t.Helper()
	var have map[string]map[int]bool
	read := func() {
		have = map[string]map[int]bool{}
		for _, line := range p.logLines(chaosGroup) {
			host, text, _ := strings.Cut(line, " ")
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Errorf("log line %q", line)
				continue
			}
			if have[host] == nil {
				have[host] = map[int]bool{}
			}
			have[host][n] = true
		}
	}
	lacking := func() (out []string) {
		read()
		for host, n := range w.counted {
			lossy := false
			for id, how := range s.harmed {
				lossy = lossy || strings.HasPrefix(id, host) && strings.Contains(how, "shim")
			}
			for i := range n {
				if !have[host][i] && !(lossy && len(have[host]) <= i) {
					out = append(out, fmt.Sprintf("the log of %s lacks %d of 0..%d (it has %d lines); %s", host, i, n-1, len(have[host]), u.endOf(host)))
					break
				}
			}
		}
		return out
	}
	var left []string
	for deadline := time.Now().Add(10 * time.Second); ; pause(200 * time.Millisecond) {
		if left = lacking(); len(left) == 0 || time.Now().After(deadline) {
			break
		}
	}
	for _, l := range left {
		t.Error(l)
	}
	t.Logf("%d containers counted", len(w.counted))
}

// endOf says how the task ended whose id begins with host.
func (u *user) endOf(host string) string {
	for _, task := range u.seen {
		if strings.HasPrefix(idOf(task), host) {
			return fmt.Sprintf("%s %s: %s; %s", aws.ToString(task.TaskDefinitionArn), task.StopCode, aws.ToString(task.StoppedReason), ends(task))
		}
	}
	return "which is the log of no task"
}

// ends says how a task's containers ended, and when what happened.
func ends(task types.Task) string {
	var b strings.Builder
	for _, c := range task.Containers {
		fmt.Fprintf(&b, "%s %s", aws.ToString(c.Name), aws.ToString(c.LastStatus))
		if c.ExitCode != nil {
			fmt.Fprintf(&b, " exit %d", *c.ExitCode)
		}
		fmt.Fprintf(&b, " %q; ", aws.ToString(c.Reason))
	}
	for _, at := range []struct {
		what string
		at   *time.Time
	}{{"created", task.CreatedAt}, {"pull stopped", task.PullStoppedAt}, {"started", task.StartedAt}, {"execution stopped", task.ExecutionStoppedAt}, {"stopped", task.StoppedAt}} {
		if at.at != nil {
			fmt.Fprintf(&b, "%s %s, ", at.what, at.at.Format("05.000"))
		}
	}
	return b.String()
}
