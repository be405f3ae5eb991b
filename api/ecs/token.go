package ecs

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// Limits of client tokens. Source: ECS API reference, clientToken: 36 ASCII
// characters for services, 64 for tasks, kept for 24 hours.
const (
	maxToken  = 64
	tokenLife = 24 * time.Hour
)

// token is the idempotency of one call. The zero token has none.
type token struct {
	r                        request
	operation, token, digest string
}

// newToken reads the client's token; input is the request without it.
func newToken(r request, operation string, client *string, input any) (token, error) {
	if aws.ToString(client) == "" {
		return token{}, nil
	}
	if len(*client) > maxToken {
		return token{}, invalid("clientToken can be at most %d characters long.", maxToken)
	}
	for _, b := range []byte(*client) {
		if b < 33 || b > 126 {
			return token{}, invalid("clientToken can only contain ASCII characters from 33 to 126.")
		}
	}
	encoded, err := wire.Marshal(wire.AWSJSON11, input)
	if err != nil {
		return token{}, err
	}
	sum := sha256.Sum256(encoded)
	return token{r, operation, *client, hex.EncodeToString(sum[:16])}, nil
}

func (t token) noun(scope string) *model.ClientToken {
	return &model.ClientToken{Account: t.r.scope.Account, Operation: t.operation, Scope: scope, Token: t.token, Digest: t.digest}
}

// done returns what an earlier call with the token made, nil if there was
// none; a ConflictException if that call had other parameters.
func (t token) done(v store.View, scope string) ([]string, error) {
	if t.token == "" {
		return nil, nil
	}
	old, ok := store.Get[*model.ClientToken](v, t.noun(scope).Key().ID)
	if !ok || !t.r.now.Before(old.ExpiresAt) {
		return nil, nil
	}
	if old.Digest != t.digest {
		return nil, &types.ConflictException{
			Message:     new("The " + t.operation + " request could not be processed due to conflicts. The provided clientToken is already in use with a different " + t.operation + " request."),
			ResourceIds: t.arns(scope, old.Results)}
	}
	return old.Results, nil
}

func (t token) arns(cluster string, ids []string) []string {
	var arns []string
	for _, id := range ids {
		arns = append(arns, t.r.scope.TaskARN(cluster, id))
	}
	return arns
}

// remember adds to the change that the call made the tasks. An expired token
// is replaced.
func (t token) remember(c *model.Change, v store.View, scope string, ids []string) {
	if t.token == "" || mutant.On(mutant.TokenForgotten) {
		return
	}
	n := t.noun(scope)
	if old, ok := store.Get[*model.ClientToken](v, n.Key().ID); ok {
		n.Rev = old.Rev
	}
	n.Results, n.ExpiresAt = ids, t.r.now.Add(tokenLife)
	c.Put(n)
}
