package sim

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/model/mutant"
)

var update = flag.Bool("update", false, "write docs/SIMULATOR.md anew; with the tag mutants also the seeds in it")

const documentPath = "../docs/SIMULATOR.md"

// TestDocument holds docs/SIMULATOR.md to what the package lists.
func TestDocument(t *testing.T) {
	old, err := os.ReadFile(documentPath)
	if err != nil && !*update {
		t.Fatal(err)
	}
	want := documentText(seedsIn(string(old)))
	if *update {
		writeDocument(t, want)
	} else if string(old) != want {
		t.Errorf("%s is not what sim lists: go test ./sim -run TestDocument -update", documentPath)
	}
}

// document writes down at which seed each defect was found, if it is to.
func document(t *testing.T, found map[mutant.Name]uint64) {
	for _, d := range mutant.List() {
		t.Logf("%-22s found at seed %d", d.Name, found[d.Name])
	}
	if *update {
		writeDocument(t, documentText(found))
	}
}

func writeDocument(t *testing.T, text string) {
	if err := os.WriteFile(documentPath, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

var seedRow = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|.*\\| (\\d+) \\|$")

// seedsIn reads the seeds that a document names.
func seedsIn(text string) map[mutant.Name]uint64 {
	seeds := map[mutant.Name]uint64{}
	for _, m := range seedRow.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.ParseUint(m[2], 10, 64); err == nil {
			seeds[mutant.Name(m[1])] = n
		}
	}
	return seeds
}

const preface = `# The simulator

The package sim runs the real front door, store, loops, planners, sessions and task machines in one goroutine under one seed, joined by a
pretended network, clock, disk and runtime. What a seed does follows from the seed alone: it is run twice, and both runs must be the same.

    go test ./sim                          a thousand seeds, each twice
    make sim SEEDS=2000000 FROM=1000000    a night of them
    make sim SEED=n                        one, with its whole trace
    make sim SEED=n MUTANT=name            the same with a planted defect

A whole test runs 20,000 (` + seedsVariable + `). A seed that fails prints the end of its trace and how to repeat it. The order of draws
changes with the code, so a seed rots: what a bug looked like is kept as a scenario under sim/testdata. This text is written by
` + "`go test ./sim -run TestDocument -update`" + ` and held to the code by that test.

A run has trouble for some minutes, then everything heals: what was cut is joined, what is down comes up, programs stop crashing. Then the
world has to settle, and then to be quiet. A quarter of the worlds know no faults: there planners are judged more strictly.
`

func documentText(seeds map[mutant.Name]uint64) string {
	var b strings.Builder
	b.WriteString(preface)
	b.WriteString("\n## Faults\n\nA fault that no seed meets fails the test. How often each comes is drawn from the seed.\n\n| fault | what happens |\n|---|---|\n")
	for _, f := range Faults() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Name, f.What)
	}
	b.WriteString("\n## Checks\n\n| check | kind | what must hold |\n|---|---|---|\n")
	for _, c := range Checks() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Name, c.Kind, c.What)
	}
	b.WriteString("\n## Planted defects\n\nKept in the code under the build tag mutants (model/mutant); nothing is left of them without it. " +
		"`go test -tags mutants ./sim -run Mutants -update`\nfinds each and writes down at which seed.\n\n| defect | where | what is wrong | found by | seed |\n|---|---|---|---|---|\n")
	for _, d := range mutant.List() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %d |\n", d.Name, d.Room, d.What, strings.Join(foundBy[d.Name], ", "), seeds[d.Name])
	}
	return b.String()
}

// TestEveryDefectHasItsChecks wants each to be found by a check that exists.
func TestEveryDefectHasItsChecks(t *testing.T) {
	known := map[string]bool{}
	for _, c := range Checks() {
		known[c.Name] = true
	}
	for _, d := range mutant.List() {
		if len(foundBy[d.Name]) == 0 {
			t.Errorf("no check is to find the defect %s", d.Name)
		}
		for _, c := range foundBy[d.Name] {
			if !known[c] {
				t.Errorf("the defect %s is to be found by %s, which is no check", d.Name, c)
			}
		}
	}
}
