package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store/seal"
)

var (
	here  = seal.Context(model.Key{Kind: model.KindSecret, ID: "000000000000/db"}, "v1")
	plain = []byte("hunter2hunter2")
)

func open(t *testing.T, dir string, w seal.Wrapper) *seal.Sealer {
	t.Helper()
	s, err := seal.OpenDirectory(dir, seal.Options{Wrapper: w})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sealed(t *testing.T, s *seal.Sealer) []byte {
	t.Helper()
	b, err := s.Seal(plain, here)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, plain) {
		t.Fatal("the value is not sealed")
	}
	return b
}

func opens(t *testing.T, s *seal.Sealer, b []byte) {
	t.Helper()
	if got, err := s.Open(b, here); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("Open = %q, %v", got, err)
	}
}

func TestAValueOpensWhereItWasSealed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	b := sealed(t, s)
	opens(t, s, b)
	opens(t, open(t, dir, nil), b)
	if again := sealed(t, s); bytes.Equal(again, b) {
		t.Fatal("the same value sealed twice looks the same")
	}
	info, err := os.Stat(filepath.Join(dir, seal.KeysetFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
}

func TestAValueCannotBeMovedOrChanged(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	b := sealed(t, s)
	for name, context := range map[string][]byte{
		"another id":    seal.Context(model.Key{Kind: model.KindSecret, ID: "000000000000/other"}, "v1"),
		"another kind":  seal.Context(model.Key{Kind: model.KindParameter, ID: "000000000000/db"}, "v1"),
		"another value": seal.Context(model.Key{Kind: model.KindSecret, ID: "000000000000/db"}, "v2"),
		"nothing":       nil,
	} {
		if _, err := s.Open(b, context); !errors.Is(err, seal.ErrNotSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range b {
		c := bytes.Clone(b)
		c[i] ^= 1
		if _, err := s.Open(c, here); !errors.Is(err, seal.ErrNotSealed) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	if _, err := open(t, t.TempDir(), nil).Open(b, here); !errors.Is(err, seal.ErrNotSealed) {
		t.Errorf("another keyset: %v", err)
	}
	if _, err := s.Seal(make([]byte, seal.MaxPlain+1), here); !errors.Is(err, seal.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func TestOlderKeysStillOpen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	first := sealed(t, s)
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	second := sealed(t, s)
	again := open(t, dir, nil)
	for _, each := range []*seal.Sealer{s, again} {
		opens(t, each, first)
		opens(t, each, second)
	}
	if again.Keys() != 2 {
		t.Fatalf("%d keys", again.Keys())
	}
	for again.Keys() < seal.MaxKeys {
		if err := again.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	if err := again.Rotate(); !errors.Is(err, seal.ErrTooManyKeys) {
		t.Fatalf("a full keyset: %v", err)
	}
}

func identity(t *testing.T) string {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(path, []byte("# a comment\n"+id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheKeysetIsWrapped(t *testing.T) {
	dir := t.TempDir()
	bare := open(t, dir, nil)
	b := sealed(t, bare)
	wrapper, err := seal.OpenAge(identity(t))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, wrapper) // wraps what was bare
	opens(t, s, b)
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	opens(t, open(t, dir, wrapper), b)
	content, err := os.ReadFile(filepath.Join(dir, seal.KeysetFile))
	if err != nil || !bytes.Contains(content, []byte("age-encryption.org")) || bytes.Contains(content, []byte("AesGcmKey")) {
		t.Fatalf("%v: %q", err, content)
	}
	if _, err := seal.OpenDirectory(dir, seal.Options{}); err == nil || !strings.Contains(err.Error(), "is wrapped") {
		t.Fatalf("without an identity: %v", err)
	}
	other, err := seal.OpenAge(identity(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.OpenDirectory(dir, seal.Options{Wrapper: other}); err == nil {
		t.Fatal("another identity opened it")
	}
}

func TestFilesThatOthersReadAreRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, nil)
	path := filepath.Join(dir, seal.KeysetFile)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.OpenDirectory(dir, seal.Options{}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Fatalf("%v", err)
	}
	id := identity(t)
	if err := os.Chmod(id, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.OpenAge(id); err == nil {
		t.Fatal("an identity that everybody can read was taken")
	}
}

func TestDamageIsSaidAndNotQuoted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, seal.KeysetFile)
	if err := os.WriteFile(path, []byte(`{"key":"hunter2"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.OpenDirectory(dir, seal.Options{}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Fatalf("%v", err)
	}
}

func TestEphemeral(t *testing.T) {
	s, err := seal.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	b := sealed(t, s)
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	opens(t, s, b)
}
