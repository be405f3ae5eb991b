package keyring

import (
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
)

// CredentialsFile is the name of the bootstrap key's file. Its form is that of
// AWS_SHARED_CREDENTIALS_FILE, so that AWS's clients can be pointed at it.
const CredentialsFile = "credentials"

const (
	accessKeyPrefix = "AKIA"
	accessKeySize   = 20
	secretSize      = 40
)

// Bootstrap is the access key that may do everything in the account.
type Bootstrap struct {
	AccessKeyID     string // AKIA and 16 characters
	SecretAccessKey string // 40 characters
}

// String hides the secret.
func (b Bootstrap) String() string { return "[bootstrap key " + b.AccessKeyID + "]" }

// GoString hides the secret.
func (b Bootstrap) GoString() string { return b.String() }

// LogValue hides the secret.
func (b Bootstrap) LogValue() slog.Value { return slog.StringValue(b.String()) }

// Load returns the bootstrap key kept in dir, and makes none.
func Load(dir string) (Bootstrap, error) {
	path := filepath.Join(dir, CredentialsFile)
	content, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Bootstrap{}, fmt.Errorf("no access key in %s: start the server with this data directory once, or name the right directory: %w", dir, err)
	}
	if err != nil {
		return Bootstrap{}, fmt.Errorf("read bootstrap key: %w", err)
	}
	return parseBootstrap(path, content)
}

func loadOrCreateBootstrap(dir string, random io.Reader) (Bootstrap, error) {
	path := filepath.Join(dir, CredentialsFile)
	content, err := readOrCreate(path, func() ([]byte, error) {
		fresh, err := generateBootstrap(random)
		return fresh.format(), err
	})
	if err != nil {
		return Bootstrap{}, fmt.Errorf("bootstrap key: %w", err)
	}
	return parseBootstrap(path, content)
}

func generateBootstrap(random io.Reader) (Bootstrap, error) {
	var entropy [10 + 30]byte
	if _, err := io.ReadFull(random, entropy[:]); err != nil {
		return Bootstrap{}, fmt.Errorf("generate access key: %w", err)
	}
	return Bootstrap{
		AccessKeyID:     accessKeyPrefix + base32.StdEncoding.EncodeToString(entropy[:10]),
		SecretAccessKey: base64.StdEncoding.EncodeToString(entropy[10:]),
	}, nil
}

func (b Bootstrap) format() []byte {
	return []byte("# The key to everything in this Roadstead. Keep it to yourself.\n" +
		"[default]\naws_access_key_id = " + b.AccessKeyID + "\naws_secret_access_key = " + b.SecretAccessKey + "\n")
}

func parseBootstrap(path string, content []byte) (Bootstrap, error) {
	var b Bootstrap
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(name) {
		case "aws_access_key_id":
			b.AccessKeyID = strings.TrimSpace(value)
		case "aws_secret_access_key":
			b.SecretAccessKey = strings.TrimSpace(value)
		}
	}
	if len(b.AccessKeyID) != accessKeySize || !strings.HasPrefix(b.AccessKeyID, accessKeyPrefix) || len(b.SecretAccessKey) != secretSize {
		return Bootstrap{}, fmt.Errorf("%s holds no access key of %s and %d characters with a secret of %d: restore it, or remove it to have a new key made",
			path, accessKeyPrefix, accessKeySize-len(accessKeyPrefix), secretSize)
	}
	return b, nil
}
