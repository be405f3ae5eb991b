package memory_test

import (
	"testing"

	"github.com/roadstead/roadstead/registry/memory"
	"github.com/roadstead/roadstead/registry/metadatatest"
)

func TestContract(t *testing.T) {
	metadatatest.Run(t, func(*testing.T) metadatatest.Subject {
		m := memory.New()
		return metadatatest.Subject{Repositories: m, Images: m, CreateRepository: m.CreateRepository}
	})
}
