package archive

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func open(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestATreeArrives(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"a": "one", "sub/b": "two", "sub/deep/c": ""} {
		if err := os.MkdirAll(filepath.Join(from, filepath.Dir(name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(from, "out")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(from, "a"), 0o640); err != nil { // whatever the umask
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(from, "sub"), 0o500); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := WriteTree(&text, open(t, from), "tree"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time everything is there already
		if err := os.Chmod(filepath.Join(to, "copy", "sub"), 0o700); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := Read(bytes.NewReader(text.Bytes()), open(t, to), Options{Rename: "copy"}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(to, "copy/sub/b"))
	if err != nil || string(got) != "two" {
		t.Errorf("%q, %v", got, err)
	}
	if target, err := os.Readlink(filepath.Join(to, "copy/out")); err != nil || target != "/etc/passwd" {
		t.Errorf("link to %q, %v", target, err)
	}
	for name, mode := range map[string]os.FileMode{"copy/sub": 0o500, "copy/a": 0o640} {
		if info, err := os.Stat(filepath.Join(to, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestNothingLeadsOut(t *testing.T) {
	outside := t.TempDir()
	for what, entries := range map[string][]tar.Header{
		"a name above":      {{Name: "../x", Typeflag: tar.TypeReg}},
		"an absolute name":  {{Name: filepath.Join(outside, "x"), Typeflag: tar.TypeReg}},
		"a name above deep": {{Name: "a/../../x", Typeflag: tar.TypeReg}},
		"through a link":    {{Name: "l", Typeflag: tar.TypeSymlink, Linkname: outside}, {Name: "l/x", Typeflag: tar.TypeReg}},
		"through a relative link": {{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "../" + filepath.Base(outside)},
			{Name: "l/x", Typeflag: tar.TypeReg}},
		"a folder through a link": {{Name: "l", Typeflag: tar.TypeSymlink, Linkname: outside}, {Name: "l/x", Typeflag: tar.TypeDir}},
		"a device":                {{Name: "d", Typeflag: tar.TypeChar}},
		"a hard link":             {{Name: "h", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}},
	} {
		t.Run(what, func(t *testing.T) {
			var text bytes.Buffer
			w := tar.NewWriter(&text)
			for _, h := range entries {
				h.Mode = 0o644
				if err := w.WriteHeader(&h); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := Read(&text, open(t, t.TempDir()), Options{}); err == nil {
				t.Error("it was made")
			}
			if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
				t.Errorf("outside: %v, %v", left, err)
			}
		})
	}
}

// TestNobodyWaitsAtAPipe has a file become a pipe after it was listed.
func TestNobodyWaitsAtAPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "a"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var out bytes.Buffer
	if err := putEntry(tar.NewWriter(&out), root, "a", "a", stale{}); err != nil || out.Len() > 0 {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
}

// stale says what a file was when it was listed.
type stale struct{ os.DirEntry }

func (stale) Info() (os.FileInfo, error) { return regular{}, nil }

type regular struct{ os.FileInfo }

func (regular) Mode() os.FileMode { return 0o600 }
