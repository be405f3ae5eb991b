// Package sampleimage builds small container images from files of the host,
// without any registry, and pushes them: for the demonstration and for tests.
//
// It decides what an image contains, byte for byte: the same files and
// settings always make the same digests. It is no build system: it runs
// nothing inside the image and knows no base images.
package sampleimage

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Format is the family of media types that an image is described in.
type Format string

// The formats that registries and runtimes know.
const (
	OCI    Format = "oci"
	Docker Format = "docker"
)

// File is a file, a directory or a symbolic link in an image. Its parents are
// made when they are not given.
type File struct {
	Path    string      // from the image's root, "/bin/sh"
	Mode    fs.FileMode // permission bits with setuid, setgid and sticky; fs.ModeDir for a directory
	Content []byte      // of a regular file
	Link    string      // if set, the file is a symbolic link to this
	UID     int
	GID     int
}

// Healthcheck is how a container of the image is found to be healthy.
type Healthcheck struct {
	Test        []string // "CMD" or "CMD-SHELL" and the command
	Interval    time.Duration
	Timeout     time.Duration
	StartPeriod time.Duration
	Retries     int
}

// Spec is everything that an image is made of. The zero value is an image
// without files for linux/amd64 in OCI's format.
type Spec struct {
	Layers       [][]File // one layer each, lowest first
	Entrypoint   []string
	Cmd          []string
	Env          []string // NAME=value
	WorkingDir   string
	User         string
	ExposedPorts []string // "80/tcp"
	Volumes      []string
	Labels       map[string]string
	StopSignal   string
	Healthcheck  *Healthcheck
	Architecture string // "" means amd64
	Format       Format // "" means OCI
}

// created is the moment at which every image was made.
var created = time.Unix(0, 0).UTC()

// Build makes the image. It returns an error for files that are inconsistent
// and for an unknown format.
func Build(spec Spec) (v1.Image, error) {
	image, layerType, err := emptyImage(spec.Format)
	if err != nil {
		return nil, err
	}
	for i, files := range spec.Layers {
		layer, err := buildLayer(files, layerType)
		if err != nil {
			return nil, fmt.Errorf("build layer %d: %w", i, err)
		}
		addendum := mutate.Addendum{Layer: layer, MediaType: layerType,
			History: v1.History{Created: v1.Time{Time: created}, CreatedBy: fmt.Sprintf("layer %d", i)}}
		if image, err = mutate.Append(image, addendum); err != nil {
			return nil, fmt.Errorf("build image: %w", err)
		}
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", spec.Architecture
	if file.Architecture == "" {
		file.Architecture = "amd64"
	}
	file.Created = v1.Time{Time: created}
	file.Config = config(spec)
	if image, err = mutate.ConfigFile(image, file); err != nil {
		return nil, fmt.Errorf("build image: %w", err)
	}
	return image, nil
}

func emptyImage(format Format) (v1.Image, types.MediaType, error) {
	switch format {
	case OCI, "":
		image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
		return mutate.ConfigMediaType(image, types.OCIConfigJSON), types.OCILayer, nil
	case Docker:
		image := mutate.MediaType(empty.Image, types.DockerManifestSchema2)
		return mutate.ConfigMediaType(image, types.DockerConfigJSON), types.DockerLayer, nil
	}
	return nil, "", fmt.Errorf("build image: unknown format %q", format)
}

func config(spec Spec) v1.Config {
	c := v1.Config{
		Entrypoint: spec.Entrypoint, Cmd: spec.Cmd, Env: spec.Env, WorkingDir: spec.WorkingDir, User: spec.User,
		Labels: spec.Labels, StopSignal: spec.StopSignal, ExposedPorts: set(spec.ExposedPorts), Volumes: set(spec.Volumes),
	}
	if h := spec.Healthcheck; h != nil {
		c.Healthcheck = &v1.HealthConfig{Test: h.Test, Interval: h.Interval, Timeout: h.Timeout,
			StartPeriod: h.StartPeriod, Retries: h.Retries}
	}
	return c
}

func set(names []string) map[string]struct{} {
	if len(names) == 0 {
		return nil
	}
	s := make(map[string]struct{}, len(names))
	for _, name := range names {
		s[name] = struct{}{}
	}
	return s
}

// buildLayer makes a gzipped layer; its bytes are kept, so that they are
// compressed only once.
func buildLayer(files []File, mediaType types.MediaType) (v1.Layer, error) {
	files, err := complete(files)
	if err != nil {
		return nil, err
	}
	var compressed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&compressed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	archive := tar.NewWriter(zip)
	for _, file := range files {
		if err := archive.WriteHeader(file.header()); err != nil {
			return nil, fmt.Errorf("file %s: %w", file.Path, err)
		}
		if _, err := archive.Write(file.Content); err != nil {
			return nil, fmt.Errorf("file %s: %w", file.Path, err)
		}
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(compressed.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(mediaType))
}

// complete cleans the paths, adds the directories that are missing and sorts,
// so that a directory comes before what is in it.
func complete(files []File) ([]File, error) {
	byPath := make(map[string]File, len(files))
	for _, file := range files {
		clean := path.Clean("/" + file.Path)
		if clean == "/" || strings.Contains(file.Path, "..") {
			return nil, fmt.Errorf("file path %q is not allowed", file.Path)
		}
		if _, twice := byPath[clean]; twice {
			return nil, fmt.Errorf("file %s is given twice", clean)
		}
		file.Path = clean
		byPath[clean] = file
	}
	for _, file := range files {
		for dir := path.Dir(path.Clean("/" + file.Path)); dir != "/"; dir = path.Dir(dir) {
			parent, known := byPath[dir]
			if known && (parent.Link != "" || !parent.Mode.IsDir()) {
				return nil, fmt.Errorf("file %s is in %s, which is not a directory", file.Path, dir)
			}
			if !known {
				byPath[dir] = File{Path: dir, Mode: fs.ModeDir | 0o755}
			}
		}
	}
	all := make([]File, 0, len(byPath))
	for _, file := range byPath {
		all = append(all, file)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Path < all[j].Path })
	return all, nil
}

func (f File) header() *tar.Header {
	h := &tar.Header{
		Name: strings.TrimPrefix(f.Path, "/"), Mode: int64(f.Mode.Perm()), Uid: f.UID, Gid: f.GID,
		ModTime: created, Format: tar.FormatPAX,
	}
	for bit, value := range map[fs.FileMode]int64{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if f.Mode&bit != 0 {
			h.Mode |= value
		}
	}
	switch {
	case f.Link != "":
		h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, f.Link, 0o777
	case f.Mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, h.Name+"/"
	default:
		h.Typeflag, h.Size = tar.TypeReg, int64(len(f.Content))
	}
	return h
}
