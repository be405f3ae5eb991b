package sampleimage

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// contents lists an image's flattened file system.
func contents(t *testing.T, image v1.Image) map[string]*tar.Header {
	t.Helper()
	stream := mutate.Extract(image)
	defer stream.Close()
	found := make(map[string]*tar.Header)
	for archive := tar.NewReader(stream); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Clean(header.Name)] = header
	}
}

func digest(t *testing.T, image v1.Image) string {
	t.Helper()
	d, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func TestBuildIsDeterministic(t *testing.T) {
	files := []File{
		{Path: "/b/c/file", Mode: 0o640, Content: []byte("content"), UID: 7, GID: 8},
		{Path: "/a", Link: "b/c"},
		{Path: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		{Path: "/bin/su", Mode: fs.ModeSetuid | 0o755, Content: []byte("su")},
	}
	reversed := slices.Clone(files)
	slices.Reverse(reversed)
	one, err := Build(Spec{Layers: [][]File{files}, Cmd: []string{"/a"}})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Build(Spec{Layers: [][]File{reversed}, Cmd: []string{"/a"}})
	if err != nil {
		t.Fatal(err)
	}
	if digest(t, one) != digest(t, two) {
		t.Error("the order of files changes the image")
	}
	other, err := Build(Spec{Layers: [][]File{files}, Cmd: []string{"/b"}})
	if err != nil {
		t.Fatal(err)
	}
	if digest(t, one) == digest(t, other) {
		t.Error("another command makes the same image")
	}
	found := contents(t, one)
	if h := found["b/c/file"]; h == nil || h.Mode != 0o640 || h.Uid != 7 || h.Gid != 8 || h.Size != 7 {
		t.Errorf("b/c/file is %+v", h)
	}
	if h := found["tmp"]; h == nil || h.Mode != 0o1777 || h.Typeflag != tar.TypeDir {
		t.Errorf("tmp is %+v", h)
	}
	if h := found["bin/su"]; h == nil || h.Mode != 0o4755 {
		t.Errorf("bin/su is %+v", h)
	}
	if h := found["a"]; h == nil || h.Linkname != "b/c" {
		t.Errorf("a is %+v", h)
	}
}

func TestBuildRefusesInconsistentFiles(t *testing.T) {
	for name, files := range map[string][]File{
		"root":             {{Path: "/"}},
		"outside":          {{Path: "/../etc/passwd"}},
		"twice":            {{Path: "/a"}, {Path: "a"}},
		"file in file":     {{Path: "/a", Content: []byte("x")}, {Path: "/a/b"}},
		"file in link":     {{Path: "/a", Link: "/b"}, {Path: "/a/b"}},
		"file deep inside": {{Path: "/a", Content: []byte("x")}, {Path: "/a/b/c"}},
	} {
		if _, err := Build(Spec{Layers: [][]File{files}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Build(Spec{Format: "tar"}); err == nil {
		t.Error("unknown format: no error")
	}
}

func TestWebImage(t *testing.T) {
	busybox, err := FindBusybox()
	if err != nil {
		t.Skipf("skipping the busybox image: %v", err)
	}
	for format, media := range map[Format]types.MediaType{OCI: types.OCIManifestSchema1, Docker: types.DockerManifestSchema2} {
		image, err := Web(context.Background(), busybox, format)
		if err != nil {
			t.Fatal(err)
		}
		layers, err := image.Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, layer := range layers {
			if err := validate.Layer(layer); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
		manifest, err := image.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		if manifest.MediaType != media || len(manifest.Layers) != 2 {
			t.Errorf("%s: media type %s, %d layers", format, manifest.MediaType, len(manifest.Layers))
		}
		file, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := file.Config.ExposedPorts[WebPort]; !ok || file.Config.Healthcheck == nil || file.Config.User != "nobody" {
			t.Errorf("%s: config is %+v", format, file.Config)
		}
		found := contents(t, image)
		for _, path := range []string{"bin/busybox", "bin/sh", "bin/httpd", "etc/passwd", "tmp", "usr/local/bin/serve"} {
			if found[path] == nil {
				t.Errorf("%s: %s is missing", format, path)
			}
		}
	}
}

func TestExecutableMustBeStatic(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Executable(script, "/app"); err == nil {
		t.Error("a script is taken for a static program")
	}
}
