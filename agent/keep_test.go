package agent

import (
	"os"
	"testing"

	"github.com/roadstead/roadstead/dispatch/acs"
)

// A record goes one way: RUNNING, STOPPED, forgotten. Who comes late changes
// nothing.
func TestRecordsGoOneWay(t *testing.T) {
	r, err := openRecords(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	payload := task("t1", essential("web"))
	k := &keep{records: r}
	desired := func() string {
		tasks, unreadable, err := r.load()
		if err != nil || len(unreadable) > 0 || len(tasks) > 1 {
			t.Fatalf("records: %v, %v, %v", tasks, unreadable, err)
		}
		if len(tasks) == 0 {
			return ""
		}
		return tasks[0].DesiredStatus
	}
	for _, c := range []struct{ save, want string }{{"RUNNING", "RUNNING"}, {"STOPPED", "STOPPED"}, {"RUNNING", "STOPPED"}} {
		if err := k.save(payload, c.save); err != nil || desired() != c.want {
			t.Errorf("after %s the record says %q, %v", c.save, desired(), err)
		}
	}
	for range 2 {
		if err := k.forget(payload.ARN); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.save(payload, "RUNNING"); err != nil || desired() != "" {
		t.Errorf("a forgotten record came back: %q, %v", desired(), err)
	}
	transient := &keep{records: r, transient: true}
	if err := transient.save(payload, "STOPPED"); err != nil || desired() != "" {
		t.Errorf("what is never started was recorded: %q, %v", desired(), err)
	}
}

// Records of other people's making do not confuse the node.
func TestLoadPassesOverWhatIsNotARecord(t *testing.T) {
	r, err := openRecords(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.save(acs.Task{ARN: "a/t1"}); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"t2.json.new": "{", "README": "x", "t3.json": `{"arn":"a/t4"}`, "t5.json": ""} {
		if err := os.WriteFile(r.dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tasks, unreadable, err := r.load()
	if err != nil || len(tasks) != 1 || len(unreadable) != 2 || unreadable[0] != "t3" || unreadable[1] != "t5" {
		t.Errorf("tasks %v, unreadable %v, %v", tasks, unreadable, err)
	}
	if _, err := os.Stat(r.dir + "/t2.json.new"); err == nil {
		t.Error("half a record is still there")
	}
	if tasks, unreadable, err = r.load(); err != nil || len(tasks) != 1 || len(unreadable) != 0 {
		t.Errorf("the second time: tasks %v, unreadable %v, %v", tasks, unreadable, err)
	}
}
