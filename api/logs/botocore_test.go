package logs_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	apilogs "github.com/roadstead/roadstead/api/logs"
)

func TestBotocore(t *testing.T) {
	if err := exec.Command("python3", "-c", "import botocore").Run(); err != nil {
		t.Skip("python3 with botocore is not installed: its requests are not tried")
	}
	e := serve(t, apilogs.Options{TailEvery: 10 * time.Millisecond})
	out, err := exec.CommandContext(t.Context(), "python3", "testdata/client.py", e.url, strconv.FormatInt(begin.UnixMilli(), 10)).CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "done\n") {
		t.Fatalf("%v\n%s", err, out)
	}
}
