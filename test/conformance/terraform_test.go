package conformance

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// terraformWithin bounds Terraform's part: it takes 90 s when nothing else is
// done.
const terraformWithin = 10 * time.Minute

// terraform applies the configuration of a folder, changes it in place and
// destroys it. After each step a plan is empty. A command may take as long as
// the whole may.
func (p *platform) terraform(t *testing.T, folder string) {
	path := tool(t, "terraform")
	plugins := os.Getenv("TF_PLUGIN_DIR")
	if plugins == "" {
		t.Skip("TF_PLUGIN_DIR does not name a directory with Terraform's AWS provider: it is not tried")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(terraformWithin)
	run := func(arguments ...string) error {
		c := exec.Command(path, append(arguments, "-no-color")...)
		c.Dir, c.Env = dir, p.environ("TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TF_VAR_image="+p.listen+"/conformance/busybox:latest")
		began := time.Now()
		said, err := p.run(t, time.Until(deadline), c)
		t.Logf("terraform %s: %v, %v", strings.Join(arguments, " "), time.Since(began).Round(100*time.Millisecond), err)
		if err != nil {
			t.Logf("%s", said)
		}
		return err
	}
	must := func(arguments ...string) {
		t.Helper()
		if err := run(arguments...); err != nil {
			t.Fatal("terraform " + strings.Join(arguments, " ") + " failed")
		}
	}
	must("init", "-plugin-dir="+plugins)
	for _, variable := range []string{"changed=false", "changed=true"} {
		must("plan", "-out=change", "-var", variable)
		p.inPlace(t, path, dir)
		must("apply", "change")
		// An exit status of 2 says that the plan is not empty.
		if err := run("plan", "-detailed-exitcode", "-var", variable); err != nil {
			var status *exec.ExitError
			if errors.As(err, &status) && status.ExitCode() == 2 {
				t.Errorf("a second plan with %s is not empty", variable)
				continue
			}
			t.Fatal(err)
		}
	}
	must("destroy", "-auto-approve", "-var", "changed=true")
}

// replaced are the resources of which the provider makes another for a change:
// a task definition's next revision, policies of lifecycles, and versions of
// secrets, which never change.
var replaced = []string{"aws_ecs_task_definition", "aws_ecr_lifecycle_policy", "aws_secretsmanager_secret_version"}

// inPlace wants a plan to change in place what can be.
func (p *platform) inPlace(t *testing.T, path, dir string) {
	t.Helper()
	c := exec.Command(path, "show", "-json", "change")
	c.Dir, c.Env = dir, p.environ("CHECKPOINT_DISABLE=1")
	said, err := c.Output()
	if err != nil {
		t.Fatalf("terraform show: %v", err)
	}
	var plan struct {
		Changes []struct {
			Address, Type string
			Change        struct{ Actions []string }
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(said, &plan); err != nil {
		t.Fatalf("terraform show: %v", err)
	}
	count := map[string]int{}
	for _, r := range plan.Changes {
		did := strings.Join(r.Change.Actions, ", ")
		count[did]++
		if slices.Contains(r.Change.Actions, "delete") && !slices.Contains(replaced, r.Type) {
			t.Errorf("%s is not changed in place: %s", r.Address, did)
		}
	}
	t.Logf("the plan: %v", count)
}
