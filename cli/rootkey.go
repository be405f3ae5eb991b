package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store/seal"
	"github.com/roadstead/roadstead/store/seal/tpm"
)

const rootKeyUsage = `where the keys are that seal secrets, and what wraps them: "file:PATH" (the file itself, which nothing wraps), "age:IDENTITY" ` +
	`(an identity file of age-keygen), "awskms:ARN[@ENDPOINT]" (a key of AWS KMS, or of what speaks its API at a URL, with the ` +
	`credentials of the environment), "tpm[:DEVICE]" (a TPM 2.0; without DEVICE ` + tpm.Device + `) (default: DATA-DIR/` + seal.KeysetFile + `, whose mode alone protects it)`

// rootKey says where the root keyset is and what wraps it.
type rootKey struct {
	path string // of the keyset's file
	wrap func(context.Context) (seal.Wrapper, error)
}

// parseRootKey reads --root-key.
func parseRootKey(d dataDir, text string) (rootKey, error) {
	k := rootKey{path: d.join(seal.KeysetFile), wrap: func(context.Context) (seal.Wrapper, error) { return nil, nil }}
	kind, rest, _ := strings.Cut(text, ":")
	switch {
	case text == "":
		return k, nil
	case kind == "file" && rest != "":
		k.path = rest
		return k, nil
	case kind == "age" && rest != "":
		k.wrap = func(context.Context) (seal.Wrapper, error) { return seal.OpenAge(rest) }
		return k, nil
	case kind == "awskms" && rest != "":
		arn, endpoint, _ := strings.Cut(rest, "@")
		a, ok := model.ParseARN(arn)
		if !ok || a.Service != "kms" || !strings.HasPrefix(a.Resource, "key/") && !strings.HasPrefix(a.Resource, "alias/") {
			return k, fmt.Errorf("--root-key %q: %q is not the ARN of a key of KMS", text, arn)
		}
		if endpoint != "" && !strings.HasPrefix(endpoint, "https://") && !strings.HasPrefix(endpoint, "http://127.0.0.1:") && !strings.HasPrefix(endpoint, "http://localhost:") {
			return k, fmt.Errorf("--root-key %q: the root key would cross the network in the clear: %q must be an https URL", text, endpoint)
		}
		k.wrap = func(ctx context.Context) (seal.Wrapper, error) { return openElsewhere(ctx, arn, a.Region, endpoint) }
		return k, nil
	case kind == "tpm":
		k.wrap = func(context.Context) (seal.Wrapper, error) { return seal.NewEnvelope(tpm.New(rest)), nil }
		return k, nil
	}
	return k, fmt.Errorf("--root-key %q: it is file:PATH, age:IDENTITY, awskms:ARN[@ENDPOINT] or tpm[:DEVICE]", text)
}

func (k rootKey) options(ctx context.Context) (seal.Options, error) {
	w, err := k.wrap(ctx)
	if err != nil {
		return seal.Options{}, fmt.Errorf("root key: %w", err)
	}
	return seal.Options{Wrapper: w}, nil
}

// open opens the root keyset, and makes it if there is none.
func (k rootKey) open(ctx context.Context) (*seal.Sealer, error) {
	o, err := k.options(ctx)
	if err != nil {
		return nil, err
	}
	return seal.OpenFile(k.path, o)
}

// elsewhere is a key of a key management service. It implements seal.DataKeys.
type elsewhere struct {
	client *kms.Client
	arn    string
	at     string
}

// elsewherePatience is how long a key management service has for an answer.
const elsewherePatience = 10 * time.Second

func openElsewhere(ctx context.Context, arn, region, endpoint string) (seal.Wrapper, error) {
	c, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("credentials for %s: %w", arn, err)
	}
	e := elsewhere{arn: arn, at: "AWS"}
	if endpoint != "" {
		e.at = endpoint
	}
	e.client = kms.NewFromConfig(c, func(o *kms.Options) {
		if o.BaseEndpoint = nil; endpoint != "" { // the environment's would be this server
			o.BaseEndpoint = &endpoint
		}
	})
	return seal.NewEnvelope(e), nil
}

// keysetContext is what the sealed data key is bound to.
func keysetContext() map[string]string { return map[string]string{"roadstead": "root-keyset"} }

// Name implements seal.DataKeys.
func (e elsewhere) Name() string { return e.arn }

// Generate implements seal.DataKeys.
func (e elsewhere) Generate() (key, sealed []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), elsewherePatience)
	defer cancel()
	out, err := e.client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &e.arn, KeySpec: types.DataKeySpecAes256, EncryptionContext: keysetContext()})
	if err != nil {
		return nil, nil, e.failed(err)
	}
	return out.Plaintext, out.CiphertextBlob, nil
}

// Open implements seal.DataKeys.
func (e elsewhere) Open(sealed []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), elsewherePatience)
	defer cancel()
	out, err := e.client.Decrypt(ctx, &kms.DecryptInput{KeyId: &e.arn, CiphertextBlob: sealed, EncryptionContext: keysetContext()})
	if err != nil {
		return nil, e.failed(err)
	}
	return out.Plaintext, nil
}

func (e elsewhere) failed(err error) error {
	return fmt.Errorf("the key management service at %s does not give it: without it nothing that is sealed can be opened, so this server does not start: %w", e.at, err)
}

func rootKeyCommand() *cobra.Command {
	c := &cobra.Command{Use: "rootkey", Short: "Rotate the keys that seal secrets, or wrap them otherwise"}
	dir := c.PersistentFlags().String("data-dir", defaultDataDir(), "folder that everything is kept in")
	key := c.PersistentFlags().String("root-key", "", rootKeyUsage)
	c.AddCommand(&cobra.Command{
		Use: "rotate", Short: "Make another key seal from now on; older ones still open what they sealed", Args: cobra.NoArgs,
		Long: "Make another key seal from now on; older ones still open what they sealed. The server must be stopped.",
		RunE: func(c *cobra.Command, _ []string) error {
			return withRootKey(*dir, *key, func(_ dataDir, k rootKey) error {
				s, err := k.open(c.Context())
				if err == nil {
					err = s.Rotate()
				}
				if err == nil {
					fmt.Fprintf(c.OutOrStdout(), "%d keys, the newest of which seals from now on\n", s.Keys())
				}
				return err
			})
		},
	})
	to := ""
	wrap := &cobra.Command{
		Use: "wrap", Short: "Have the keys wrapped by something else from now on", Args: cobra.NoArgs,
		Long:    "Have the keys wrapped by something else from now on. The server must be stopped, and is started with what --to says as its --root-key.",
		Example: "  roadstead rootkey wrap --to age:identity.txt",
		RunE: func(c *cobra.Command, _ []string) error {
			return withRootKey(*dir, *key, func(d dataDir, from rootKey) error {
				next, err := parseRootKey(d, to)
				if err != nil {
					return err
				}
				if strings.HasPrefix(to, "file:") || from.path != d.join(seal.KeysetFile) {
					return errors.New("a keyset is wrapped where it is: move its file yourself")
				}
				before, err := from.options(c.Context())
				if err != nil {
					return err
				}
				after, err := next.options(c.Context())
				if err != nil {
					return err
				}
				return seal.Rewrap(from.path, before, after)
			})
		},
	}
	wrap.Flags().StringVar(&to, "to", "", `what wraps the keys from now on, as --root-key says it; "" for nothing`)
	c.AddCommand(wrap)
	return c
}

// withRootKey does something to the root keyset of a server that is stopped.
func withRootKey(path, key string, do func(dataDir, rootKey) error) error {
	d, err := openDataDir(path)
	if err != nil {
		return err
	}
	release, err := d.lock()
	if err != nil {
		return err
	}
	defer release()
	k, err := parseRootKey(d, key)
	if err != nil {
		return err
	}
	if !seal.Exists(k.path) {
		return fmt.Errorf("%s is not there: start the server once, or name the right folder with --data-dir", k.path)
	}
	return do(d, k)
}

// orIdentity is --root-key, or what the older --root-identity says.
func orIdentity(key, identity string) (string, error) {
	switch {
	case identity == "":
		return key, nil
	case key != "":
		return "", errors.New("--root-key and --root-identity say the same thing: give one")
	}
	return "age:" + identity, nil
}
