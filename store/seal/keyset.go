package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// KeysetFile is the name of the root keyset's file in the data directory.
const KeysetFile = "root-keyset"

// wrappedMark is the first line of a keyset's file that is wrapped; the rest
// is the Wrapper's. A keyset that is not wrapped is Tink's JSON.
const wrappedMark = "roadstead root keyset, wrapped\n"

// Wrapper protects the root keyset at rest, as an age identity, a TPM or an
// external key management service does.
type Wrapper interface {
	Wrap(keyset []byte) ([]byte, error)
	Unwrap(wrapped []byte) ([]byte, error)
}

// Options of a Sealer. The zero value works.
type Options struct {
	// Wrapper protects the keyset's file; nil means that its mode alone does.
	// A keyset that was written without one is wrapped when it is next opened.
	Wrapper Wrapper
}

// OpenDirectory returns the Sealer whose root keyset is kept in dir, and makes
// it when there is none. A file that others can read, or that is wrapped when
// Options has no Wrapper, is refused. Whoever loses the file loses all that
// was sealed: it belongs in a backup, but not in the store's.
func OpenDirectory(dir string, o Options) (*Sealer, error) {
	return OpenFile(filepath.Join(dir, KeysetFile), o)
}

// Exists reports whether there is a root keyset in the file.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Rewrap has the keyset in a file wrapped otherwise from now on.
func Rewrap(path string, from, to Options) error {
	handle, err := keysetFile{path, from.Wrapper}.load()
	if err == nil {
		err = keysetFile{path, to.Wrapper}.replace(handle)
	}
	if err != nil {
		return fmt.Errorf("root keyset: %w", err)
	}
	return nil
}

// OpenFile is OpenDirectory for a keyset that is kept in a file of its own.
func OpenFile(path string, o Options) (*Sealer, error) {
	f := keysetFile{path, o.Wrapper}
	handle, err := f.load()
	if errors.Is(err, fs.ErrNotExist) {
		handle, err = f.create()
	}
	if err != nil {
		return nil, fmt.Errorf("root keyset: %w", err)
	}
	return newSealer(handle, f.replace)
}

type keysetFile struct {
	path    string
	wrapper Wrapper
}

func (f keysetFile) load() (*keyset.Handle, error) {
	content, err := readPrivate(f.path)
	if err != nil {
		return nil, err
	}
	plain, wrapped := bytes.CutPrefix(content, []byte(wrappedMark))
	if wrapped {
		if f.wrapper == nil {
			return nil, fmt.Errorf("%s is wrapped: say with what (--root-key)", f.path)
		}
		if plain, err = f.wrapper.Unwrap(plain); err != nil {
			return nil, fmt.Errorf("unwrap %s: %w", f.path, err)
		}
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(plain)))
	if err != nil { // Tink's error could quote the file
		return nil, fmt.Errorf("%s is not a keyset: restore it; what was sealed with it cannot be opened without", f.path)
	}
	if !wrapped && f.wrapper != nil {
		return handle, f.replace(handle)
	}
	return handle, nil
}

// create makes a keyset. When two do so at once, both return the winner's.
func (f keysetFile) create() (*keyset.Handle, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	content, err := f.format(handle)
	if err != nil {
		return nil, err
	}
	if err := createPrivate(f.path, content); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return f.load()
}

func (f keysetFile) replace(handle *keyset.Handle) error {
	content, err := f.format(handle)
	if err != nil {
		return err
	}
	return replacePrivate(f.path, content)
}

func (f keysetFile) format(handle *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	if f.wrapper == nil {
		return b.Bytes(), nil
	}
	wrapped, err := f.wrapper.Wrap(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("wrap keyset: %w", err)
	}
	return append([]byte(wrappedMark), wrapped...), nil
}
