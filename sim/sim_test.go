package sim

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	seeds   = flag.Int("seeds", 1000, "how many seeds TestSeeds runs; a tenth with -short")
	first   = flag.Uint64("first", 1, "the first of them")
	oneSeed = flag.Uint64("seed", 0, "the seed that TestOneSeed runs, with its whole trace; 0: none")
	mutant  = flag.String("mutant", "", "the defect that is planted in TestOneSeed")
)

// TestSeeds runs many worlds, each twice: it must hold, and be the same.
func TestSeeds(t *testing.T) {
	var next atomic.Uint64
	var mu sync.Mutex
	var all Counts
	var wg sync.WaitGroup
	failed := 0
	count := uint64(*seeds)
	if testing.Short() {
		count = (count + 9) / 10
	}
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
						t.Errorf("seed %d: %v\n%s", one.Seed, one.Failure, tail(one))
					} else {
						t.Errorf("seed %d: %v", one.Seed, one.Failure)
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d seeds: %+v", count, all)
	if failed > 0 {
		t.Log("one alone, with its whole trace: make sim SEED=n")
	}
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
	return Counts{a.Commits + b.Commits, a.Started + b.Started, a.Crashes + b.Crashes, a.Cuts + b.Cuts, a.PowerLosses + b.PowerLosses,
		a.Leaders + b.Leaders, a.Conflicts + b.Conflicts, a.LostAnswers + b.LostAnswers, a.Refused + b.Refused}
}

// TestOneSeed prints the whole trace of a seed.
func TestOneSeed(t *testing.T) {
	if *oneSeed == 0 {
		t.Skip("no -seed is given")
	}
	r := Run(*oneSeed, Options{Trace: os.Stdout, Mutant: Mutants()[*mutant]})
	fmt.Printf("%+v\n", r.Counts)
	if r.Failure != nil {
		t.Fatal(r.Failure)
	}
}
