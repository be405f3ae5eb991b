package conformance

import (
	"os/exec"
	"testing"
	"time"
)

// boto3 plays a script of the folder boto3.
func (p *platform) boto3(t *testing.T, script string) {
	python := tool(t, "python3")
	if exec.Command(python, "-c", "import boto3").Run() != nil {
		t.Skip("python3 has no boto3: its client is not tried")
	}
	c := exec.Command(python, script+".py")
	c.Dir = "boto3"
	said, err := p.run(t, 3*time.Minute, c)
	t.Logf("%s", said)
	if err != nil {
		t.Error(err)
	}
}
