package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/registry/sampleimage"
)

// TestImageCleanup has images go as soon as no task needs them, while tasks of
// the same images begin and end all the time and ask no registry for what is
// present: none of them may find its image gone.
func TestImageCleanup(t *testing.T) {
	p := startIn(t, filepath.Join(t.TempDir(), "data"), "--image-cleanup-interval", "20ms", "--image-minimum-cleanup-age", "1ns", "--image-pull-behavior", "once")
	busy := p.pushBuilt("busy", sampleimage.Spec{Env: []string{"PATH=/bin", "IMAGE=busy"}})
	idle := p.pushBuilt("idle", sampleimage.Spec{Env: []string{"PATH=/bin", "IMAGE=idle"}}, sampleimage.File{Path: "/idle", Mode: 0o644, Content: []byte("idle")})
	manifest := func(arn string) string {
		digest := aws.ToString(p.task(arn).Containers[0].ImageDigest)
		return filepath.Join(p.dir, "containerd", "root", "io.containerd.content.v1.content", "blobs", "sha256", strings.TrimPrefix(digest, "sha256:"))
	}
	stays := p.run(p.register("stays", busy, "exec sleep 1000", nil))
	p.untilTask(stays, "RUNNING")
	first := p.run(p.register("idle", idle, "exec sleep 1000", nil))
	p.untilTask(first, "RUNNING")
	for _, arn := range []string{stays, first} {
		if _, err := os.Stat(manifest(arn)); err != nil {
			t.Fatalf("the image of a running task: %v", err)
		}
	}
	gone := manifest(first)
	if _, err := p.ecs.StopTask(context.Background(), &ecs.StopTaskInput{Task: &first}); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "the end of an image that nobody needs", func() bool { _, err := os.Stat(gone); return os.IsNotExist(err) })
	definition := p.register("brief", idle, `[ "$(cat /idle)" = idle ]`, nil)
	for range 6 {
		var all []string
		for range 3 {
			all = append(all, p.run(definition))
		}
		for _, arn := range all {
			if ended := p.untilTask(arn, "STOPPED"); ended.Containers[0].ExitCode == nil || *ended.Containers[0].ExitCode != 0 {
				t.Errorf("%s: %s", aws.ToString(ended.StoppedReason), aws.ToString(ended.Containers[0].Reason))
			}
		}
	}
	if _, err := os.Stat(manifest(stays)); err != nil {
		t.Errorf("the image of a task that runs: %v", err)
	}
}
