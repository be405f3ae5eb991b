// Package tpm keeps the data keys of the root keyset under a TPM 2.0: a disk
// that is carried away, or an image of it, opens nothing without the chip.
//
// It decides how a key is sealed and nothing of what it is for. A key is a
// sealed object below the chip's storage root key, which the chip derives anew
// each time, so nothing is kept in the chip. It is bound to the chip, not to
// what the machine has booted: whoever is root on the machine opens it, as he
// could read it out of the server's memory.
//
// Source: Trusted Platform Module 2.0 Library, part 1 (architecture), "Sealed
// data", and TCG EK credential profile, template of the storage root key.
package tpm

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpm2/transport/linuxtpm"
	"github.com/google/go-tpm/tpm2/transport/linuxudstpm"
)

// Device is where Linux has the chip, behind its resource manager.
const Device = "/dev/tpmrm0"

// keySize is that of a data key, in bytes; an object holds up to 128.
const keySize = 32

// Keys makes data keys and opens them. It implements seal.DataKeys. The chip
// is opened for each of the two and closed again.
type Keys struct{ path string }

// New returns the keys of the TPM at a path, a character device or the socket
// of an emulator; "" is Device. The chip is asked first by Generate or Open.
func New(path string) *Keys {
	if path == "" {
		path = Device
	}
	return &Keys{path}
}

// Name implements seal.DataKeys.
func (k *Keys) Name() string { return "the TPM at " + k.path }

// sealed is a data key as the keyset's file has it. Both parts are TPM
// structures, the second encrypted by the chip for itself.
type sealed struct {
	Public  []byte `json:"public"`
	Private []byte `json:"private"`
}

// Generate implements seal.DataKeys.
func (k *Keys) Generate() (key, blob []byte, err error) {
	key = make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, nil, err
	}
	err = k.below(func(chip transport.TPM, root parent) error {
		made, err := tpm2.Create{
			ParentHandle: root.authorized(secretIn()),
			InSensitive: tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
				Data: tpm2.NewTPMUSensitiveCreate(&tpm2.TPM2BSensitiveData{Buffer: key})}},
			InPublic: tpm2.New2B(tpm2.TPMTPublic{Type: tpm2.TPMAlgKeyedHash, NameAlg: tpm2.TPMAlgSHA256,
				ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, UserWithAuth: true, NoDA: true}}),
		}.Execute(chip)
		if err != nil {
			return fmt.Errorf("seal: %w", err)
		}
		blob, err = json.Marshal(sealed{tpm2.Marshal(made.OutPublic), tpm2.Marshal(made.OutPrivate)})
		return err
	})
	if err != nil {
		clear(key)
		return nil, nil, err
	}
	return key, blob, nil
}

// Open implements seal.DataKeys.
func (k *Keys) Open(blob []byte) (key []byte, err error) {
	var in sealed
	if err := json.Unmarshal(blob, &in); err != nil {
		return nil, errors.New("it was not sealed by a TPM")
	}
	public, err := tpm2.Unmarshal[tpm2.TPM2BPublic](in.Public)
	if err != nil {
		return nil, errors.New("it was changed since the TPM sealed it")
	}
	private, err := tpm2.Unmarshal[tpm2.TPM2BPrivate](in.Private)
	if err != nil {
		return nil, errors.New("it was changed since the TPM sealed it")
	}
	err = k.below(func(chip transport.TPM, root parent) (err error) {
		loaded, err := tpm2.Load{ParentHandle: root.authorized(secretIn()), InPublic: *public, InPrivate: *private}.Execute(chip)
		if err != nil {
			return fmt.Errorf("another chip has sealed it, or it was changed since: %w", err)
		}
		defer flush(chip, loaded.ObjectHandle, &err)
		opened, err := tpm2.Unseal{ItemHandle: tpm2.AuthHandle{Handle: loaded.ObjectHandle, Name: loaded.Name,
			Auth: root.session(secretOut())}}.Execute(chip)
		if err != nil {
			return fmt.Errorf("unseal: %w", err)
		}
		key = opened.OutData.Buffer
		return nil
	})
	return key, err
}

// parent is the storage root key while it is in the chip.
type parent struct {
	handle tpm2.TPMHandle
	name   tpm2.TPM2BName
	public tpm2.TPMTPublic
}

// aesBits is the key length of the encryption between the machine and the chip.
const aesBits = 128

func secretIn() tpm2.AuthOption  { return tpm2.AESEncryption(aesBits, tpm2.EncryptIn) }
func secretOut() tpm2.AuthOption { return tpm2.AESEncryption(aesBits, tpm2.EncryptOut) }

// session authorizes a command and encrypts its secret on the way between the
// machine and the chip, whose wires may be listened to.
func (p parent) session(encryption tpm2.AuthOption) tpm2.Session {
	const nonce = 16 // bytes
	return tpm2.HMAC(tpm2.TPMAlgSHA256, nonce, encryption, tpm2.Salted(p.handle, p.public))
}

func (p parent) authorized(encryption tpm2.AuthOption) tpm2.AuthHandle {
	return tpm2.AuthHandle{Handle: p.handle, Name: p.name, Auth: p.session(encryption)}
}

// below calls do with the chip and its storage root key.
func (k *Keys) below(do func(transport.TPM, parent) error) (err error) {
	chip, err := dial(k.path)
	if err != nil {
		return fmt.Errorf("open the TPM: %w", err)
	}
	defer func() { err = errors.Join(err, chip.Close()) }()
	root, err := tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(tpm2.ECCSRKTemplate)}.Execute(chip)
	if err != nil {
		return fmt.Errorf("make the storage root key: %w", err)
	}
	defer flush(chip, root.ObjectHandle, &err)
	public, err := root.OutPublic.Contents()
	if err != nil {
		return fmt.Errorf("read the storage root key: %w", err)
	}
	return do(chip, parent{root.ObjectHandle, root.Name, *public})
}

func flush(chip transport.TPM, handle tpm2.TPMHandle, err *error) {
	if _, failed := (tpm2.FlushContext{FlushHandle: handle}).Execute(chip); failed != nil {
		*err = errors.Join(*err, fmt.Errorf("flush: %w", failed))
	}
}

func dial(path string) (transport.TPMCloser, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode()&os.ModeSocket != 0 {
		return linuxudstpm.Open(path)
	}
	return linuxtpm.Open(path)
}
