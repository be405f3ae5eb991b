package shim

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/log"
	"github.com/containerd/ttrpc"
	"golang.org/x/sys/unix"
)

// service is containerd's task service with the witness told of each container before it exists.
type service struct {
	taskapi.TTRPCTaskService
	witness *witness
	use     *use
}

// RegisterTTRPC makes the service reachable.
func (s *service) RegisterTTRPC(server *ttrpc.Server) error {
	taskapi.RegisterTTRPCTaskService(server, s)
	return nil
}

// Create prepares a container.
func (s *service) Create(ctx context.Context, request *taskapi.CreateTaskRequest) (*taskapi.CreateTaskResponse, error) {
	s.use.begin()
	if err := s.witness.watch(request.ID, request.Bundle); err != nil {
		return nil, err
	}
	if request.Terminal {
		if err := terminalToFile(request); err != nil {
			return nil, err
		}
	}
	response, err := s.TTRPCTaskService.Create(ctx, request)
	if err != nil {
		s.witness.forget(request.ID)
	}
	return response, err
}

// Start lets a container's process run. Its record is there before anybody hears of it.
func (s *service) Start(ctx context.Context, request *taskapi.StartRequest) (*taskapi.StartResponse, error) {
	response, err := s.TTRPCTaskService.Start(ctx, request)
	if err != nil || request.ExecID != "" {
		return response, err
	}
	if err := s.witness.started(request.ID, int(response.Pid)); err != nil {
		log.G(ctx).WithError(err).Error("write container record") // on a full disk it runs all the same
	}
	return response, nil
}

// terminalToFile lets a terminal's output go to a log file, which containerd's shim does for pipes only: it gives the
// shim a named pipe in the bundle and appends to the file what comes out of it, until the terminal is closed.
func terminalToFile(request *taskapi.CreateTaskRequest) error {
	target, err := url.Parse(request.Stdout)
	if err != nil || target.Scheme != "file" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target.Path), 0o755); err != nil {
		return fmt.Errorf("open container log: %w", err)
	}
	file, err := os.OpenFile(target.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open container log: %w", err)
	}
	pipe := filepath.Join(request.Bundle, "terminal")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		file.Close()
		return fmt.Errorf("make terminal pipe: %w", err)
	}
	// Opened without waiting for the writer, so that a create that fails before it opens the pipe leaves nobody waiting.
	output, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		file.Close()
		return fmt.Errorf("open terminal pipe: %w", err)
	}
	request.Stdout, request.Stderr = pipe, ""
	go func() {
		defer file.Close()
		defer output.Close()
		_, _ = io.Copy(file, output) // ends with the shim at the latest; there is nobody to tell
	}()
	return nil
}
