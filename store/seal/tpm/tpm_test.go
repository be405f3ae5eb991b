package tpm

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/store/seal"
)

var _ seal.DataKeys = (*Keys)(nil)

// emulator starts a TPM of its own for a test and returns its socket.
func emulator(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("swtpm")
	if err != nil {
		t.Skip("there is no swtpm, the emulator of a TPM (Debian's package swtpm)")
	}
	dir, err := os.MkdirTemp("", "tpm") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	socket, log := filepath.Join(dir, "tpm"), &bytes.Buffer{}
	c := exec.Command(program, "socket", "--tpm2", "--tpmstate", "dir="+dir, "--server", "type=unixio,path="+socket,
		"--ctrl", "type=unixio,path="+socket+".ctrl", "--flags", "not-need-init,startup-clear")
	c.Stdout, c.Stderr = log, log
	ready, err := c.StdinPipe() // nobody writes; closed with the process
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ready.Close()
		if err := c.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = c.Wait() // it was killed
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, err := os.Stat(socket); err == nil {
			return socket
		}
		if time.Now().After(deadline) {
			t.Fatalf("swtpm has made no socket: %s", log)
		}
	}
}

func TestKeyIsOpenedByItsChipAlone(t *testing.T) {
	here := New(emulator(t))
	key, sealed, err := here.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if len(key) != keySize || bytes.Contains(sealed, key) {
		t.Fatalf("a key of %d bytes, sealed as %s", len(key), sealed)
	}
	for range 5 { // more than a chip has room for: nothing is left in it
		if opened, err := here.Open(sealed); err != nil || !bytes.Equal(opened, key) {
			t.Fatalf("opened %x, %v", opened, err)
		}
	}
	if other, _, err := here.Generate(); err != nil || bytes.Equal(other, key) {
		t.Fatalf("the next key is %x, %v", other, err)
	}
	elsewhere := New(emulator(t))
	if _, err := elsewhere.Open(sealed); err == nil || !strings.Contains(err.Error(), "another chip has sealed it") {
		t.Errorf("another chip: %v", err)
	}
	changed := bytes.Replace(sealed, []byte(`"private":"`), []byte(`"private":"AA`), 1)
	if _, err := here.Open(changed); err == nil {
		t.Error("what was changed was opened")
	}
	if opened, err := here.Open(sealed); err != nil || !bytes.Equal(opened, key) {
		t.Fatalf("after refusals: %x, %v", opened, err)
	}
}

// TestRootKeysetUnderAChip: what is sealed is opened with the chip, and not
// without it.
func TestRootKeysetUnderAChip(t *testing.T) {
	socket, dir := emulator(t), t.TempDir()
	under := seal.Options{Wrapper: seal.NewEnvelope(New(socket))}
	s, err := seal.OpenDirectory(dir, under)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := s.Seal([]byte("secret"), []byte("context"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.OpenDirectory(dir, under)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Open(secret, []byte("context")); err != nil || string(plain) != "secret" {
		t.Fatalf("opened %q, %v", plain, err)
	}
	if _, err := seal.OpenDirectory(dir, seal.Options{}); err == nil {
		t.Error("opened without the chip")
	}
	if _, err := seal.OpenDirectory(dir, seal.Options{Wrapper: seal.NewEnvelope(New(emulator(t)))}); err == nil {
		t.Error("opened with another chip")
	}
}

func TestNoChip(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	if _, _, err := New(missing).Generate(); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("no chip: %v", err)
	}
	for _, blob := range []string{"", "{}", `{"public":"AAA=","private":"AAA="}`, "x"} {
		if _, err := New(missing).Open([]byte(blob)); err == nil {
			t.Errorf("%q was opened", blob)
		}
	}
	if _, err := New(os.DevNull).Open([]byte("{}")); err == nil || err == io.EOF {
		t.Errorf("what is no chip: %v", err)
	}
}
