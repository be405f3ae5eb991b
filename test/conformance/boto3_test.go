package conformance

import (
	"os/exec"
	"testing"
	"time"
)

// scriptWithin bounds a script. The longest starts the AWS CLI well over a hundred times,
// which takes half a second of a processor each.
const scriptWithin = 8 * time.Minute

// boto3 plays a script of the folder boto3.
func (p *platform) boto3(t *testing.T, script string, arguments ...string) {
	python := tool(t, "python3")
	if exec.Command(python, "-c", "import boto3").Run() != nil {
		t.Skip("python3 has no boto3: its client is not tried")
	}
	c := exec.Command(python, append([]string{script + ".py"}, arguments...)...)
	c.Dir = "boto3"
	said, err := p.run(t, scriptWithin, c)
	t.Logf("%s", said)
	if err != nil {
		t.Error(err)
	}
}

// operations calls every operation of ECS that a client knows.
func (p *platform) operations(t *testing.T, client string) {
	if client == "cli" {
		tool(t, "aws")
	}
	p.supply(t, client+"-fleet", client+"-managed")
	p.boto3(t, "operations", client)
}
