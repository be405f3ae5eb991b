package stockagent

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestRecovery kills the agent, then the server, and then gives the server's
// data back as they were before: nothing runs twice, nothing is forgotten, and
// what the server does not know is stopped.
func TestRecovery(t *testing.T) {
	w := newWorld(t, "server", "--insecure")
	w.joined(patience)
	w.parts(t, []part{
		{"agent killed", w.agentKilled},
		{"agent stopped", w.agentStopped},
		{"server killed", w.serverKilled},
		{"data from a backup", w.restored},
	})
}

const sleeps = "trap 'exit 0' TERM; while true; do sleep 0.1; done"

// agentKilled kills the agent and starts it again, and looks what became of its
// tasks, of one that ended meanwhile and of one that was stopped meanwhile.
func (w *world) agentKilled(t *testing.T) {
	actor := w.role("resumed")
	definition := w.register("resumed", sleeps, func(in *ecs.RegisterTaskDefinitionInput) { in.TaskRoleArn = &actor })
	stays, ends, stopped := w.run(definition, nil), w.run(definition, nil), w.run(definition, nil)
	for _, task := range []string{stays, ends, stopped} {
		w.reaches(task, "RUNNING")
	}
	container := w.agent.containers(stays, false)[0]
	before := w.credentials(t, container)
	w.agent.kill()
	until(t, patience, "the agent to be missed", func() bool {
		return slices.ContainsFunc(w.instances(), func(i types.ContainerInstance) bool { return !i.AgentConnected })
	})
	out, err := w.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: &definition})
	if err != nil || !slices.ContainsFunc(failures(out.Failures), func(s string) bool { return strings.HasPrefix(s, "AGENT") }) {
		t.Errorf("RunTask without an agent: %v %+v", err, out)
	}
	if out, err := w.agent.docker("kill", w.agent.containers(ends, false)[0]); err != nil {
		t.Fatal(out)
	}
	w.stop(stopped)
	w.agent.start()
	w.joined(patience)
	if ended := w.reaches(ends, "STOPPED"); exits(ended) != "main=137" || ended.StopCode != types.TaskStopCodeEssentialContainerExited {
		t.Errorf("what ended meanwhile: %s, %s", ended.StopCode, exits(ended))
	}
	if ended := w.reaches(stopped, "STOPPED"); exits(ended) != "main=0" || ended.StopCode != types.TaskStopCodeUserInitiated {
		t.Errorf("what was stopped meanwhile: %s, %s", ended.StopCode, exits(ended))
	}
	if now := w.agent.containers(stays, true); len(now) != 1 || now[0] != container {
		t.Errorf("the task had container %s and has %v", container, now)
	}
	if w.reaches(stays, "RUNNING"); !strings.HasSuffix(before, actor) || w.credentials(t, container) != before {
		t.Errorf("the container's credentials are of %q", before)
	}
	w.stop(stays)
	w.reaches(stays, "STOPPED")
}

// credentials asks from inside a container for its role's credentials, until
// they are there, and returns the role.
func (w *world) credentials(t *testing.T, container string) string {
	t.Helper()
	var found struct{ RoleArn, AccessKeyId string }
	until(t, patience, "credentials in the container", func() bool {
		out, err := w.agent.docker("exec", container, "sh", "-c", "wget -qO- http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
		return err == nil && json.Unmarshal([]byte(out), &found) == nil && found.AccessKeyId != ""
	})
	return found.RoleArn
}

// serverKilled kills the server and starts it again while a task ends.
func (w *world) serverKilled(t *testing.T) {
	definition := w.register("outlives", sleeps, nil)
	stays, ends := w.run(definition, nil), w.run(definition, nil)
	w.reaches(stays, "RUNNING")
	w.reaches(ends, "RUNNING")
	container := w.agent.containers(stays, false)
	w.killServer()
	if out, err := w.agent.docker("stop", w.agent.containers(ends, false)[0]); err != nil {
		t.Fatal(out)
	}
	w.serve()
	w.joined(patience)
	if ended := w.reaches(ends, "STOPPED"); exits(ended) != "main=0" || ended.StopCode != types.TaskStopCodeEssentialContainerExited {
		t.Errorf("what ended meanwhile: %s, %s", ended.StopCode, exits(ended))
	}
	w.reaches(w.run(definition, nil), "RUNNING")
	if now := w.agent.containers(stays, true); !slices.Equal(now, container) {
		t.Errorf("the task had containers %v and has %v", container, now)
	}
}

// restored gives the server data in which a task is not known that runs, and
// one runs that has ended meanwhile.
func (w *world) restored(t *testing.T) {
	definition := w.register("restored", sleeps, nil)
	known := w.run(definition, nil)
	w.reaches(known, "RUNNING")
	w.interrupt()
	backup := filepath.Join(t.TempDir(), "backup")
	run(t, exec.Command("cp", "-a", w.data, backup))
	w.serve()
	w.joined(patience)
	unknown := w.run(definition, nil)
	w.reaches(unknown, "RUNNING")
	w.interrupt()
	if err := os.RemoveAll(w.data); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command("cp", "-a", backup, w.data))
	w.serve()
	w.joined(patience)
	if _, err := w.task(unknown); err == nil {
		t.Fatal("the server remembers the task")
	}
	until(t, patience, "what the server does not know to be stopped", func() bool { return len(w.agent.containers(unknown, false)) == 0 })
	if now := w.agent.containers(known, false); len(now) != 1 {
		t.Errorf("the task that is known has containers %v", now)
	}
	w.reaches(known, "RUNNING")
}

// agentStopped stops the agent as its supervisor would.
func (w *world) agentStopped(t *testing.T) {
	task := w.run(w.register("patient", sleeps, nil), nil)
	w.reaches(task, "RUNNING")
	w.agent.signal(syscall.SIGTERM)
	until(t, patience, "the agent to be missed", func() bool {
		return slices.ContainsFunc(w.instances(), func(i types.ContainerInstance) bool { return !i.AgentConnected })
	})
	w.agent.start()
	i := w.joined(patience)
	if i.RunningTasksCount == 0 {
		t.Error("no task runs")
	}
	w.stop(task)
	w.reaches(task, "STOPPED")
}
