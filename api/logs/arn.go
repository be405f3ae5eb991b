package logs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// scope is where a request happens.
type scope struct{ region, account string }

// groupARN is the form without a wildcard, as logGroupArn and the tagging
// operations have it.
func (s scope) groupARN(name string) string {
	return "arn:aws:logs:" + s.region + ":" + s.account + ":log-group:" + name
}

func (s scope) streamARN(group, stream string) string {
	return s.groupARN(group) + ":log-stream:" + stream
}

// groupOf returns the name in a log group's ARN; false when it is another
// kind of ARN, or one of another account or region.
func (s scope) groupOf(text string) (string, bool) {
	a, err := arn.Parse(text)
	if err != nil || a.Partition != "aws" || a.Service != "logs" || a.Region != s.region || a.AccountID != s.account {
		return "", false
	}
	name, ok := strings.CutPrefix(a.Resource, "log-group:")
	name = strings.TrimSuffix(name, ":*")
	return name, ok && name != "" && !strings.Contains(name, ":")
}

// identified returns the group's name that exactly one of logGroupName and
// logGroupIdentifier (a name or an ARN) gives.
func (s scope) identified(name, identifier *string) (string, error) {
	switch {
	case name != nil && identifier != nil:
		return "", invalid("LogGroupName and LogGroupIdentifier cannot both be specified.")
	case name != nil:
		return *name, nil
	case identifier == nil:
		return "", invalid("Either LogGroupName or LogGroupIdentifier must be specified.")
	}
	return s.named(*identifier)
}

// named returns the group's name of an identifier, a name or an ARN.
func (s scope) named(identifier string) (string, error) {
	if !strings.HasPrefix(identifier, "arn:") {
		return identifier, nil
	}
	if group, ok := s.groupOf(identifier); ok {
		return group, nil
	}
	if a, err := arn.Parse(identifier); err == nil && a.Service == "logs" && a.AccountID == s.account && a.Region == s.region {
		return "", invalid("The specified ARN is not the ARN of a log group.")
	}
	return "", groupNotFound()
}
