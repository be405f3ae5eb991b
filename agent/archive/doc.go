// Package archive writes trees of files as tar archives and makes trees of
// them, between a container and a person's machine, either of which may try to
// fool the other. It works inside an os.Root: no name and no symbolic link leads
// out of it. Files, folders and symbolic links are carried; devices, sockets and
// pipes are not.
//
// It does not decide where a tree belongs; whoever opens the root does.
package archive

import (
	"errors"
	"fmt"
)

// maxDepth is how deep folders may be nested.
const maxDepth = 256

var errName = errors.New("the archive names something outside of itself")

func wrap(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}
