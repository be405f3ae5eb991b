package logs

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// The patterns are the service model's. An expression here is anchored.
var (
	groupPattern      = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]+$`)
	streamPattern     = regexp.MustCompile(`^[^:*]*$`)
	identifierPattern = regexp.MustCompile(`^[\w#+=/:,.@-]*$`)
	resourcePattern   = regexp.MustCompile(`^[\w+=/:,.@-]*$`)
	tagKeyPattern     = regexp.MustCompile(`^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$`)
	tagValuePattern   = regexp.MustCompile(`^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`)
	tagFilterPattern  = regexp.MustCompile(`^!?\*?([\p{L}\p{Z}\p{N}_.:/=+\-@]*)\*?$`)
	groupListPattern  = regexp.MustCompile(`^(\^?[.\-_/#A-Za-z0-9]{3,24})(\|\^?[.\-_/#A-Za-z0-9]{3,24}){0,4}$`)
)

// text is what the model says about a string: its length in characters and
// its pattern, in the model's writing for the message.
type text struct {
	min, max int // max 0: no bound
	pattern  *regexp.Regexp
	written  string
}

var (
	groupName      = text{1, 512, groupPattern, `[\.\-_/#A-Za-z0-9]+`}
	groupSubstring = text{0, 512, regexp.MustCompile(`^[.\-_/#A-Za-z0-9]*$`), `[\.\-_/#A-Za-z0-9]*`}
	groupRegex     = text{3, 129, groupListPattern, `(\^?[\.\-_\/#A-Za-z0-9]{3,24})(\|\^?[\.\-_\/#A-Za-z0-9]{3,24}){0,4}`}
	identifier     = text{1, 2048, identifierPattern, `[\w#+=/:,.@-]*`}
	streamName     = text{1, 512, streamPattern, `[^:*]*`}
	resourceName   = text{1, 1011, resourcePattern, `[\w+=/:,.@-]*`}
	tagKey         = text{1, 128, tagKeyPattern, `^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$`}
	tagValue       = text{0, 256, tagValuePattern, `^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`}
	tagFilterValue = text{0, 259, tagFilterPattern, `^!?\*?([\p{L}\p{Z}\p{N}_.:/=+\-@]*)\*?$`}
	filterText     = text{0, 1024, nil, ""}
	tokenText      = text{1, 0, nil, ""}
)

// violations collects what a request does against the service model, and
// words it as AWS does.
type violations []string

func (v *violations) add(value, member, constraint string) {
	*v = append(*v, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, member, constraint))
}

func quote(s string) string { return "'" + s + "'" }

// required checks a string that must be there.
func (v *violations) required(member string, value *string, rule text) {
	if value == nil {
		v.missing(member)
		return
	}
	v.text(member, *value, rule)
}

// optional checks a string that may be absent.
func (v *violations) optional(member string, value *string, rule text) {
	if value != nil {
		v.text(member, *value, rule)
	}
}

func (v *violations) missing(member string) { v.add("null", member, "Member must not be null") }

func (v *violations) text(member, value string, rule text) {
	n := utf8.RuneCountInString(value)
	if rule.pattern != nil && !rule.pattern.MatchString(value) {
		v.add(quote(value), member, "Member must satisfy regular expression pattern: "+rule.written)
	}
	if n < rule.min {
		v.add(quote(value), member, fmt.Sprintf("Member must have length greater than or equal to %d", rule.min))
	}
	if rule.max > 0 && n > rule.max {
		v.add(quote(value), member, fmt.Sprintf("Member must have length less than or equal to %d", rule.max))
	}
}

// texts checks every string of a list, and the list's length when it is
// there.
func (v *violations) texts(member string, list []string, atLeast, atMost int, rule text) {
	if list == nil {
		return
	}
	v.length(member, len(list), atLeast, atMost)
	for i, value := range list {
		v.text(fmt.Sprintf("%s.%d.member", member, i+1), value, rule)
	}
}

func (v *violations) length(member string, n, atLeast, atMost int) {
	if n < atLeast {
		v.add(fmt.Sprintf("'[%d items]'", n), member, fmt.Sprintf("Member must have length greater than or equal to %d", atLeast))
	}
	if n > atMost {
		v.add(fmt.Sprintf("'[%d items]'", n), member, fmt.Sprintf("Member must have length less than or equal to %d", atMost))
	}
}

func (v *violations) limit(member string, value *int32, atMost int32) {
	if value != nil && *value < 1 {
		v.add(fmt.Sprintf("'%d'", *value), member, "Member must have value greater than or equal to 1")
	}
	if value != nil && *value > atMost {
		v.add(fmt.Sprintf("'%d'", *value), member, fmt.Sprintf("Member must have value less than or equal to %d", atMost))
	}
}

func (v *violations) time(member string, value *int64) {
	if value != nil && *value < 0 {
		v.add(fmt.Sprintf("'%d'", *value), member, "Member must have value greater than or equal to 0")
	}
}

// oneOf checks an enumeration; an empty value is absent.
func oneOf[T ~string](v *violations, member string, value T, all []T) {
	for _, each := range all {
		if value == each || value == "" {
			return
		}
	}
	set := make([]string, len(all))
	for i := range all {
		set[i] = string(all[i])
	}
	v.add(quote(string(value)), member, "Member must satisfy enum value set: ["+strings.Join(set, ", ")+"]")
}

// err is nil when nothing was violated.
func (v violations) err() error {
	switch len(v) {
	case 0:
		return nil
	case 1:
		return &types.InvalidParameterException{Message: new("1 validation error detected: " + v[0])}
	}
	return &types.InvalidParameterException{Message: new(fmt.Sprintf("%d validation errors detected: %s", len(v), strings.Join(v, "; ")))}
}
