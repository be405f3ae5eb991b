// Package mutant names the defects that can be planted in the code, so that
// the simulator has to prove that it finds each of them: a check that was never
// seen to fail proves nothing.
//
// It decides whether a defect is there. Without the build tag mutants none is:
// On is false, known to the compiler, and nothing of a hook is left. It may not
// change anything by itself; what a defect does is written where it is planted.
package mutant

// Name names a defect.
type Name string

// Defect says what a defect is.
type Defect struct {
	Name Name
	Room string // where it is planted
	What string // what is wrong then
}
