package registry

import (
	"regexp"
	"strings"

	"github.com/roadstead/roadstead/registry/blob"
)

// noun is what a path of the distribution API is about.
type noun int

const (
	nounNone noun = iota
	nounVersion
	nounCatalog
	nounBlob
	nounUploads
	nounUpload
	nounManifest
	nounTags
	nounReferrers
)

// MaxRepositoryBytes is ECR's limit for the length of a repository's name.
const MaxRepositoryBytes = 256

var (
	repositoryPattern = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	tagPattern        = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)
)

// ValidRepository reports whether a name may be a repository's.
func ValidRepository(name string) bool {
	return len(name) <= MaxRepositoryBytes && repositoryPattern.MatchString(name)
}

// ValidTag reports whether a text may be a tag.
func ValidTag(tag string) bool { return tagPattern.MatchString(tag) }

// target is a parsed path. Its texts are not yet checked.
type target struct {
	noun       noun
	repository string
	item       string // digest, tag or upload id
}

// parsePath takes a path of the API apart. Repository names contain slashes and
// may contain the API's own words, so it is read from its end.
func parsePath(path string) target {
	rest, ok := strings.CutPrefix(path, "/v2/")
	switch {
	case path == "/v2" || ok && rest == "":
		return target{noun: nounVersion}
	case rest == "_catalog":
		return target{noun: nounCatalog}
	case !ok:
		return target{}
	}
	if name, ok := strings.CutSuffix(strings.TrimSuffix(rest, "/"), "/blobs/uploads"); ok {
		return target{noun: nounUploads, repository: name}
	}
	if name, ok := strings.CutSuffix(rest, "/tags/list"); ok {
		return target{noun: nounTags, repository: name}
	}
	rest, item, ok := cutLast(rest)
	if !ok || item == "" {
		return target{}
	}
	for _, of := range []struct {
		words string
		noun  noun
	}{
		{"/blobs/uploads", nounUpload},
		{"/blobs", nounBlob},
		{"/manifests", nounManifest},
		{"/referrers", nounReferrers},
	} {
		if name, ok := strings.CutSuffix(rest, of.words); ok && name != "" {
			return target{noun: of.noun, repository: name, item: item}
		}
	}
	return target{}
}

func cutLast(path string) (before, last string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// parseReference reads the tag or digest at the end of a manifest's path.
func parseReference(text string) (Reference, *Failure) {
	if strings.Contains(text, ":") {
		d, err := blob.Parse(text)
		if err != nil {
			return Reference{}, failure(CodeDigestInvalid, "%v", err)
		}
		return Reference{Digest: d}, nil
	}
	if !ValidTag(text) {
		return Reference{}, failure(CodeManifestInvalid, "%.128q is not a valid tag", text)
	}
	return Reference{Tag: text}, nil
}
