package logs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/wire"
)

// names makes the ARNs of what a request names, in the caller's account, as
// policies write them: log-group:NAME:* and log-group:NAME:log-stream:STREAM.
// Source: Service Authorization Reference, Amazon CloudWatch Logs.
type names struct{ scope }

// of makes a Permission of a function that is told how to name things.
func of[I any](d *frontDoor, f func(n names, in *I) []wire.Need) wire.Permission {
	return wire.Needs(func(ctx context.Context, in *I) []wire.Need {
		who, _ := caller.From(ctx)
		return f(names{scope{d.opts.Region, who.Account}}, in)
	})
}

// group is a Need on the log group that a name or an ARN names.
func (n names) group(ref *string) []wire.Need {
	return []wire.Need{{Resources: []string{n.policyARN(aws.ToString(ref))}}}
}

func (n names) policyARN(ref string) string {
	if !strings.HasPrefix(ref, "arn:") {
		ref = n.groupARN(ref)
	}
	return strings.TrimSuffix(ref, ":*") + ":*"
}

// either is group of a name or, where there is none, an identifier.
func (n names) either(name, identifier *string) []wire.Need {
	if name == nil {
		name = identifier
	}
	return n.group(name)
}

// listed is a Need on named groups, else on those whose names begin so.
func (n names) listed(prefix *string, refs []string) []wire.Need {
	if len(refs) > 0 {
		return n.groups(refs...)
	}
	return []wire.Need{{Resources: []string{n.groupARN(aws.ToString(prefix)) + ":log-stream:"}}}
}

// groups is a Need on several log groups; none means all.
func (n names) groups(refs ...string) []wire.Need {
	if len(refs) == 0 {
		return n.listed(nil, nil)
	}
	var arns []string
	for _, ref := range refs {
		arns = append(arns, n.policyARN(ref))
	}
	return []wire.Need{{Resources: arns}}
}

// stream is a Need on one log stream.
func (n names) stream(name, identifier, stream *string) []wire.Need {
	group := n.either(name, identifier)[0].Resources[0]
	return []wire.Need{{Resources: []string{strings.TrimSuffix(group, ":*") + ":log-stream:" + aws.ToString(stream)}}}
}

// making is what CreateLogGroup needs: tags have to be allowed as well.
func (n names) making(in *cloudwatchlogs.CreateLogGroupInput) []wire.Need {
	needs := tagged(n.group(in.LogGroupName), in.Tags)
	if len(in.Tags) > 0 {
		needs = append(needs, wire.Need{Action: "logs:TagResource", Resources: needs[0].Resources, Keys: needs[0].Keys})
	}
	return needs
}

// tagged adds the condition keys of the tags that a request brings.
func tagged(needs []wire.Need, tags map[string]string) []wire.Need {
	keys := map[string][]string{}
	for k, v := range tags {
		keys["aws:RequestTag/"+k] = []string{v}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], k)
	}
	slices.Sort(keys["aws:TagKeys"])
	for i := range needs {
		needs[i].Keys = keys
	}
	return needs
}
