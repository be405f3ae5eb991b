package caller

import "context"

// Origin is how a request came, as policies can ask for it.
type Origin struct {
	SourceIP  string // of the client; "" unknown
	UserAgent string
	Region    string // that the request was signed for
	Secure    bool   // by TLS
}

type originKey struct{}

// WithOrigin returns a context that carries how a request came.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns how the request came that ctx belongs to; the zero Origin
// when nobody said.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
