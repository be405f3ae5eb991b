package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// proofSize is the length in bytes of what shows that a token was used here.
const proofSize = 32

// keptIdentity is what an agent keeps of itself, in a file for its owner alone.
type keptIdentity struct {
	Token  string `json:"token"` // access key id of the join token
	Proof  string `json:"proof"`
	Bundle string `json:"bundle,omitempty"`
	// Current is the identity; its AccessKeyID is "" until there is one.
	Current joinToken `json:"current"`
}

// instanceIdentity is the identity of a container instance, which it has for a
// join token and renews. It implements aws.CredentialsProvider.
type instanceIdentity struct {
	path, url string
	token     *joinToken // nil: none was given
	client    aws.HTTPClient
	now       func() time.Time
	log       *slog.Logger

	mu   sync.Mutex
	kept keptIdentity
}

// openInstanceIdentity reads what the data directory keeps, for the token if
// there is one: another than the one that is kept makes another instance.
func openInstanceIdentity(d dataDir, url, token string, log *slog.Logger) (*instanceIdentity, error) {
	i := &instanceIdentity{path: d.join("instance-identity"), url: url, now: time.Now, log: log}
	kept, err := os.ReadFile(i.path)
	switch {
	case err == nil:
		if err := json.Unmarshal(kept, &i.kept); err != nil {
			return nil, fmt.Errorf("%s cannot be read: remove it and join with a new token", i.path)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("identity of the instance: %w", err)
	case token == "":
		return nil, errors.New("--server and --token are needed: see `roadstead agent --help`")
	}
	if token != "" {
		given, err := readJoinToken(token)
		if err != nil {
			return nil, err
		}
		i.token = &given
		if given.AccessKeyID != i.kept.Token {
			proof := make([]byte, proofSize)
			if _, err := rand.Read(proof); err != nil {
				return nil, err
			}
			i.kept = keptIdentity{Token: given.AccessKeyID, Proof: hex.EncodeToString(proof), Bundle: given.Bundle}
			if err := i.save(); err != nil { // before the token is used
				return nil, err
			}
		}
	}
	i.client = trusting(clientConfig(url, nil), []byte(i.kept.Bundle)).HTTPClient
	return i, nil
}

// save writes what is kept, whole or not at all.
func (i *instanceIdentity) save() error {
	text, err := json.Marshal(i.kept)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(i.path), ".instance-identity-*") // mode 0600
	if err != nil {
		return fmt.Errorf("keep the identity of the instance: %w", err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), i.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep the identity of the instance: %w", err), os.Remove(f.Name()))
	}
	return nil
}

func (i *instanceIdentity) current() joinToken {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.kept.Current
}

// Retrieve implements aws.CredentialsProvider.
func (i *instanceIdentity) Retrieve(context.Context) (aws.Credentials, error) {
	c := i.current()
	if c.AccessKeyID == "" {
		return aws.Credentials{}, errors.New("the instance has no identity yet")
	}
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		CanExpire: true, Expires: c.Expires, Source: "instance identity"}, nil
}

// alive reports whether the identity is good for a while.
func (i *instanceIdentity) alive() bool { return i.now().Before(i.current().Expires) }

// refusedError is the answer of a server that will not change its mind.
type refusedError string

func (e refusedError) Error() string { return string(e) }

// begin returns once there is an identity, or when there will be none.
func (i *instanceIdentity) begin(ctx context.Context) error {
	if i.alive() {
		return nil
	}
	if i.token == nil || i.now().After(i.token.Expires) {
		return errors.New("the token has expired, and so has the identity that was had for it: make a new token with `roadstead token` on the server")
	}
	for wait := firstCertificateWait; ; wait = min(2*wait, lastCertificateWait) {
		err := i.renew(ctx)
		var refused refusedError
		if err == nil || errors.As(err, &refused) {
			return err
		}
		i.log.Warn("the server does not answer; trying again", "error", err)
		if !pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// run renews the identity until ctx ends.
func (i *instanceIdentity) run(ctx context.Context) {
	wait := firstCertificateWait
	for {
		next := max(i.current().Expires.Add(-identityLife*2/3).Sub(i.now()), wait)
		if !pause(ctx, next) {
			return
		}
		if err := i.renew(ctx); err != nil {
			i.log.Warn("the identity of the instance is not renewed; trying again", "error", err)
			wait = min(2*wait, lastCertificateWait)
			continue
		}
		wait = firstCertificateWait
	}
}

// renew gets the next identity: by the one there is, or by the token.
func (i *instanceIdentity) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	by := i.current()
	if !i.alive() {
		if i.token == nil {
			return refusedError("the identity of the instance has expired: make a new token with `roadstead token` on the server")
		}
		by = *i.token
	}
	made, err := i.ask(ctx, by)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.kept.Current = made
	return i.save()
}

func (i *instanceIdentity) ask(ctx context.Context, by joinToken) (made joinToken, err error) {
	body, err := json.Marshal(identityRequest{i.kept.Proof})
	if err != nil {
		return made, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url+identityPath, bytes.NewReader(body))
	if err != nil {
		return made, err
	}
	hash := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: by.AccessKeyID, SecretAccessKey: by.SecretAccessKey, SessionToken: by.SessionToken}
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(hash[:]), "ecs", region, i.now()); err != nil {
		return made, fmt.Errorf("sign the request for an identity: %w", err)
	}
	answer, err := i.client.Do(r)
	if err != nil {
		return made, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return made, err
	}
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusForbidden:
		return made, refusedError("the server refuses the instance: " + strings.TrimSpace(string(text)))
	default:
		return made, fmt.Errorf("%s: %s", answer.Status, strings.TrimSpace(string(text)))
	}
	if err := json.Unmarshal(text, &made); err != nil || made.AccessKeyID == "" {
		return made, errors.New("the answer is no identity")
	}
	return made, nil
}
