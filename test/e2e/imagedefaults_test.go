package e2e

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/registry/sampleimage"
)

// pushBuilt pushes busybox with more files and settings as a new repository.
func (p *platform) pushBuilt(repository string, spec sampleimage.Spec, files ...sampleimage.File) string {
	p.t.Helper()
	ctx := context.Background()
	program, err := sampleimage.FindBusybox()
	if err != nil {
		p.t.Fatal(err)
	}
	programs, err := sampleimage.Busybox(ctx, program)
	if err != nil {
		p.t.Fatal(err)
	}
	spec.Layers = [][]sampleimage.File{programs, files}
	image, err := sampleimage.Build(spec)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String(repository)}); err != nil {
		p.t.Fatal(err)
	}
	reference := p.listen + "/" + repository + ":latest"
	if _, err := sampleimage.Push(ctx, image, reference, sampleimage.Credentials{Username: "AWS", Password: p.password()}); err != nil {
		p.t.Fatal(err)
	}
	return reference
}

// TestImageDefaults looks from inside at what a container has of its image
// when its definition says nothing: user, folder, command, environment, stop
// signal, and volumes with what the image has there. A health check of the
// image is nobody's: ECS knows those of definitions alone.
func TestImageDefaults(t *testing.T) {
	p := start(t)
	image := p.pushBuilt("defaults", sampleimage.Spec{
		User: "web", WorkingDir: "/made/of/nothing", Entrypoint: []string{"/bin/sh", "-c"},
		Cmd: []string{`{ id -u; id -g; pwd; echo $FROM_IMAGE $BOTH; cat /data/seed; stat -c '%u:%g %a' /data; } > /w/out 2>&1; echo written > /data/written
			trap 'echo told >> /w/out; exit 0' USR1; touch /w/ready; while :; do sleep 0.1; done`},
		Env: []string{"PATH=/bin", "FROM_IMAGE=yes", "BOTH=image"}, Volumes: []string{"/data"}, StopSignal: "SIGUSR1",
		Healthcheck: &sampleimage.Healthcheck{Test: []string{"CMD", "false"}, Interval: time.Second, Retries: 1},
	}, sampleimage.File{Path: "/etc/passwd", Mode: 0o644, Content: []byte("root:x:0:0::/:/bin/sh\nweb:x:1000:1001::/:/bin/sh\n")},
		sampleimage.File{Path: "/etc/group", Mode: 0o644, Content: []byte("root:x:0:\nweb:x:1001:\n")},
		sampleimage.File{Path: "/data", Mode: fs.ModeDir | 0o750, UID: 1000, GID: 1001},
		sampleimage.File{Path: "/data/seed", Mode: 0o600, Content: []byte("sown\n"), UID: 1000, GID: 1001})
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	text := func(name string) string { out, _ := os.ReadFile(filepath.Join(shared, name)); return string(out) }
	definition := p.register("defaults", image, "", func(in *ecs.RegisterTaskDefinitionInput) {
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(shared)}}}
		main := &in.ContainerDefinitions[0]
		main.Command, main.Environment = nil, []types.KeyValuePair{{Name: aws.String("BOTH"), Value: aws.String("task")}}
		main.MountPoints = []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}
		in.ContainerDefinitions = append(in.ContainerDefinitions, types.ContainerDefinition{Name: aws.String("beside"), Image: aws.String(image), Memory: aws.Int32(16),
			Essential: aws.Bool(true), User: aws.String("0"), EntryPoint: []string{"/bin/sh"}, StopTimeout: aws.Int32(2), VolumesFrom: []types.VolumeFrom{{SourceContainer: aws.String("main")}},
			Command: []string{"-c", "until [ -s /data/written ]; do sleep 0.1; done; cat /data/written /data/seed > /w/beside; exec sleep 1000"}})
	})
	task := p.run(definition)
	until(t, time.Minute, "both containers to have looked", func() bool { return text("beside") == "written\nsown\n" && strings.Contains(text("out"), "750") })
	until(t, time.Minute, "the signal's handler", func() bool { _, err := os.Stat(filepath.Join(shared, "ready")); return err == nil })
	if want := "1000\n1001\n/made/of/nothing\nyes task\nsown\n1000:1001 750\n"; text("out") != want {
		t.Errorf("inside: %q", text("out"))
	}
	if c := container(t, p.untilTask(task, "RUNNING"), "main"); c.HealthStatus != types.HealthStatusUnknown {
		t.Errorf("health by a check that only the image has: %s", c.HealthStatus)
	}
	volumes := filepath.Join(p.dir, "node", "volumes")
	if made, err := filepath.Glob(filepath.Join(volumes, "*", ".image", "*", "*", "_data", "written")); err != nil || len(made) != 1 {
		t.Errorf("volumes of images: %v, %v", made, err)
	}
	p.kill() // whoever comes after finds the volumes, and removes them with the task
	p.up()
	if _, err := p.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: aws.String(task)}); err != nil {
		t.Fatal(err)
	}
	ended := p.untilTask(task, "STOPPED")
	if c := container(t, ended, "main"); aws.ToInt32(c.ExitCode) != 0 || !strings.HasSuffix(text("out"), "told\n") {
		t.Errorf("exit code %d, inside: %q", aws.ToInt32(c.ExitCode), text("out"))
	}
	until(t, time.Minute, "the end of the volumes", func() bool { left, err := os.ReadDir(volumes); return err != nil || len(left) == 0 })
}
