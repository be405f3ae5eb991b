package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/agent/cdi"
	"github.com/roadstead/roadstead/agent/runtime"
	"github.com/roadstead/roadstead/dispatch/acs"
)

// GPUs gives containers the machine's GPUs.
type GPUs interface {
	// Apply gives a container those with the ids.
	Apply(c *runtime.Container, ids []string) error
}

// visibleDevices tells a container which GPUs it has.
// Source: specs/agent-protocol.md section 2.1.
const visibleDevices = "NVIDIA_VISIBLE_DEVICES"

// giveGPUs gives a container the GPUs that the control plane chose for it, and
// says so in its environment, whatever that was.
func (n *Node) giveGPUs(c *runtime.Container, t acs.Task) error {
	ids := gpusOf(t, c.Name)
	if len(ids) == 0 {
		return nil
	}
	if n.edges.GPUs == nil {
		return errors.New("the container instance has no GPUs")
	}
	if err := n.edges.GPUs.Apply(c, ids); err != nil {
		return fmt.Errorf("GPUs of container %s: %w", c.Name, err)
	}
	cdi.SetEnv(c, visibleDevices+"="+strings.Join(ids, ","))
	return nil
}

func gpusOf(t acs.Task, container string) (ids []string) {
	for _, a := range t.Associations {
		if a.Type == acs.AssociationGPU && slices.Contains(a.Containers, container) {
			ids = append(ids, a.Name)
		}
	}
	return ids
}

// gpuLook is how often the machine's GPUs are looked for. Specifications are a
// few small files in memory, and a driver is replaced in seconds.
const gpuLook = 10 * time.Second

func (a *Agent) lookForGPUs() []string {
	if a.options.Instance.GPUs == nil {
		return nil
	}
	return a.options.Instance.GPUs()
}

// watchGPUs registers the instance again when it has other GPUs than it was
// registered with, so that no task is placed on one that is gone. Tasks keep
// what they have.
func (a *Agent) watchGPUs(ctx context.Context) {
	look := time.NewTicker(gpuLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		was := a.gpus
		if slices.Equal(was, a.lookForGPUs()) {
			continue
		}
		if _, err := a.registerOnce(ctx, a.InstanceARN()); err != nil {
			if ctx.Err() == nil {
				a.options.Logger.Warn("the instance's GPUs have changed and are not registered yet", "error", err)
			}
			continue
		}
		a.options.Logger.Info("the instance's GPUs have changed", "were", was, "are", a.gpus)
	}
}

func platformDevices(gpus []string) (out []types.PlatformDevice) {
	for _, id := range gpus {
		out = append(out, types.PlatformDevice{Id: aws.String(id), Type: types.PlatformDeviceTypeGpu})
	}
	return out
}
