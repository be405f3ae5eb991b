package containerd

import (
	"fmt"
	"path"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/roadstead/roadstead/agent/runtime"
)

// buildHooks sorts hooks by when they are run; nil for none.
func buildHooks(hooks []runtime.Hook) (*specs.Hooks, error) {
	if len(hooks) == 0 {
		return nil, nil
	}
	all := &specs.Hooks{}
	at := map[string]*[]specs.Hook{"prestart": &all.Prestart, "createRuntime": &all.CreateRuntime, "createContainer": &all.CreateContainer,
		"startContainer": &all.StartContainer, "poststart": &all.Poststart, "poststop": &all.Poststop}
	for _, h := range hooks {
		list := at[h.When]
		if list == nil || !path.IsAbs(h.Path) {
			return nil, fmt.Errorf("hook %q at %q: %w", h.Path, h.When, errInvalid)
		}
		*list = append(*list, specs.Hook{Path: h.Path, Args: h.Args, Env: h.Env, Timeout: h.Timeout})
	}
	return all, nil
}
