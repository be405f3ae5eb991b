package registry

import (
	"mime"
	"strconv"
	"strings"
)

// accepts reports whether a request's Accept headers (RFC 9110, section
// 12.5.1) admit a media type. No header admits everything; entries that cannot
// be read are passed over.
func accepts(headers []string, mediaType string) bool {
	major, _, _ := strings.Cut(mediaType, "/")
	any, best, admitted := false, 0, true
	for _, header := range headers {
		for entry := range strings.SplitSeq(header, ",") {
			name, parameters, err := mime.ParseMediaType(entry)
			if err != nil {
				continue
			}
			any = true
			rank := 0
			switch name {
			case strings.ToLower(mediaType):
				rank = 3
			case major + "/*":
				rank = 2
			case "*/*":
				rank = 1
			}
			if rank > best { // the most specific entry decides
				best = rank
				q, err := strconv.ParseFloat(parameters["q"], 64)
				admitted = parameters["q"] == "" || err == nil && q > 0
			}
		}
	}
	return !any || best > 0 && admitted
}
