package rotate

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// world is one secret and what its rotation is about.
type world struct {
	v     View
	tasks map[string]*model.Task
	plans byte
}

func newWorld() *world {
	definition := &model.TaskDefinition{Account: "1", Family: "rotator", Revision: 1, Status: model.TaskDefinitionActive, Definition: &types.TaskDefinition{
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("main"), Memory: aws.Int32(16), Essential: aws.Bool(true)},
			{Name: aws.String("side"), Memory: aws.Int32(16), Essential: aws.Bool(false)}}}}
	return &world{tasks: map[string]*model.Task{}, v: View{Region: "us-east-1", Now: start, Definition: definition,
		Cluster: &model.Cluster{Account: "1", Name: DefaultCluster, Status: model.ClusterActive},
		Secret: &model.Secret{Account: "1", Name: "db", Suffix: "AbCdEf", RotationEnabled: true, RotationTask: "rotator", RotationDays: 30,
			Versions: []model.SecretVersion{{ID: "first", Sealed: []byte{1}, Stages: []string{model.StageCurrent}}}}}}
}

// TestTranscripts plays testdata/rotate.txt. Commands change the world; then it
// is planned until a plan is empty, and what was done is said.
func TestTranscripts(t *testing.T) {
	datadriven.RunTest(t, "testdata/rotate.txt", func() func(t *testing.T, d *datadriven.TestData) string {
		w := newWorld()
		return func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "new":
				w = newWorld()
				fallthrough
			default:
				for line := range strings.Lines(d.Input) {
					w.do(t, strings.Fields(line))
				}
			}
			return w.settle(t)
		}
	}())
}

func (w *world) do(t *testing.T, words []string) {
	t.Helper()
	if r := w.v.Secret.Rotation; r != nil && r.Task == "" {
		w.settle(t)
	}
	s := w.v.Secret.Clone()
	w.v.Secret = s
	switch words[0] {
	case "schedule":
		s.RotationDays, s.RotateAt = 0, time.Time{}
		if s.RotationRule = strings.Join(words[1:], " "); s.RotationRule == "none" {
			s.RotationRule = ""
		}
	case "due":
		s.RotateAt = w.v.Now
	case "rotate":
		Begin(s, words[1], w.v.Now)
	case "cancel":
		s.RotationEnabled, s.Rotation = false, nil
	case "advance":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			t.Fatal(err)
		}
		w.v.Now = w.v.Now.Add(d)
	case "until": // the plan's wake
		w.v.Now = Plan(w.view()).Wake
	case "current": // the task moved the label
		i, from := s.Version(words[1]), s.WithStage(model.StageCurrent)
		s.Detach(from, model.StageCurrent)
		s.Versions[i].Stages = append(s.Versions[i].Stages, model.StageCurrent)
	case "unpend":
		s.Detach(s.WithStage(model.StagePending), model.StagePending)
	case "end": // the step's task, with the exit codes of its containers
		task := w.tasks[s.Rotation.Task].Clone()
		task.Status.Last, task.StopCode = model.TaskStopped, model.StopEssentialContainerExited
		for i, code := range words[1:] {
			n, err := strconv.Atoi(code)
			if err != nil {
				t.Fatal(err)
			}
			task.Status.Containers[i].ExitCode = aws.Int32(int32(n))
		}
		w.tasks[s.Rotation.Task] = task
	case "lose":
		delete(w.tasks, s.Rotation.Task)
	case "definition":
		w.v.Definition = nil
	default:
		t.Fatalf("no command %q", words[0])
	}
}

func (w *world) view() View {
	v := w.v
	v.Task, v.Ran = nil, v.Definition
	if r := v.Secret.Rotation; r != nil && r.Task != "" {
		v.Task = w.tasks[r.Task]
	}
	v.Seed = plan.Seed{w.plans}
	return v
}

// settle plans until there is nothing to do and says what was done.
func (w *world) settle(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for range 10 {
		before := fmt.Sprintf("%+v", w.v.Secret)
		w.plans++
		p := Plan(w.view())
		for _, r := range p.Reasons {
			fmt.Fprintf(&b, "%s: %s\n", r.Code, r.Message)
		}
		if p.Change.Empty() {
			if !p.Wake.IsZero() {
				fmt.Fprintf(&b, "wakes after %v\n", p.Wake.Sub(w.v.Now))
			}
			return b.String() + w.state()
		}
		if fmt.Sprintf("%+v", w.view().Secret) != before {
			t.Fatal("the plan changed what it was handed")
		}
		for _, c := range p.Change.Writes {
			switch n := c.Noun.(type) {
			case *model.Secret:
				w.v.Secret = n
			case *model.Task:
				if w.tasks[n.Key().ID] == nil {
					env := n.Spec.Overrides.ContainerOverrides[0].Environment
					fmt.Fprintf(&b, "task: %s %s %s\n", *env[0].Value, *env[1].Value, *env[2].Value)
				} else {
					fmt.Fprintf(&b, "task stopped: %s\n", n.StoppedReason)
				}
				w.tasks[n.Key().ID] = n
			}
		}
	}
	t.Fatal("the plans do not settle")
	return ""
}

func (w *world) state() string {
	s := w.v.Secret
	out := "at rest"
	if r := s.Rotation; r != nil {
		out = fmt.Sprintf("%s, attempt %d", r.Step, r.Attempt)
	}
	for _, v := range s.Versions {
		id := v.ID
		if len(id) > 8 {
			id = "planned"
		}
		out += fmt.Sprintf("; %s %v", id, v.Stages)
	}
	if !s.RotateAt.IsZero() {
		out += "; next " + s.RotateAt.Format(time.DateTime)
	}
	return out + "\n"
}
