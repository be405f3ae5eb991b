//go:build mutants

package mutant

// planted is the one defect that is there. It is changed by Plant alone, while
// nothing else runs.
var planted Name

// Plant makes n the one defect that is there; "" makes it none. Nothing that
// asks On may run meanwhile.
func Plant(n Name) { planted = n }

// On reports whether the defect is planted.
func On(n Name) bool { return planted == n }
