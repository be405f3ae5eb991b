package shim

import (
	"context"
	"errors"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/log"
	"github.com/containerd/ttrpc"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/types/known/emptypb"
)

// service is containerd's task service with the witness told of each container before it exists.
type service struct {
	taskapi.TTRPCTaskService
	witness  *witness
	callers  *callers
	lifeline *lifeline // nil in a shim that containerd executed itself
}

// RegisterTTRPC makes the service reachable.
func (s *service) RegisterTTRPC(server *ttrpc.Server) error {
	taskapi.RegisterTTRPCTaskService(server, s)
	return nil
}

// Create prepares a container.
func (s *service) Create(ctx context.Context, request *taskapi.CreateTaskRequest) (*taskapi.CreateTaskResponse, error) {
	defer s.lifeline.create()()
	logs, err := openLogs(request)
	if err != nil {
		return nil, err
	}
	if logs != nil {
		defer logs.begun()
	}
	if err := s.witness.watch(request.ID, request.Bundle, logs); err != nil {
		return nil, err
	}
	defer s.callers.enter(ctx, request.ID)()
	response, err := s.TTRPCTaskService.Create(ctx, request)
	if err == nil && s.callers.gaveUp(request.ID) {
		err = s.uncreate(ctx, request.ID)
	}
	if err != nil {
		s.witness.forget(request.ID)
		return nil, err
	}
	s.witness.created(request.ID, int(response.Pid))
	return response, nil
}

// uncreate removes a container that was made after all when nobody wanted it any more, and of which nobody knows.
func (s *service) uncreate(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastBreath)
	defer cancel()
	_, killed := s.TTRPCTaskService.Kill(ctx, &taskapi.KillRequest{ID: id, Signal: uint32(unix.SIGKILL), All: true})
	_, waited := s.TTRPCTaskService.Wait(ctx, &taskapi.WaitRequest{ID: id})
	_, deleted := s.TTRPCTaskService.Delete(ctx, &taskapi.DeleteRequest{ID: id})
	return errors.Join(errGivenUp, killed, waited, deleted)
}

var errGivenUp = errors.New("the creation of the container was given up")

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

// Delete removes a container that has ended, or a command beside it. It is also how containerd takes back a creation whose
// answer it did not wait for: the interface between them knows no other way.
func (s *service) Delete(ctx context.Context, request *taskapi.DeleteRequest) (*taskapi.DeleteResponse, error) {
	if request.ExecID == "" {
		s.callers.giveUp(ctx, request.ID)
	}
	if s.lifeline == nil || request.ExecID != "" {
		return s.TTRPCTaskService.Delete(ctx, request)
	}
	s.lifeline.delete(request.ID)
	response, err := s.TTRPCTaskService.Delete(ctx, request)
	if err != nil {
		s.lifeline.settle(request.ID)
	}
	return response, err
}

// Shutdown is what containerd asks for when it has deleted a container.
func (s *service) Shutdown(ctx context.Context, request *taskapi.ShutdownRequest) (*emptypb.Empty, error) {
	if s.lifeline == nil {
		return s.TTRPCTaskService.Shutdown(ctx, request)
	}
	s.lifeline.settle(request.ID)
	return &emptypb.Empty{}, nil
}
