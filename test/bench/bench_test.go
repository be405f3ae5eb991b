package bench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// program returns the built binary; "" when none was named.
func program() string { return os.Getenv("ROADSTEAD_BIN") }

// TestBench measures everything, in the order from light to heavy, and prints
// a table at the end. ROADSTEAD_BENCH=all measures all; a list of names, with
// commas between them, only those.
func TestBench(t *testing.T) {
	wanted := os.Getenv("ROADSTEAD_BENCH")
	if wanted == "" {
		t.Skip("measurements take minutes and a quiet machine: run `make bench`")
	}
	r := &report{out: os.Stdout}
	fmt.Fprintln(r.out, "machine:", machine())
	image := newSample(t)
	for _, m := range []struct {
		name, what string
		binary     bool // needs the built program
		root       bool
		measure    func(t *testing.T, r *report, image sample)
	}{
		{"requests", "signed requests", true, false, requests},
		{"placements", "placements on 10,000 simulated instances", false, false, placements},
		{"scale", "a million tasks on 10,000 simulated instances", false, false, scale},
		{"memory", "resident memory", true, true, memory},
		{"start", "RunTask to RUNNING against bare runc", true, true, starts},
		{"burst", "container starts against stock containerd", true, true, burst},
		{"replace", "crash to replacement", true, true, replacements},
	} {
		if wanted != "all" && !strings.Contains(","+wanted+",", ","+m.name+",") {
			continue
		}
		switch {
		case m.binary && program() == "":
			r.skip(m.what, "ROADSTEAD_BIN does not name the built program")
		case m.root && os.Geteuid() != 0:
			r.skip(m.what, "real containers take root")
		default:
			began := time.Now()
			fmt.Fprintln(r.out, m.what)
			t.Run(m.name, func(t *testing.T) { m.measure(t, r, image) })
			r.note("(%.0f s)", time.Since(began).Seconds())
		}
	}
	r.print()
}

// machine describes what the figures are of.
func machine() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return fmt.Sprintf("%d cores", goruntime.NumCPU())
	}
	model := "unknown processor"
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if label, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(label) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d cores (%s), Linux %s, busy with other work: %s", goruntime.NumCPU(), model,
		unix.ByteSliceToString(name.Release[:]), busy())
}

// busy tells how much of the machine others use: two readings of its idle
// time, a while apart.
func busy() string {
	before, all := idle()
	pause(500 * time.Millisecond)
	after, total := idle()
	if total == all {
		return "unknown"
	}
	return fmt.Sprintf("%.0f %%", 100*(1-float64(after-before)/float64(total-all)))
}

func idle() (idle, all int64) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	for i, f := range strings.Fields(first) {
		all += number(f)
		if i == 4 || i == 5 { // idle, iowait
			idle += number(f)
		}
	}
	return idle, all
}

// find returns the first program of the names that is installed.
func find(names ...string) string {
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
	}
	return ""
}
