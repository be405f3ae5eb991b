package keyring

import (
	"encoding/base64"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// AuditKeyFile is the name of the file of the key that authenticates the audit
// trail, in base 64.
const AuditKeyFile = "audit-key"

// auditKeySize is the key's length in bytes.
const auditKeySize = 32

// AuditKey returns the key of the audit trail kept in dir, which it makes if
// there is none.
func AuditKey(dir string, random io.Reader) ([]byte, error) {
	path := filepath.Join(dir, AuditKeyFile)
	content, err := readOrCreate(path, func() ([]byte, error) {
		var key [auditKeySize]byte
		_, err := io.ReadFull(random, key[:])
		return []byte(base64.StdEncoding.EncodeToString(key[:]) + "\n"), err
	})
	if err != nil {
		return nil, fmt.Errorf("key of the audit trail: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(content)))
	if err != nil || len(key) != auditKeySize {
		return nil, fmt.Errorf("%s is not a key of %d bytes in base 64: restore it; with another key the trail so far cannot be verified", path, auditKeySize)
	}
	return key, nil
}

// Private returns the content of a file that only its owner may read, and makes
// it first, whole or not at all, when there is none. A file that others can
// read is refused.
func Private(path string, content func() ([]byte, error)) ([]byte, error) {
	return readOrCreate(path, content)
}
