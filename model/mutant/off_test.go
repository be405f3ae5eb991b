//go:build !mutants

package mutant_test

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/roadstead/roadstead/model/mutant"
)

// TestNothingIsLeftOfAHook compiles a package with hooks and looks for them
// in what the compiler made of it.
func TestNothingIsLeftOfAHook(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the go command is not here")
	}
	out, err := exec.Command(goTool, "build", "-gcflags=-S", "github.com/roadstead/roadstead/plan/place").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, trace := range []string{"mutant.On(SB)", string(mutant.DistinctIgnored), string(mutant.RoomIgnored)} {
		if bytes.Contains(out, []byte(trace)) {
			t.Errorf("the compiler leaves %q in plan/place", trace)
		}
	}
}

// BenchmarkOn measures what a hook costs: nothing.
func BenchmarkOn(b *testing.B) {
	n := 0
	for b.Loop() {
		if mutant.On(mutant.RoomIgnored) {
			n++
		}
	}
	if n > 0 {
		b.Fatal("a defect is planted")
	}
}

// TestDefectsAreToldApart looks at the list.
func TestDefectsAreToldApart(t *testing.T) {
	seen := map[mutant.Name]bool{}
	for _, d := range mutant.List() {
		if d.Name == "" || d.Room == "" || d.What == "" || seen[d.Name] {
			t.Errorf("%+v has no name, room or description, or a name that another has", d)
		}
		seen[d.Name] = true
	}
	if len(seen) < 20 {
		t.Errorf("there are %d defects", len(seen))
	}
}
