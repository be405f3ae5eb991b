package sim

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/roadstead/roadstead/model/mutant"
)

// defaultSeeds is how many seeds TestSeeds runs when nobody says how many.
const defaultSeeds = 1000

// seedsVariable is where hack/test says how many seeds a whole test runs.
const seedsVariable = "ROADSTEAD_SIM_SEEDS"

var (
	seeds   = flag.Int("seeds", 0, "how many seeds TestSeeds runs; 0: $"+seedsVariable+", else 1000; a tenth with -short")
	first   = flag.Uint64("first", 1, "the first of them")
	oneSeed = flag.Uint64("seed", 0, "the seed that TestOneSeed runs, with its whole trace; 0: none")
	defect  = flag.String("mutant", "", "the defect that is planted in TestOneSeed, in a build with the tag mutants")
)

// TestSeeds runs many worlds, each twice: it must hold, and be the same.
func TestSeeds(t *testing.T) {
	var next atomic.Uint64
	var mu sync.Mutex
	var all Counts
	var wg sync.WaitGroup
	failed := 0
	count := countOfSeeds(t)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= count {
					return
				}
				one := Run(*first+n, Options{})
				two := Run(*first+n, Options{})
				mu.Lock()
				all = add(all, one.Counts)
				if one.Hash != two.Hash || one.Lines != two.Lines {
					t.Errorf("seed %d: two runs differ: %x after %d lines, %x after %d", one.Seed, one.Hash, one.Lines, two.Hash, two.Lines)
				}
				if one.Failure != nil {
					if failed++; failed <= 3 {
						t.Errorf("seed %d: %v\n%s\nagain, with its whole trace: make sim SEED=%d", one.Seed, one.Failure, tail(one), one.Seed)
					} else {
						t.Errorf("seed %d: %v (make sim SEED=%d)", one.Seed, one.Failure, one.Seed)
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d seeds: %d commits, %d containers started, %d lives of the control plane, %d conflicts, %d reports refused",
		count, all.Commits, all.Started, all.Lives, all.Conflicts, all.Refused)
	mustHaveHappened(t, count, all)
}

// TestMain gives garbage much room: a world makes a lot of it and keeps little.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(800)
	}
	os.Exit(m.Run())
}

func countOfSeeds(t *testing.T) uint64 {
	count := *seeds
	if count == 0 {
		count = defaultSeeds
		if said := os.Getenv(seedsVariable); said != "" {
			n, err := strconv.Atoi(said)
			if err != nil || n < 1 {
				t.Fatalf("%s=%q is not a number of seeds", seedsVariable, said)
			}
			count = n
		}
	}
	if testing.Short() {
		count = (count + 9) / 10
	}
	return uint64(count)
}

func tail(r Result) string {
	const lines = 60
	text := []byte(r.Tail)
	n := 0
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == '\n' {
			if n++; n > lines {
				return string(text[i+1:])
			}
		}
	}
	return r.Tail
}

func add(a, b Counts) Counts {
	sum := Counts{a.Commits + b.Commits, a.Started + b.Started, a.Lives + b.Lives, a.Conflicts + b.Conflicts, a.Refused + b.Refused,
		maps.Clone(a.Faults)}
	if sum.Faults == nil {
		sum.Faults = map[FaultName]int{}
	}
	for f, n := range b.Faults {
		sum.Faults[f] += n
	}
	return sum
}

// enough is after how many seeds each fault must have happened.
const enough = 500

// mustHaveHappened fails the test if a fault has never happened: it would be
// one in name alone.
func mustHaveHappened(t *testing.T, seeds uint64, c Counts) {
	known := map[FaultName]bool{}
	for _, f := range Faults() {
		known[f.Name] = true
		if t.Logf("%8d %s", c.Faults[f.Name], f.Name); c.Faults[f.Name] == 0 && seeds >= enough {
			t.Errorf("the fault %s has never happened", f.Name)
		}
	}
	for f := range c.Faults {
		if !known[f] {
			t.Errorf("the fault %s has no description", f)
		}
	}
}

// TestOneSeed prints the whole trace of a seed.
func TestOneSeed(t *testing.T) {
	if *oneSeed == 0 {
		t.Skip("no -seed is given")
	}
	plant(t, mutant.Name(*defect))
	r := Run(*oneSeed, Options{Trace: os.Stdout})
	fmt.Printf("%+v\n", r.Counts)
	if r.Failure != nil {
		t.Fatal(r.Failure)
	}
}
