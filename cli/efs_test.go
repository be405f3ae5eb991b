package cli

import (
	"strings"
	"testing"

	"github.com/roadstead/roadstead/agent/mount"
)

func TestFileSystemsFlag(t *testing.T) {
	for id, c := range map[string]struct{ server, says string }{
		"files":       {"nas:/x", "want an id"},
		"fs-12345678": {"nas", "is not HOST:/EXPORT"},
		"fs-87654321": {":/x", "is not HOST:/EXPORT"},
	} {
		if err := (lending{efs: map[string]string{id: c.server}}).fileSystems(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s=%s: %v", id, c.server, err)
		}
	}
	err := (lending{efs: map[string]string{"fs-12345678": "nas:/"}}).fileSystems()
	if mount.HasNFS() != (err == nil) {
		t.Errorf("with NFS %t: %v", mount.HasNFS(), err)
	}
}
