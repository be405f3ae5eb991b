package logs

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/roadstead/roadstead/telemetry/logs"
)

// maxListed is the largest page of ListLogGroups.
const maxListed = 1000

// ListLogGroups lists groups by name, class and tags.
func (d *frontDoor) ListLogGroups(ctx context.Context, in *cloudwatchlogs.ListLogGroupsInput) (*cloudwatchlogs.ListLogGroupsOutput, error) {
	s, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkListGroups(in); err != nil {
		return nil, err
	}
	pattern := aws.ToString(in.LogGroupNamePattern)
	parts := []string{"ListLogGroups", s.account, pattern, string(in.LogGroupClass)}
	for _, f := range in.LogGroupTags {
		parts = append(parts, fmt.Sprintf("%q=%q", aws.ToString(f.Key), f.Values))
	}
	groups, token, err := d.groups(s, newQuery(parts...), in.NextToken, pageSize(in.Limit), "", func(g *logs.Group) bool {
		return (in.LogGroupClass == "" || string(in.LogGroupClass) == g.Class) && nameMatches(pattern, g.Name) && tagsMatch(in.LogGroupTags, g.Tags)
	})
	if err != nil {
		return nil, err
	}
	out := &cloudwatchlogs.ListLogGroupsOutput{LogGroups: []types.LogGroupSummary{}, NextToken: token}
	for i := range groups {
		out.LogGroups = append(out.LogGroups, types.LogGroupSummary{
			LogGroupArn: new(s.groupARN(groups[i].Name)), LogGroupName: new(groups[i].Name), LogGroupClass: types.LogGroupClass(groups[i].Class),
		})
	}
	return out, nil
}

func checkListGroups(in *cloudwatchlogs.ListLogGroupsInput) error {
	var v violations
	v.optional("logGroupNamePattern", in.LogGroupNamePattern, groupRegex)
	v.optional("nextToken", in.NextToken, tokenText)
	v.limit("limit", in.Limit, maxListed)
	oneOf(&v, "logGroupClass", in.LogGroupClass, types.LogGroupClass("").Values())
	if in.LogGroupTags != nil {
		v.length("logGroupTags", len(in.LogGroupTags), 1, 5)
	}
	for i, f := range in.LogGroupTags {
		member := fmt.Sprintf("logGroupTags.%d.member.", i+1)
		v.required(member+"key", f.Key, tagKey)
		v.texts(member+"values", f.Values, 0, 5, tagFilterValue)
	}
	if err := v.err(); err != nil {
		return err
	}
	switch {
	case aws.ToBool(in.IncludeLinkedAccounts):
		return notYet("includeLinkedAccounts")
	case len(in.AccountIdentifiers) > 0:
		return notYet("accountIdentifiers")
	case len(in.DataSources) > 0:
		return notYet("dataSources")
	case len(in.FieldIndexNames) > 0:
		return notYet("fieldIndexNames")
	}
	return nil
}

// nameMatches reads a pattern as AWS has it: alternatives between bars, each a
// substring, or a prefix behind ^.
func nameMatches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	for _, part := range strings.Split(pattern, "|") {
		prefix, anchored := strings.CutPrefix(part, "^")
		if anchored && strings.HasPrefix(name, prefix) || !anchored && strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// tagsMatch reports whether all filters hold: the key is there, and its value
// is one of the filter's, when it has some.
func tagsMatch(filters []types.TagFilter, tags map[string]string) bool {
	for _, f := range filters {
		value, ok := tags[aws.ToString(f.Key)]
		if !ok {
			return false
		}
		any := len(f.Values) == 0
		for _, wanted := range f.Values {
			any = any || valueMatches(wanted, value)
		}
		if !any {
			return false
		}
	}
	return true
}

// valueMatches reads "!" as not, and "*" at either end as anything.
func valueMatches(wanted, value string) bool {
	wanted, not := strings.CutPrefix(wanted, "!")
	text, head := strings.CutPrefix(wanted, "*")
	text, tail := strings.CutSuffix(text, "*")
	var equal bool
	switch {
	case head && tail:
		equal = strings.Contains(value, text)
	case head:
		equal = strings.HasSuffix(value, text)
	case tail:
		equal = strings.HasPrefix(value, text)
	default:
		equal = value == text
	}
	return equal != not
}

func number[T int32 | int](n T) string { return "'" + strconv.Itoa(int(n)) + "'" }

func numbers(list []int32) string {
	return strings.ReplaceAll(fmt.Sprint(list), " ", ", ")
}
