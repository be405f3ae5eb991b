package cdi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/agent/cdi"
	"github.com/roadstead/roadstead/agent/runtime"
)

// written is in the form in which NVIDIA's tool writes it.
const written = `---
cdiVersion: 0.5.0
kind: nvidia.com/gpu
devices:
- name: "10"
  containerEdits:
    deviceNodes:
    - path: /dev/nvidia10
- name: "2"
  containerEdits:
    deviceNodes:
    - path: /dev/nvidia2
      fileMode: 438
      permissions: rw
    env:
    - WHICH=two
- name: GPU-8a0d
  containerEdits:
    deviceNodes:
    - path: /dev/nvidia2
- name: all
  containerEdits:
    deviceNodes:
    - path: /dev/nvidia2
    - path: /dev/nvidia10
containerEdits:
  env:
  - NVIDIA_VISIBLE_DEVICES=void
  deviceNodes:
  - path: /dev/nvidiactl
  hooks:
  - hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
    args: [nvidia-cdi-hook, update-ldcache]
  mounts:
  - hostPath: /usr/lib/libcuda.so
    containerPath: /usr/lib/libcuda.so
    options: [ro, nosuid, nodev, rbind, rprivate]
`

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDevices(t *testing.T) {
	dir := folder(t, map[string]string{"nvidia.yaml": written, "other.json": `{"cdiVersion": "9", "kind": "vendor.com/net"}`, "README": "no"})
	d := cdi.New(cdi.Options{Folders: []string{filepath.Join(dir, "absent"), dir}})
	ids, unusable := d.IDs()
	if len(unusable) != 0 || !slices.Equal(ids, []string{"2", "10"}) {
		t.Fatalf("%v, %v; want each GPU once, and not all", ids, unusable)
	}
	c := runtime.Container{Env: []string{"WHICH=mine", "A=b"}}
	if err := d.Apply(&c, []string{"2", "10"}); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, n := range c.Devices {
		paths = append(paths, n.HostPath+" "+n.Permissions)
	}
	if got := strings.Join(paths, ", "); got != "/dev/nvidiactl rw, /dev/nvidia2 rw, /dev/nvidia10 rw" {
		t.Errorf("devices %s", got)
	}
	if c.Devices[1].Mode == nil || *c.Devices[1].Mode != 0o666 {
		t.Errorf("mode %v", c.Devices[1].Mode)
	}
	if got := strings.Join(c.Env, " "); got != "A=b NVIDIA_VISIBLE_DEVICES=void WHICH=two" {
		t.Errorf("environment %s", got)
	}
	if got := fmt.Sprintf("%+v", c.Mounts); got != "[{Source:/usr/lib/libcuda.so Destination:/usr/lib/libcuda.so ReadOnly:true Fill:false Given:false Options:nosuid,nodev Propagation:rprivate}]" {
		t.Errorf("mounts %s", got)
	}
	if len(c.Hooks) != 1 || c.Hooks[0].When != "createContainer" || len(c.Hooks[0].Args) != 2 {
		t.Errorf("hooks %+v", c.Hooks)
	}
	if err := d.Apply(&c, []string{"3"}); err == nil || err.Error() != "device nvidia.com/gpu=3 is not there" {
		t.Errorf("%v", err)
	}
}

func TestBadSpecifications(t *testing.T) {
	const begin = `{"cdiVersion": "0.6.0", "kind": "nvidia.com/gpu", "devices": [{"name": "0", "containerEdits": {`
	for text, want := range map[string]string{
		`{"cdiVersion": "1.0.0", "kind": "nvidia.com/gpu"}`:                                  `version "1.0.0"`,
		begin + `"intelRdt": {}}}]}`:                                                         `unknown field "intelRdt"`,
		begin + `"env": ["A"]}}]}`:                                                           `environment "A"`,
		begin + `"deviceNodes": [{"path": "x"}]}}]}`:                                         `device node "x"`,
		begin + `"mounts": [{"hostPath": "/a", "containerPath": "/b", "type": "tmpfs"}]}}]}`: `want a bind mount`,
		begin + `"hooks": [{"hookName": "prestart", "path": "x"}]}}]}`:                       `hook "x"`,
		begin + `}}, {"name": "0", "containerEdits": {}}]}`:                                  `is twice in`,
		`: [`: `yaml`,
		`{"kind": "` + strings.Repeat("x", cdi.MaxFile) + `"}`: `at most 1048576 bytes`,
	} {
		// What is beside it is of use all the same.
		dir := folder(t, map[string]string{"a.json": text, "b.yaml": written})
		d := cdi.New(cdi.Options{Folders: []string{dir}})
		ids, unusable := d.IDs()
		if len(unusable) != 1 || !strings.Contains(unusable[0].Error(), want) || !strings.Contains(unusable[0].Error(), dir) {
			t.Errorf("%.60s: %v, want %s", text, unusable, want)
		}
		if !slices.Equal(ids, []string{"2", "10"}) {
			t.Errorf("%.60s: %v are left", text, ids)
		}
		c := runtime.Container{}
		if err := d.Apply(&c, []string{"2"}); err != nil || len(c.Devices) != 2 {
			t.Errorf("%.60s: %v, %+v", text, err, c.Devices)
		}
		if err := d.Apply(&c, []string{"0"}); err == nil || !strings.Contains(err.Error(), "device nvidia.com/gpu=0 is not there") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
	many := map[string]string{}
	for i := range cdi.MaxFiles + 1 {
		many[fmt.Sprintf("%d.json", i)] = `{"kind": "a/b"}`
	}
	if _, unusable := cdi.New(cdi.Options{Folders: []string{folder(t, many)}}).IDs(); len(unusable) != 1 {
		t.Errorf("too many files were read: %v", unusable)
	}
}
