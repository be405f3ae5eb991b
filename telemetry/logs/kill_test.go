package logs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/logs/disk"
)

// killedEnv makes this test binary a writer that is killed: it names the
// directory to write to.
const killedEnv = "LOGS_TEST_KILLED_WRITER"

func TestKilledProcess(t *testing.T) {
	if dir := os.Getenv(killedEnv); dir != "" {
		writeUntilKilled(t, dir)
	}
	dir := t.TempDir()
	acked := 0
	for range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
		cmd.Env = append(os.Environ(), killedEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		check(t, err)
		check(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for n := 0; n < 200 && lines.Scan(); n++ {
			if _, err := fmt.Sscanf(lines.Text(), "acknowledged %d", &acked); err != nil {
				t.Fatalf("%q: %v", lines.Text(), err)
			}
		}
		check(t, cmd.Process.Kill())
		for lines.Scan() { // acknowledged before the kill, read after it
			_, _ = fmt.Sscanf(lines.Text(), "acknowledged %d\n", &acked)
		}
		_ = cmd.Wait() // it was killed: that is its error

		d, err := disk.Open(dir)
		check(t, err)
		s := start(t, d, logs.Options{})
		if got := len(s.read(t, logs.Query{Group: "g"})); got < acked || got > acked+1 {
			t.Fatalf("%d events are there, %d were acknowledged", got, acked)
		} else {
			acked = got
		}
		s.stop()
		check(t, d.Close())
	}
}

func writeUntilKilled(t *testing.T, dir string) {
	ctx := context.Background()
	d, err := disk.Open(dir)
	check(t, err)
	s := start(t, d, logs.Options{SegmentBytes: 10_000})
	_ = s.CreateGroup(ctx, logs.Group{Account: account, Name: "g"})
	_ = s.CreateStream(ctx, account, "g", "s")
	n := len(s.read(t, logs.Query{Group: "g"}))
	for {
		n++
		s.put(t, "g", "s", begin, fmt.Sprintf("event %d", n))
		fmt.Printf("acknowledged %d\n", n)
	}
}

func TestDirectoryIsTakenOnce(t *testing.T) {
	dir := t.TempDir()
	d, err := disk.Open(dir)
	check(t, err)
	if _, err := disk.Open(dir); err == nil {
		t.Fatal("a directory was opened twice")
	}
	check(t, d.Close())
	d, err = disk.Open(dir)
	check(t, err)
	check(t, d.Close())
}
