package cdi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// spec is one file. A field that is not here makes it unusable: what it says
// would be left out.
type spec struct {
	Version     string            `json:"cdiVersion"`
	Kind        string            `json:"kind"` // vendor/class
	Annotations map[string]string `json:"annotations"`
	Devices     []device          `json:"devices"`
	Edits       edits             `json:"containerEdits"` // with any of the devices
}

type device struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations"`
	Edits       edits             `json:"containerEdits"`
}

type edits struct {
	Env     []string `json:"env"`
	Devices []node   `json:"deviceNodes"`
	Mounts  []mount  `json:"mounts"`
	Hooks   []hook   `json:"hooks"`
}

// node is a device file. Type, Major and Minor are the machine's anyway.
type node struct {
	Path        string  `json:"path"`     // in the container
	HostPath    string  `json:"hostPath"` // "": Path
	Type        string  `json:"type"`
	Major       int64   `json:"major"`
	Minor       int64   `json:"minor"`
	Mode        *uint32 `json:"fileMode"`
	Permissions string  `json:"permissions"`
	UID         *uint32 `json:"uid"`
	GID         *uint32 `json:"gid"`
}

type mount struct {
	HostPath      string   `json:"hostPath"`
	ContainerPath string   `json:"containerPath"`
	Options       []string `json:"options"`
	Type          string   `json:"type"` // "" or bind
}

type hook struct {
	When    string   `json:"hookName"`
	Path    string   `json:"path"`
	Args    []string `json:"args"`
	Env     []string `json:"env"`
	Timeout *int     `json:"timeout"`
}

// Limits of specifications.
const (
	// MaxFile is the most bytes of one file.
	MaxFile = 1 << 20
	// MaxFiles is how many files of a folder are read.
	MaxFiles = 100
)

// versions are those that are understood.
var versions = regexp.MustCompile(`^0\.[3-7]\.0$`)

// readFolder returns the folder's specifications of the kind, by file name, and
// what is wrong with the others. A folder that is not there has none.
func readFolder(folder, kind string) (all []*spec, unusable []error) {
	entries, err := os.ReadDir(folder)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, []error{fmt.Errorf("device specifications: %w", err)}
	}
	files := 0
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".json", ".yaml", ".yml":
		default:
			continue
		}
		if files++; files > MaxFiles {
			return all, append(unusable, fmt.Errorf("device specifications: more than %d files in %s", MaxFiles, folder))
		}
		s, err := readFile(filepath.Join(folder, e.Name()), kind)
		if err != nil {
			unusable = append(unusable, fmt.Errorf("device specification %s: %w", filepath.Join(folder, e.Name()), err))
		}
		if err == nil && s != nil {
			all = append(all, s)
		}
	}
	return all, unusable
}

// readFile reads one file; nil when it is of another kind.
func readFile(name, kind string) (*spec, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > MaxFile {
		return nil, fmt.Errorf("want a file of at most %d bytes", MaxFile)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if text, err = yaml.YAMLToJSON(text); err != nil { // JSON is YAML, too
		return nil, err
	}
	var head struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(text, &head); err != nil || head.Kind != kind {
		return nil, err
	}
	s := &spec{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return nil, err
	}
	if !versions.MatchString(s.Version) {
		return nil, fmt.Errorf("version %q: want 0.3.0 to 0.7.0", s.Version)
	}
	for _, d := range s.Devices {
		if d.Name == "" || strings.ContainsAny(d.Name, ", ") {
			return nil, fmt.Errorf("name %q of a device", d.Name)
		}
		if err := d.Edits.check(); err != nil {
			return nil, fmt.Errorf("device %s: %w", d.Name, err)
		}
	}
	if err := s.Edits.check(); err != nil {
		return nil, err
	}
	return s, nil
}

func (e *edits) check() error {
	for _, v := range e.Env {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return fmt.Errorf("environment %q: want NAME=VALUE", v)
		}
	}
	for _, d := range e.Devices {
		if !path.IsAbs(d.Path) || d.HostPath != "" && !path.IsAbs(d.HostPath) {
			return fmt.Errorf("device node %q of %q: want absolute paths", d.Path, d.HostPath)
		}
	}
	for _, m := range e.Mounts {
		if !path.IsAbs(m.HostPath) || !path.IsAbs(m.ContainerPath) || m.Type != "" && m.Type != "bind" {
			return fmt.Errorf("mount of %q at %q, type %q: want a bind mount and absolute paths", m.HostPath, m.ContainerPath, m.Type)
		}
	}
	for _, h := range e.Hooks {
		if !path.IsAbs(h.Path) {
			return fmt.Errorf("hook %q: want an absolute path", h.Path)
		}
	}
	return nil
}
