//go:build !mutants

package sim

import (
	"testing"

	"github.com/roadstead/roadstead/model/mutant"
)

// plant plants nothing, because this build has no defects.
func plant(t *testing.T, n mutant.Name) {
	if n != "" {
		t.Fatal("defects are planted in a build with the tag mutants: go test -tags mutants")
	}
}
