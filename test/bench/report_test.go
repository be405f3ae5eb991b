package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// report collects what was measured, for one table at the end.
type report struct {
	out     io.Writer
	rows    []row
	skipped []string
}

// row is one figure beside its peer and its bar. Empty cells stay empty.
type row struct {
	what, measured, peer, ratio, bar string
	verdict                          verdict
}

type verdict string

const (
	met    verdict = "met"
	missed verdict = "MISSED"
	noBar  verdict = ""
)

// atMost and atLeast judge a figure by its bar.
func atMost(value, bar float64) verdict  { return judge(value <= bar) }
func atLeast(value, bar float64) verdict { return judge(value >= bar) }

func judge(good bool) verdict {
	if good {
		return met
	}
	return missed
}

func (r *report) add(rows ...row) {
	r.rows = append(r.rows, rows...)
	for _, x := range rows {
		fmt.Fprintf(r.out, "  %s: %s", x.what, x.measured)
		if x.peer != "" {
			fmt.Fprintf(r.out, " against %s", x.peer)
		}
		if x.ratio != "" {
			fmt.Fprintf(r.out, " = %s", x.ratio)
		}
		if x.bar != "" {
			fmt.Fprintf(r.out, " (bar %s: %s)", x.bar, x.verdict)
		}
		fmt.Fprintln(r.out)
	}
}

func (r *report) note(format string, arguments ...any) {
	fmt.Fprintf(r.out, "  "+format+"\n", arguments...)
}

func (r *report) skip(what, why string) {
	r.skipped = append(r.skipped, what+": "+why)
	fmt.Fprintf(r.out, "  skipped: %s: %s\n", what, why)
}

// print writes the table.
func (r *report) print() {
	header := []string{"what", "measured", "peer", "ratio", "bar", ""}
	cells := [][]string{header}
	for _, x := range r.rows {
		cells = append(cells, []string{x.what, x.measured, x.peer, x.ratio, x.bar, string(x.verdict)})
	}
	width := make([]int, len(header))
	for _, line := range cells {
		for i, cell := range line {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	fmt.Fprintln(r.out)
	for _, line := range cells {
		for i, cell := range line {
			fmt.Fprint(r.out, "| ", cell, strings.Repeat(" ", width[i]-len([]rune(cell))), " ")
		}
		fmt.Fprintln(r.out, "|")
	}
	for _, s := range r.skipped {
		fmt.Fprintln(r.out, "skipped:", s)
	}
}

// percentile returns the smallest value that a share of p of all is not above.
func percentile(values []time.Duration, p float64) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// spread is how a set of durations is printed.
func spread(values []time.Duration) string {
	return fmt.Sprintf("p50 %s, p99 %s", milliseconds(percentile(values, 0.5)), milliseconds(percentile(values, 0.99)))
}

// times prints a ratio.
func times(ratio float64) string { return fmt.Sprintf("%.2fx", ratio) }

func megabytes(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }
