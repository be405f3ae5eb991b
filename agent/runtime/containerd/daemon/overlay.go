package daemon

import (
	"path/filepath"

	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/core/snapshots/storage"
	"github.com/containerd/containerd/v2/plugins"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/containerd/platforms"
	"github.com/containerd/plugin"
	"github.com/containerd/plugin/registry"
	"go.etcd.io/bbolt"
)

// remapCap says that snapshots may belong to the users of a user namespace.
const remapCap = "remap-ids"

// registerOverlay adds the overlayfs snapshotter. containerd's own registration always flushes its metadata to disk,
// once for each container made and once for each removed, whatever is asked of the rest of the metadata.
func registerOverlay(unsynced bool) {
	registry.Register(&plugin.Registration{
		Type: plugins.SnapshotPlugin,
		ID:   "overlayfs",
		InitFn: func(ic *plugin.InitContext) (any, error) {
			root := ic.Properties[plugins.PropertyRootDir]
			ic.Meta.Platforms = append(ic.Meta.Platforms, platforms.DefaultSpec())
			ic.Meta.Capabilities = append(ic.Meta.Capabilities, snapshots.RebaseCap, remapCap)
			ic.Meta.Exports[plugins.SnapshotterRootDir] = root
			return newOverlay(root, unsynced)
		},
	})
}

func newOverlay(root string, unsynced bool) (snapshots.Snapshotter, error) {
	metadata, err := storage.NewMetaStore(filepath.Join(root, "metadata.db"), func(options *bbolt.Options) error {
		options.NoSync = unsynced
		options.NoGrowSync = unsynced
		options.NoFreelistSync = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	return overlay.NewSnapshotter(root, overlay.AsynchronousRemove, overlay.WithMetaStore(metadata), overlay.WithRemapIDs)
}
