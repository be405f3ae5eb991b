package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// safe is a key management service in memory.
type safe struct {
	keys map[string][]byte
	down error
	made byte
}

func (s *safe) Name() string { return "key-in-the-safe" }

func (s *safe) Generate() (key, sealed []byte, err error) {
	if s.down != nil {
		return nil, nil, s.down
	}
	s.made++
	key = bytes.Repeat([]byte{s.made}, 32)
	s.keys[string(rune(s.made))] = bytes.Clone(key)
	return key, []byte(string(rune(s.made))), nil
}

func (s *safe) Open(sealed []byte) ([]byte, error) {
	if s.down != nil {
		return nil, s.down
	}
	key, ok := s.keys[string(sealed)]
	if !ok {
		return nil, errors.New("no such key")
	}
	return bytes.Clone(key), nil
}

func TestTheKeysetUnderAServicesKey(t *testing.T) {
	dir, keys := t.TempDir(), &safe{keys: map[string][]byte{}}
	o := Options{Wrapper: NewEnvelope(keys)}
	s, err := OpenDirectory(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.Seal([]byte("word"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // a keyset that has outgrown what services encrypt by themselves
		if err := s.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	again, err := OpenDirectory(dir, o)
	if err != nil || again.Keys() != 21 {
		t.Fatalf("%v", err)
	}
	if plain, err := again.Open(sealed, []byte("here")); err != nil || string(plain) != "word" {
		t.Errorf("%q %v", plain, err)
	}
	path := filepath.Join(dir, KeysetFile)
	text, err := os.ReadFile(path)
	if err != nil || bytes.Contains(text, []byte("AesGcmKey")) || !bytes.Contains(text, []byte("key-in-the-safe")) {
		t.Errorf("the file: %s %v", text, err)
	}

	refused := func(what string, o Options, want string) {
		t.Helper()
		if _, err := OpenDirectory(dir, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to say %q", what, err, want)
		}
	}
	refused("no wrapper", Options{}, "is wrapped")
	refused("another service", Options{Wrapper: NewEnvelope(&safe{keys: map[string][]byte{}})}, "no such key")
	keys.down = errors.New("it does not answer")
	refused("a service that is down", o, "it does not answer")
	keys.down = nil
	for _, at := range []int{len(text) - 20, len(text) / 2} {
		broken := bytes.Clone(text)
		broken[at] ^= 1
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenDirectory(dir, o); err == nil {
			t.Errorf("a file with another byte at %d is opened", at)
		}
	}
}
