package iam_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestBoto3 plays testdata/client.py.
func TestBoto3(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import boto3").Run() != nil {
		t.Skip("python3 with boto3 is not installed: its client is not tried")
	}
	w := newWorld(t)
	out, err := exec.CommandContext(t.Context(), python, "testdata/client.py", w.url).CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "done\n") {
		t.Fatalf("%v\n%s", err, out)
	}
}
