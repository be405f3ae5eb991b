// Package bench holds the measurements of `make bench`: how fast the platform
// starts containers, answers and places, beside a peer that is measured in the
// same run on the same machine, and beside the bar that the project has set
// itself.
//
// It decides nothing but how to measure: it drives the built program from
// outside, as users do, and the rooms in process only where ten thousand
// instances would need ten thousand machines. A figure that misses its bar is
// printed as missed and fails nothing; what cannot be measured on a machine is
// printed as skipped, with the reason. docs/BENCHMARKS.md explains the figures.
package bench
