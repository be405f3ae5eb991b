package containerd

import (
	runcoptions "github.com/containerd/containerd/api/types/runc/options"
	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/typeurl/v2"
)

// execID gives the name under which a process was started beside the container's first; "" for those that were not.
func execID(p containerd.ProcessInfo) string {
	if p.Info == nil {
		return ""
	}
	details, err := typeurl.UnmarshalAny(p.Info)
	if err != nil {
		return ""
	}
	if known, ok := details.(*runcoptions.ProcessDetails); ok {
		return known.ExecID
	}
	return ""
}
