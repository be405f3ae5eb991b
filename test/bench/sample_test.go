package bench

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/roadstead/roadstead/registry/sampleimage"
)

// sleeper is what every container runs: nothing that takes CPU time, and in
// the place of the shell, so that it ends when it is told to.
var sleeper = []string{"sleep", "86400"}

// sample is the image that everybody starts.
type sample struct {
	image v1.Image
	files []sampleimage.File
}

func newSample(t testing.TB) sample {
	t.Helper()
	busybox, err := sampleimage.FindBusybox()
	if err != nil {
		t.Fatalf("%v: install busybox-static", err)
	}
	files, err := sampleimage.Busybox(context.Background(), busybox)
	if err != nil {
		t.Fatal(err)
	}
	image, err := sampleimage.Build(sampleimage.Spec{Layers: [][]sampleimage.File{files},
		Env: []string{"PATH=/bin:/usr/bin:/sbin"}, Cmd: []string{"/bin/sh"}})
	if err != nil {
		t.Fatal(err)
	}
	return sample{image, files}
}

// unpack writes the image's files below dir.
func (s sample) unpack(t testing.TB, dir string) {
	t.Helper()
	for _, f := range s.files {
		path := filepath.Join(dir, f.Path)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case f.Link != "":
			err = os.Symlink(f.Link, path)
		case f.Mode.IsDir():
			err = os.MkdirAll(path, f.Mode.Perm())
		default:
			err = os.WriteFile(path, f.Content, f.Mode.Perm())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
