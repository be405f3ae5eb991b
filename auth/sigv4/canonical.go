package sigv4

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// parameter is one name and value of a query, decoded.
type parameter struct{ name, value string }

// parseQuery splits a raw query. Unlike url.ParseQuery it drops nothing that
// carries a byte, because what it drops would escape the signature.
func parseQuery(raw string) []parameter {
	if raw == "" {
		return nil
	}
	parameters := make([]parameter, 0, strings.Count(raw, "&")+1)
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		parameters = append(parameters, parameter{unescape(name), unescape(value)})
	}
	return parameters
}

// appendCanonicalRequest appends the text whose hash is signed.
func appendCanonicalRequest(dst []byte, r *http.Request, c *claim, payloadHash string) []byte {
	dst = append(dst, r.Method...)
	dst = append(dst, '\n')
	dst = appendCanonicalPath(dst, r.URL.EscapedPath(), c.service)
	dst = append(dst, '\n')
	dst = appendCanonicalQuery(dst, c.query, c.presigned)
	dst = append(dst, '\n')
	dst = appendCanonicalHeaders(dst, r, c.signedHeaders)
	dst = append(dst, '\n')
	dst = append(dst, c.signedHeaders...)
	dst = append(dst, '\n')
	return append(dst, payloadHash...)
}

// appendCanonicalPath appends the path as it was sent, normalised and encoded
// a second time. S3 does neither, since its keys may hold any path.
func appendCanonicalPath(dst []byte, path, service string) []byte {
	if path == "" || path == "/" {
		return append(dst, '/')
	}
	if service == "s3" {
		for i, segment := range strings.Split(path, "/") {
			if i > 0 {
				dst = append(dst, '/')
			}
			// In a path a plus sign is a plus sign.
			dst = appendEscaped(dst, unescape(strings.ReplaceAll(segment, "+", "%2B")), 0)
		}
		return dst
	}
	return appendEscaped(dst, normalisePath(path), '/')
}

// normalisePath removes empty, "." and ".." segments, and keeps a final slash.
func normalisePath(path string) string {
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return path
	}
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, segment)
		}
	}
	normal := "/" + strings.Join(kept, "/")
	if strings.HasSuffix(path, "/") && len(kept) > 0 {
		normal += "/"
	}
	return normal
}

// appendCanonicalQuery appends the parameters encoded and then sorted; the
// signature itself is left out of what it signs.
func appendCanonicalQuery(dst []byte, query []parameter, presigned bool) []byte {
	if len(query) == 0 {
		return dst
	}
	encoded := make([]parameter, 0, len(query))
	var scratch []byte
	for _, p := range query {
		if presigned && p.name == querySignature {
			continue
		}
		scratch = appendEscaped(scratch[:0], p.name, 0)
		name := string(scratch)
		scratch = appendEscaped(scratch[:0], p.value, 0)
		encoded = append(encoded, parameter{name, string(scratch)})
	}
	slices.SortFunc(encoded, func(a, b parameter) int {
		if order := strings.Compare(a.name, b.name); order != 0 {
			return order
		}
		return strings.Compare(a.value, b.value)
	})
	for i, p := range encoded {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p.name...)
		dst = append(dst, '=')
		dst = append(dst, p.value...)
	}
	return dst
}

// appendCanonicalHeaders appends a line for each header named in signed, which
// is a list separated by semicolons; the request carries them all.
func appendCanonicalHeaders(dst []byte, r *http.Request, signed string) []byte {
	for name := range strings.SplitSeq(signed, ";") {
		dst = append(dst, name...)
		dst = append(dst, ':')
		switch name {
		case "host":
			dst = appendFolded(dst, r.Host)
		case "content-length":
			dst = strconv.AppendInt(dst, r.ContentLength, 10)
		case "transfer-encoding":
			dst = appendValues(dst, r.TransferEncoding)
		default:
			dst = appendValues(dst, r.Header[http.CanonicalHeaderKey(name)])
		}
		dst = append(dst, '\n')
	}
	return dst
}

func appendValues(dst []byte, values []string) []byte {
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendFolded(dst, value)
	}
	return dst
}

// appendFolded appends a header's value without space around it and with every
// run of spaces made one.
func appendFolded(dst []byte, value string) []byte {
	value = strings.Trim(value, " \t")
	if !strings.Contains(value, "  ") {
		return append(dst, value...)
	}
	for i := 0; i < len(value); i++ {
		if value[i] == ' ' && value[i-1] == ' ' {
			continue // the first byte is no space, so there is one before
		}
		dst = append(dst, value[i])
	}
	return dst
}
