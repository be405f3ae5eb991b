package shim

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOnlyWhatIsGoneNeedsNoDeleting(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "there"), 0o700); err != nil {
		t.Fatal(err)
	}
	command := func(words ...string) []string {
		return append([]string{"runc", "--root", root, "--log", "l", "--log-format", "json"}, words...)
	}
	for _, test := range []struct {
		arguments []string
		want      bool
	}{
		{command("delete", "--force", "gone"), true},
		{command("delete", "--force", "there"), false},
		{command("delete", "gone"), false},
		{command("kill", "--force", "gone"), false},
		{[]string{"runc", "delete", "--force", "gone"}, false},
		{[]string{"delete", "--root"}, false},
		{nil, false},
	} {
		if got := alreadyDeleted(test.arguments); got != test.want {
			t.Errorf("%q: %v", test.arguments, got)
		}
	}
}
