package mount

import (
	"context"
	"fmt"
	"net"
	"os"
	"path"
	"slices"
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
	// nfsOptions are those that AWS recommends. Source: EFS user guide, "Recommended NFS mount options".
	nfsOptions = "vers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport"
)

// HasNFS reports whether the kernel of this machine mounts file systems of NFS 4.
func HasNFS() bool {
	known, err := os.ReadFile("/proc/filesystems")
	return err == nil && slices.Contains(strings.Fields(string(known)), nfsKind)
}

// NFS mounts a directory of a server's export ("HOST:/export") on a directory, made when absent, as EFS is mounted. What is
// a mount point already stays as it is.
func (Table) NFS(ctx context.Context, server, directory, target string) error {
	host, export, ok := strings.Cut(server, ":/")
	if !ok || host == "" {
		return fmt.Errorf("%q is no server and export", server)
	}
	if err := os.MkdirAll(target, 0o755); err != nil {
		return fmt.Errorf("mount point: %w", err)
	}
	if mounted, err := Mounted(target); mounted || err != nil {
		return err
	}
	address, err := reach(ctx, host)
	if err != nil {
		return err
	}
	if err := unix.Mount(nfsSource(host, export, directory), target, nfsKind, 0, nfsOptions+",addr="+address); err != nil {
		return fmt.Errorf("mount.nfs4: mounting %s failed: %w", nfsSource(host, export, directory), err)
	}
	return nil
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
		return "", fmt.Errorf("mount.nfs4: %w", err)
	}
	defer connection.Close()
	address, _, err := net.SplitHostPort(connection.RemoteAddr().String())
	return address, err
}
