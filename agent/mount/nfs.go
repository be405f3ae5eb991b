package mount

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// nfsPort is where servers of NFS 4 listen. Source: RFC 8881.
	nfsPort = "2049"
	// nfsPatience is how long a server may take to accept a connection: the kernel would wait for minutes.
	nfsPatience = 10 * time.Second
	// nfsKind is what the kernel calls version 4.
	nfsKind = "nfs4"
	// nfsOptions are those that AWS recommends. Source: EFS user guide, "Recommended NFS mount options". And no two mounts
	// share what they wait for: one that is given up must not take others with it.
	nfsOptions = "vers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport,nosharecache"
)

// HasNFS reports whether the kernel of this machine mounts file systems of NFS 4.
func HasNFS() bool {
	known, err := os.ReadFile("/proc/filesystems")
	return err == nil && slices.Contains(strings.Fields(string(known)), nfsKind)
}

// NFS mounts a directory of a server's export ("HOST:/export") on a directory, made when absent, as EFS is mounted. What is
// a mount point already stays as it is.
func (t Table) NFS(ctx context.Context, server, directory, target string) error {
	host, export, ok := strings.Cut(server, ":/")
	if !ok || host == "" {
		return fmt.Errorf("%q is no server and export", server)
	}
	if mounted, err := Mounted(target); mounted || err != nil {
		return err
	}
	if err := os.MkdirAll(target, 0o755); err != nil {
		return fmt.Errorf("mount point: %w", err)
	}
	address, err := reach(ctx, host)
	if err != nil {
		return err
	}
	source := nfsSource(host, export, directory)
	return nfsFailure(source, t.remotely(ctx, actMount, source, target, nfsKind, "0", nfsOptions+",addr="+address))
}

// nfsFailure words a failed mount as the mount program of NFS does, which is what AWS's tasks show.
func nfsFailure(source string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOENT):
		return fmt.Errorf("mount.nfs4: mounting %s failed, reason given by server: No such file or directory", source)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("mount.nfs4: access denied by server while mounting %s", source)
	case errors.Is(err, unix.ETIMEDOUT):
		return errors.New("mount.nfs4: Connection timed out")
	}
	return fmt.Errorf("mount.nfs4: mounting %s failed: %w", source, err)
}

// Look waits until a directory can be looked at, which a server that is away delays; until ctx ends at most.
func (t Table) Look(ctx context.Context, directory string) error {
	for {
		err := t.remotely(ctx, actLook, directory)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, unix.ETIMEDOUT) {
			return err
		}
	}
}

// Abandon has everything fail that waits for the server of what is mounted on a directory: processes that have been killed
// and cannot end, because what they wrote does not reach it. A server that still accepts connections is only slow, and is
// waited for, unless anyway. Where nothing is mounted there is nothing to do.
func (t Table) Abandon(ctx context.Context, server, directory string, anyway bool) error {
	if mounted, err := Mounted(directory); !mounted || err != nil {
		return err
	}
	host, _, _ := strings.Cut(server, ":/")
	if _, err := reach(ctx, host); err == nil && !anyway {
		return nil
	}
	err := t.remotely(ctx, actUnmount, directory, strconv.Itoa(unix.UMOUNT_NOFOLLOW|unix.MNT_FORCE))
	if errors.Is(err, unix.EBUSY) || errors.Is(err, unix.ETIMEDOUT) { // it is still in use, and has stopped waiting
		return nil
	}
	return err
}

// nfsSource names a directory below an export. What the directory says cannot lead out of the export.
func nfsSource(host, export, directory string) string {
	return host + ":" + path.Join("/", export, path.Clean("/"+directory))
}

// reach returns the address of a server that accepts connections.
func reach(ctx context.Context, host string) (string, error) {
	dialer := net.Dialer{Timeout: nfsPatience}
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(strings.Trim(host, "[]"), nfsPort))
	if err != nil {
		return "", reachFailure(host, err)
	}
	defer connection.Close()
	address, _, err := net.SplitHostPort(connection.RemoteAddr().String())
	return address, err
}

// reachFailure words a connection that did not come about.
func reachFailure(host string, err error) error {
	var name *net.DNSError
	var wait net.Error
	switch {
	case errors.As(err, &name):
		return fmt.Errorf("Failed to resolve %q - check that the container instance knows the right server: %w", host, err)
	case errors.Is(err, unix.ECONNREFUSED):
		return errors.New("mount.nfs4: Connection refused")
	case errors.Is(err, unix.EHOSTUNREACH):
		return errors.New("mount.nfs4: No route to host")
	case errors.As(err, &wait) && wait.Timeout():
		return errors.New("mount.nfs4: Connection timed out")
	}
	return fmt.Errorf("mount.nfs4: %w", err)
}
