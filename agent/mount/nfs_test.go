package mount

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestNFSSource(t *testing.T) {
	for _, c := range [][4]string{
		{"h", "", "", "h:/"}, {"h", "", "/", "h:/"}, {"h", "export", "/", "h:/export"}, {"h", "export/", "a/b/", "h:/export/a/b"}, {"h", "export", "/../../etc", "h:/export/etc"},
	} {
		if got := nfsSource(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%q: %s", c, got)
		}
	}
}

// What no server says is told before the kernel is asked.
func TestNFSRefuses(t *testing.T) {
	target := filepath.Join(t.TempDir(), "v")
	for server, says := range map[string]string{"no-export": `"no-export" is no server and export`, ":/x": "is no server", "nowhere.invalid:/x": `Failed to resolve "nowhere.invalid"`} {
		if err := (Table{}).NFS(t.Context(), server, "/", target); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", server, err)
		}
	}
	if mounted, err := Mounted(target); mounted || err != nil {
		t.Errorf("%v, %v", mounted, err)
	}
}
