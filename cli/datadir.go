package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// dataDir is the folder that everything of one Roadstead is kept in.
//
//	credentials, session-keys   the keyring (auth/keyring)
//	root-keyset                 the keys that seal secrets (store/seal)
//	audit-key, audit/           the record of calls (telemetry/trail)
//	certificate-authority       issues certificates (auth/authority)
//	ca-bundle.pem               what clients verify the server by, with TLS
//	endpoint                    the URL of the running server
//	lock                        held by the running process, with its pid
//	etcd/ logs/ registry/       the control plane's state
//	node/ containerd/           the container instance's state
type dataDir string

func addDataDir(c *cobra.Command) *string {
	return c.Flags().String("data-dir", defaultDataDir(), "folder that everything is kept in")
}

func defaultDataDir() string {
	if dir := os.Getenv("ROADSTEAD_DATA_DIR"); dir != "" {
		return dir
	}
	if os.Geteuid() == 0 {
		return "/var/lib/roadstead"
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "roadstead")
	}
	return ".roadstead"
}

func openDataDir(path string) (dataDir, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	if err := os.MkdirAll(absolute, 0o700); err != nil {
		return "", fmt.Errorf("data directory: %w (name another with --data-dir)", err)
	}
	return dataDir(absolute), nil
}

func (d dataDir) join(parts ...string) string {
	return filepath.Join(append([]string{string(d)}, parts...)...)
}

// lockPatience is how long a lock is waited for. A process that was killed while
// it started another leaves it the lock, until that one executes its program.
const lockPatience = 3 * time.Second

// lock takes the folder for this process. The lock ends with the process,
// however it ends.
func (d dataDir) lock() (release func(), err error) {
	f, err := os.OpenFile(d.join("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	for began := time.Now(); ; time.Sleep(lockPatience / 100) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if time.Since(began) < lockPatience {
			continue
		}
		f.Close()
		return nil, fmt.Errorf("%s is in use by process %d: stop it, or name another folder with --data-dir", d, d.holder())
	}
	if err := f.Truncate(0); err == nil {
		_, err = f.WriteString(strconv.Itoa(os.Getpid()) + "\n")
	}
	return func() { f.Close() }, nil
}

// holder returns the pid of the process that holds the lock, 0 when nobody
// does.
func (d dataDir) holder() int {
	f, err := os.Open(d.join("lock"))
	if err != nil {
		return 0
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return 0
	}
	text := make([]byte, 32)
	n, _ := f.Read(text)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil {
		return 0
	}
	return pid
}

func (d dataDir) writeEndpoint(url string) error {
	return os.WriteFile(d.join("endpoint"), []byte(url+"\n"), 0o600)
}

// endpoint returns the URL that the server was last reached under.
func (d dataDir) endpoint() (string, error) {
	text, err := os.ReadFile(d.join("endpoint"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no server was started with the data directory %s yet: run `roadstead up`, or name the right folder with --data-dir", d)
	}
	return strings.TrimSpace(string(text)), err
}

// name returns a short name that tells this data directory's instance apart
// from others on the machine; it names bridges and control groups.
func (d dataDir) name() string {
	sum := sha256.Sum256([]byte(d))
	return hex.EncodeToString(sum[:4])
}
