package containerd

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// sweepBundles removes the bundles that a daemon was about to remove when it was killed. It renames a bundle to begin
// with a dot first; the next daemon passes over those, and could not remove another bundle of the same container.
func (l Layout) sweepBundles() {
	found, _ := filepath.Glob(filepath.Join(l.state(), "io.containerd.runtime.v2.task", "*", ".*")) // the pattern is well-formed
	for _, bundle := range found {
		if info, err := os.Lstat(bundle); err != nil || !info.IsDir() {
			continue
		}
		// Nothing is mounted there any more, and if it were, it is not the bundle's to remove.
		_ = unix.Unmount(filepath.Join(bundle, "rootfs"), unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		_ = os.RemoveAll(bundle) // what cannot be removed now is tried before the next start
	}
}
