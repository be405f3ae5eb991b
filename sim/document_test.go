package sim

import (
	"testing"

	"github.com/roadstead/roadstead/model/mutant"
)

func document(t *testing.T, found map[mutant.Name]uint64) {}
