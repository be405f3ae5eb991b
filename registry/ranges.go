package registry

import (
	"strconv"
	"strings"
)

// byteRange is one range of a Range header: from first to last, both
// included; last is -1 for "to the end", first is -1 for "the final last
// bytes".
type byteRange struct{ first, last int64 }

// within reports whether a blob of size bytes has any of the range.
func (r byteRange) within(size int64) bool {
	if r.first < 0 {
		return r.last > 0 && size > 0
	}
	return r.first < size
}

// parseRange reads a Range header (RFC 9110, section 14.2) with a single range
// of bytes. Several ranges at once are not understood: no client of registries
// asks for them, and they make answers larger than the blob.
func parseRange(text string) (byteRange, bool) {
	spec, ok := strings.CutPrefix(text, "bytes=")
	if !ok {
		return byteRange{}, false
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok || first == "" && last == "" {
		return byteRange{}, false
	}
	r := byteRange{first: -1, last: -1}
	if first != "" {
		if r.first, ok = parseOffset(first); !ok {
			return byteRange{}, false
		}
	}
	if last != "" {
		if r.last, ok = parseOffset(last); !ok {
			return byteRange{}, false
		}
	}
	if first != "" && last != "" && r.last < r.first {
		return byteRange{}, false
	}
	return r, true
}

// parseContentRange reads the Content-Range of a chunk, "first-last" as the
// distribution specification has it (without RFC 9110's unit).
func parseContentRange(text string) (byteRange, bool) {
	first, last, ok := strings.Cut(text, "-")
	if !ok {
		return byteRange{}, false
	}
	var r byteRange
	if r.first, ok = parseOffset(first); !ok {
		return byteRange{}, false
	}
	if r.last, ok = parseOffset(last); !ok || r.last < r.first || r.last-r.first+1 < 0 {
		return byteRange{}, false
	}
	return r, true
}

// parseOffset reads decimal digits and nothing else.
func parseOffset(text string) (int64, bool) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
