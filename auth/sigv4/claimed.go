package sigv4

import (
	"net/http"
	"strings"
)

// maxClaimedKey is the longest access key id that is repeated, in bytes.
// Source: IAM API reference, accessKeyIdType.
const maxClaimedKey = 128

// ClaimedKey returns the access key id that a request says it was signed with,
// "" if it says none. Nothing is verified: it is for telling attempts apart.
func ClaimedKey(r *http.Request) string {
	_, rest, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !found {
		_, rest, found = strings.Cut(r.URL.RawQuery, queryCredential+"=")
	}
	if !found {
		return ""
	}
	end := strings.IndexFunc(rest, func(c rune) bool {
		return !('0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == '_')
	})
	if end < 0 {
		end = len(rest)
	}
	if end > maxClaimedKey {
		return ""
	}
	return strings.Clone(rest[:end])
}
