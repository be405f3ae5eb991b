package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/sigv4"
	"github.com/roadstead/roadstead/auth/throttle"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// identityPath is where an agent gets the identity of its instance: for a join
// token the first one, for an identity the next.
const identityPath = "/agent/identity"

// identityLife is how long an instance's identity is good. An agent renews it
// when a third of that is over; one that was away for longer needs a new token.
const identityLife = 12 * time.Hour

// maxIdentityRequest is the longest request for an identity, in bytes.
const maxIdentityRequest = 1 << 10

// identityRequest comes with a join token: who once had an identity for the
// token, and lost the answer, shows the same proof again.
type identityRequest struct {
	Proof string `json:"proof"`
}

// errUsed: a join token makes one instance.
var errUsed = errors.New("AccessDeniedException: the token was used already, by another machine or another data directory: make a new one with `roadstead token` on the server")

// identify answers agents that ask for the identity of their instance.
func (p *plane) identify(v *sigv4.Verifier) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if err := p.guard.rates.Stranger(throttle.Address(r), sigv4.ClaimedKey(r)); err != nil {
			http.Error(out, err.Error(), http.StatusTooManyRequests)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, maxIdentityRequest))
		if err != nil {
			http.Error(out, "the request cannot be read", http.StatusBadRequest)
			return
		}
		result, err := v.Verify(r, body)
		if err == nil {
			err = result.For("ecs")
		}
		if err == nil {
			err = p.joins(r, result.Identity, body)
		}
		if err != nil {
			p.guard.rates.Refused(throttle.Address(r))
			http.Error(out, err.Error(), http.StatusForbidden)
			return
		}
		made, err := issueInstance(p.keys, caller.Instance, result.Identity.BoundTo, time.Now(), identityLife)
		if err != nil {
			p.options.log.Error("issue the identity of an instance", "instance", result.Identity.BoundTo, "error", err)
			http.Error(out, "the identity cannot be issued", http.StatusInternalServerError)
			return
		}
		out.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(out).Encode(joinToken{AccessKeyID: made.AccessKeyID, SecretAccessKey: made.SecretAccessKey, // an agent that has gone asks again
			SessionToken: made.SessionToken, Expires: made.Expiration})
	})
}

// joins returns nil for who may have an identity, and notes that a token was
// used before it is of any use.
func (p *plane) joins(r *http.Request, who caller.Identity, body []byte) error {
	if who.BoundTo == "" || who.Purpose != caller.Joining && who.Purpose != caller.Instance {
		return errors.New("AccessDeniedException: the caller is no container instance")
	}
	arn, _ := model.ParseARN(who.BoundTo)
	_, id := arn.Path()
	if i, ok := store.Get[*model.ContainerInstance](p.db.View(), arn.Account+"/"+id); ok && i.Status == model.InstanceInactive {
		return errors.New("AccessDeniedException: the container instance was deregistered: make a new token with `roadstead token` on the server")
	}
	if who.Purpose == caller.Instance {
		return nil
	}
	var in identityRequest
	if err := json.Unmarshal(body, &in); err != nil || len(in.Proof) < 2*proofSize {
		return errors.New("AccessDeniedException: a join token comes with a proof")
	}
	sum := sha256.Sum256([]byte(in.Proof))
	use := &model.ClientToken{Account: who.Account, Operation: "Join", Token: who.AccessKeyID, Digest: hex.EncodeToString(sum[:]),
		Results: []string{who.BoundTo}, ExpiresAt: time.Now().Add(maxTokenLife).UTC().Truncate(time.Millisecond)}
	err := p.db.Decide(r.Context(), func(v store.View, c *model.Change) error {
		known, ok := store.Get[*model.ClientToken](v, use.Key().ID)
		switch {
		case !ok:
			c.Put(use.Clone())
			return nil
		case known.Digest != use.Digest:
			return errUsed
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUsed) {
		return fmt.Errorf("note the use of a join token: %w", err)
	}
	return err
}
