package etcdlog

import (
	"fmt"
	"strings"

	"github.com/roadstead/roadstead/model"
)

const (
	root     = "/roadstead" // prefix of everything
	nouns    = root + "/"
	headKey  = root + ".head"
	election = root + ".lead"
)

func keyOf(k model.Key) string { return nouns + string(k.Kind) + "/" + k.ID }

// parseKey is the inverse of keyOf. Kinds contain no slash, ids may.
func parseKey(s []byte) (model.Key, error) {
	rest, ok := strings.CutPrefix(string(s), nouns)
	if !ok {
		return model.Key{}, fmt.Errorf("etcdlog: key %q is not under %s", s, nouns)
	}
	kind, id, ok := strings.Cut(rest, "/")
	if !ok || kind == "" || id == "" {
		return model.Key{}, fmt.Errorf("etcdlog: key %q has no kind and id", s)
	}
	return model.Key{Kind: model.Kind(kind), ID: id}, nil
}
