package cloudtrail

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/telemetry/trail"
)

// attribute is what looked-up events must have; the zero value asks for
// nothing.
type attribute struct {
	key   types.LookupAttributeKey
	value string
}

func (a attribute) check(category types.EventCategory) error {
	insight := []types.LookupAttributeKey{types.LookupAttributeKeyEventId, types.LookupAttributeKeyEventName, types.LookupAttributeKeyEventSource}
	switch {
	case a.key == "":
		return invalidAttribute("AttributeKey must not be null.")
	case !slices.Contains(a.key.Values(), a.key):
		return invalidAttribute("The lookup attribute key " + string(a.key) + " is not valid.")
	case category != "" && !slices.Contains(insight, a.key):
		return invalidAttribute("The lookup attribute key " + string(a.key) + " is not valid for Insights events.")
	case a.value == "":
		return invalidAttribute("AttributeValue must not be null or empty.")
	case weight(a.value) > maxValueText:
		return invalidAttribute("AttributeValue has more than 2000 characters.")
	case a.key == types.LookupAttributeKeyReadOnly && a.value != "true" && a.value != "false":
		return invalidAttribute("The value of ReadOnly must be true or false.")
	}
	return nil
}

// weight is the length of a value as CloudTrail counts it: four characters
// count twice.
// Source: CloudTrail API reference, LookupAttribute.
func weight(value string) int {
	n := utf8.RuneCountInString(value)
	for _, twice := range []string{"_", " ", ",", "\n"} {
		n += strings.Count(value, twice)
	}
	return n
}

// text is what stands in every line that matches, to spare the work of reading
// others.
func (a attribute) text(account string) []byte {
	if strings.ContainsFunc(a.value, func(c rune) bool { return c >= utf8.RuneSelf || c < ' ' || strings.ContainsRune(`"\<>&`, c) }) {
		return nil // it may be written in more than one way
	}
	switch a.key {
	case types.LookupAttributeKeyEventId:
		return []byte(`"eventID":"` + a.value + `"`)
	case types.LookupAttributeKeyEventName:
		return []byte(`"eventName":"` + a.value + `"`)
	case types.LookupAttributeKeyEventSource:
		return []byte(`"eventSource":"` + a.value + `"`)
	case types.LookupAttributeKeyReadOnly:
		return []byte(`"readOnly":` + a.value)
	case types.LookupAttributeKeyAccessKeyId:
		return []byte(`"accessKeyId":"` + a.value + `"`)
	case types.LookupAttributeKeyResourceType:
		return []byte(`"type":"` + a.value + `"`)
	case types.LookupAttributeKeyUsername:
		if a.value != "root" { // who has no name in the record
			return []byte(a.value)
		}
	}
	return []byte(`"recipientAccountId":"` + account + `"`)
}

func (a attribute) matches(r *trail.Record) bool {
	switch a.key {
	case types.LookupAttributeKeyEventId:
		return r.EventID == a.value
	case types.LookupAttributeKeyEventName:
		return r.EventName == a.value
	case types.LookupAttributeKeyEventSource:
		return r.EventSource == a.value
	case types.LookupAttributeKeyReadOnly:
		return strconv.FormatBool(r.ReadOnly) == a.value
	case types.LookupAttributeKeyAccessKeyId:
		return r.Identity.AccessKeyID == a.value
	case types.LookupAttributeKeyUsername:
		return r.Who() == a.value
	case types.LookupAttributeKeyResourceType:
		return slices.ContainsFunc(r.Resources, func(one trail.Resource) bool { return one.Type == a.value })
	case types.LookupAttributeKeyResourceName:
		return slices.ContainsFunc(r.Resources, func(one trail.Resource) bool { return one.ARN == a.value || nameOf(one.ARN) == a.value })
	}
	return true
}

// nameOf returns the name that users know a resource by. A KMS key has none
// but its ARN.
func nameOf(arn string) string {
	a, ok := model.ParseARN(arn)
	if !ok || a.Service == "kms" {
		return arn
	}
	kind, rest := a.Path()
	switch a.Service {
	case "ecr":
		return rest
	case "ssm":
		if strings.Contains(rest, "/") {
			return "/" + rest // of a hierarchy, whose first slash the ARN leaves out
		}
		return rest
	case "secretsmanager":
		name := strings.TrimPrefix(a.Resource, "secret:")
		if i := len(name) - 7; i > 0 && name[i] == '-' {
			name = name[:i]
		}
		return name
	case "logs":
		return strings.TrimSuffix(strings.TrimPrefix(a.Resource, "log-group:"), ":*")
	}
	if kind == "" {
		return rest
	}
	return rest[strings.LastIndexByte(rest, '/')+1:]
}
