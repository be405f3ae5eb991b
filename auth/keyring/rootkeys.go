package keyring

import (
	"encoding/base64"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/auth/session"
)

// SessionKeysFile is the name of the file of root keys: a line for each with
// its number and the key in base 64, the one in use first. To rotate, put a
// line with another number before the others; remove a line to end its sessions.
const SessionKeysFile = "session-keys"

// maxRootKeys is how many root keys may be kept, one in use and previous ones.
const maxRootKeys = 16

func loadOrCreateRootKeys(dir string, random io.Reader) ([]session.RootKey, error) {
	path := filepath.Join(dir, SessionKeysFile)
	content, err := readOrCreate(path, func() ([]byte, error) {
		var key [session.KeySize]byte
		if _, err := io.ReadFull(random, key[:]); err != nil {
			return nil, fmt.Errorf("generate root key: %w", err)
		}
		return []byte("1 " + base64.StdEncoding.EncodeToString(key[:]) + "\n"), nil
	})
	if err != nil {
		return nil, fmt.Errorf("root keys of sessions: %w", err)
	}
	return parseRootKeys(path, content)
}

func parseRootKeys(path string, content []byte) ([]session.RootKey, error) {
	var keys []session.RootKey
	seen := [256]bool{}
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		number, text, _ := strings.Cut(line, " ")
		id, err := strconv.ParseUint(number, 10, 8)
		key, decodeErr := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || decodeErr != nil || len(key) != session.KeySize || seen[id] {
			return nil, fmt.Errorf("%s: key %d is not a number of its own below 256 and %d bytes in base 64: restore the file, or remove it to have a new key made, which ends all sessions",
				path, len(keys)+1, session.KeySize)
		}
		seen[id] = true
		keys = append(keys, session.RootKey{ID: byte(id), Key: [session.KeySize]byte(key)})
	}
	if len(keys) == 0 || len(keys) > maxRootKeys {
		return nil, fmt.Errorf("%s holds %d keys, not 1 to %d: restore it, or remove it to have a new key made, which ends all sessions", path, len(keys), maxRootKeys)
	}
	return keys, nil
}
