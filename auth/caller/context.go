package caller

import "context"

type contextKey struct{}

// With returns a context that carries the caller of a request.
func With(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// From returns the caller of the request that ctx belongs to, and whether
// there is one.
func From(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(contextKey{}).(Identity)
	return id, ok
}
