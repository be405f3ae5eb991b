package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/agent/runtime/containerd"
	"github.com/roadstead/roadstead/model"
)

// ociRuntimes are those that containers can run on here beside runc: what the
// flags say, and what is found. One that does not work is left out, and tasks
// for it go elsewhere.
func (l lending) ociRuntimes(ctx context.Context, log *slog.Logger) ([]containerd.OCIRuntime, error) {
	var given []containerd.OCIRuntime
	for _, text := range l.runtimes {
		r, err := containerd.ParseRuntime(text, model.ValidRuntime)
		if err != nil {
			return nil, fmt.Errorf("--runtime: %w", err)
		}
		given = append(given, r)
	}
	return containerd.FindRuntimes(ctx, given, func(name string, why error) {
		log.Warn("an OCI runtime does not work here: tasks for it go elsewhere", "runtime", name, "error", why)
	})
}

// runtimeAttributes say on what tasks can run.
func runtimeAttributes(all []containerd.OCIRuntime) (out []types.Attribute) {
	for _, r := range all {
		out = append(out, types.Attribute{Name: aws.String(model.CapabilityRuntime(r.Name))})
		if !r.Sandboxed {
			out = append(out, types.Attribute{Name: aws.String(model.CapabilityHostKernel(r.Name))})
		}
	}
	return out
}
