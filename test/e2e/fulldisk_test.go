package e2e

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"golang.org/x/sys/unix"
)

// TestFullDisk fills the data directory's file system: what runs goes on,
// reads are answered, writes are refused with a server fault and nothing is
// lost; when there is room again everything works again.
func TestFullDisk(t *testing.T) {
	binary(t)
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=768m"); err != nil {
		t.Fatalf("mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	p := startIn(t, filepath.Join(disk, "data"))
	definition := p.register("sleeper", p.image(), "exec sleep 1000", nil)
	p.service("sleeper", definition, 2)
	before := p.running("sleeper")

	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	var fault *awshttp.ResponseError // from the store or from the record of calls: either may be the first that finds no room
	until(t, 20*time.Second, "a write to be refused", func() bool {
		_, err := p.ecs.RunTask(context.Background(), &ecs.RunTaskInput{TaskDefinition: aws.String(definition)})
		return err != nil && errors.As(err, &fault)
	})
	if fault.HTTPStatusCode() < http.StatusInternalServerError {
		t.Errorf("a full disk is answered with %v, want a server fault", fault)
	}
	if now := p.running("sleeper"); len(now) != len(before) {
		t.Errorf("with a full disk %v run, before %v", now, before)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	var arn string
	until(t, 30*time.Second, "writes to be accepted again", func() bool {
		out, err := p.ecs.RunTask(context.Background(), &ecs.RunTaskInput{TaskDefinition: aws.String(definition)})
		if err != nil || len(out.Tasks) == 0 {
			return false
		}
		arn = aws.ToString(out.Tasks[0].TaskArn)
		return true
	})
	p.untilTask(arn, "RUNNING")
	for task, pid := range p.running("sleeper") {
		if before[task] != pid {
			t.Errorf("task %s runs as process %d, before %v", task, pid, before)
		}
	}
}

// fill writes a file until the file system has no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, zeroes{}); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("filling the disk ended with %v", err)
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }
