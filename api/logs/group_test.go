package logs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	apilogs "github.com/roadstead/roadstead/api/logs"
)

var unexported = cmpopts.IgnoreUnexported(types.LogGroup{}, types.LogStream{}, types.LogGroupSummary{}, types.OutputLogEvent{},
	types.FilteredLogEvent{}, types.RejectedLogEventsInfo{}, types.LiveTailSessionLogEvent{}, types.LiveTailSessionStart{})

const validation = "1 validation error detected: Value %s at '%s' failed to satisfy constraint: %s"

func TestLogGroup(t *testing.T) {
	e := serve(t, apilogs.Options{})
	ctx := t.Context()
	name := "/ecs/web"
	create := &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name, Tags: map[string]string{"a": "1"}, DeletionProtectionEnabled: new(true)}
	ok[*cloudwatchlogs.CreateLogGroupOutput](t)(e.CreateLogGroup(ctx, create))
	_, err := e.CreateLogGroup(ctx, create)
	refused(t, "ResourceAlreadyExistsException", "The specified log group already exists")(nil, err)

	want := types.LogGroup{
		Arn: new("arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web:*"), LogGroupArn: new("arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web"),
		CreationTime: new(begin.UnixMilli()), LogGroupName: &name, LogGroupClass: types.LogGroupClassStandard,
		MetricFilterCount: new(int32(0)), StoredBytes: new(int64(0)), DeletionProtectionEnabled: new(true),
	}
	describe := &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: new("/ecs")}
	got := ok[*cloudwatchlogs.DescribeLogGroupsOutput](t)(e.DescribeLogGroups(ctx, describe))
	if d := cmp.Diff([]types.LogGroup{want}, got.LogGroups, unexported); d != "" {
		t.Fatal(d)
	}

	ok[*cloudwatchlogs.PutRetentionPolicyOutput](t)(e.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &name, RetentionInDays: new(int32(14))}))
	_, err = e.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &name, RetentionInDays: new(int32(2))})
	refused(t, "InvalidParameterException", fmt.Sprintf(validation, "'2'", "retentionInDays",
		"Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]"))(nil, err)
	got = ok[*cloudwatchlogs.DescribeLogGroupsOutput](t)(e.DescribeLogGroups(ctx, describe))
	want.RetentionInDays = new(int32(14))
	if d := cmp.Diff([]types.LogGroup{want}, got.LogGroups, unexported); d != "" {
		t.Fatal(d)
	}
	ok[*cloudwatchlogs.DeleteRetentionPolicyOutput](t)(e.DeleteRetentionPolicy(ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: &name}))
	got = ok[*cloudwatchlogs.DescribeLogGroupsOutput](t)(e.DescribeLogGroups(ctx, describe))
	if got.LogGroups[0].RetentionInDays != nil {
		t.Fatal("the retention is still there")
	}

	remove := &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &name}
	_, err = e.DeleteLogGroup(ctx, remove)
	refused(t, "ValidationException", "The log group has deletion protection enabled.")(nil, err)
	ok[*cloudwatchlogs.PutLogGroupDeletionProtectionOutput](t)(e.PutLogGroupDeletionProtection(ctx, &cloudwatchlogs.PutLogGroupDeletionProtectionInput{
		LogGroupIdentifier: want.LogGroupArn, DeletionProtectionEnabled: new(false),
	}))
	ok[*cloudwatchlogs.DeleteLogGroupOutput](t)(e.DeleteLogGroup(ctx, remove))
	_, err = e.DeleteLogGroup(ctx, remove)
	refused(t, "ResourceNotFoundException", "The specified log group does not exist.")(nil, err)
}

func TestLogGroupNames(t *testing.T) {
	e := serve(t, apilogs.Options{})
	const pattern = `Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+`
	long := strings.Repeat("x", 513)
	for _, x := range []struct {
		name *string
		want string
	}{
		{nil, fmt.Sprintf(validation, "null", "logGroupName", "Member must not be null")},
		{new("a b"), fmt.Sprintf(validation, "'a b'", "logGroupName", pattern)},
		{&long, fmt.Sprintf(validation, "'"+long+"'", "logGroupName", "Member must have length less than or equal to 512")},
		{new(""), "2 validation errors detected: Value '' at 'logGroupName' failed to satisfy constraint: " + pattern +
			"; Value '' at 'logGroupName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
	} {
		_, err := e.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: x.name})
		refused(t, "InvalidParameterException", x.want)(nil, err)
	}
	_, err := e.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: new("g"), KmsKeyId: new("arn:aws:kms:us-east-1:000000000000:key/x")})
	refused(t, "InvalidParameterException", "kmsKeyId is not supported by Roadstead yet.")(nil, err)
	_, err = e.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: new("g"), LogGroupClass: "COLD"})
	refused(t, "InvalidParameterException", fmt.Sprintf(validation, "'COLD'", "logGroupClass", "Member must satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]"))(nil, err)
}

func TestDescribeLogGroupPages(t *testing.T) {
	e := serve(t, apilogs.Options{})
	ctx := t.Context()
	var want []string
	for i := range 7 {
		name := fmt.Sprintf("app/%d", i)
		e.group(t, name)
		want = append(want, name)
	}
	e.group(t, "other")
	var got []string
	in := &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: new("app/"), Limit: new(int32(3))}
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(e.Client, in)
	for pages.HasMorePages() {
		page := ok[*cloudwatchlogs.DescribeLogGroupsOutput](t)(pages.NextPage(ctx))
		for _, g := range page.LogGroups {
			got = append(got, *g.LogGroupName)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	page := ok[*cloudwatchlogs.DescribeLogGroupsOutput](t)(e.DescribeLogGroups(ctx, in))
	for _, bad := range []*cloudwatchlogs.DescribeLogGroupsInput{
		{NextToken: new("nonsense")},
		{NextToken: page.NextToken}, // of another list
	} {
		_, err := e.DescribeLogGroups(ctx, bad)
		refused(t, "InvalidParameterException", "The specified nextToken is invalid.")(nil, err)
	}
	brief := ok[*cloudwatchlogs.DescribeLogGroupsOutput](t)(e.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: new("the")}))
	if d := cmp.Diff([]types.LogGroup{{LogGroupName: new("other"), CreationTime: new(begin.UnixMilli()),
		Arn: new("arn:aws:logs:us-east-1:000000000000:log-group:other:*"), LogGroupArn: new("arn:aws:logs:us-east-1:000000000000:log-group:other"),
		LogGroupClass: types.LogGroupClassStandard, MetricFilterCount: new(int32(0))}}, brief.LogGroups, unexported); d != "" {
		t.Fatal(d)
	}
	some := ok[*cloudwatchlogs.DescribeLogGroupsOutput](t)(e.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupIdentifiers: []string{"other", "app/3", "none"}}))
	if len(some.LogGroups) != 2 {
		t.Fatalf("%d groups", len(some.LogGroups))
	}
	_, err := e.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{Limit: new(int32(51))})
	refused(t, "InvalidParameterException", fmt.Sprintf(validation, "'51'", "limit", "Member must have value less than or equal to 50"))(nil, err)
	_, err = e.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{IncludeLinkedAccounts: new(true)})
	refused(t, "InvalidParameterException", "includeLinkedAccounts is not supported by Roadstead yet.")(nil, err)
}

func TestListLogGroups(t *testing.T) {
	e := serve(t, apilogs.Options{})
	for i, name := range []string{"/aws/a", "/aws/b", "discovery", "xdiscoveryx"} {
		ok[*cloudwatchlogs.CreateLogGroupOutput](t)(e.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{
			LogGroupName: &name, Tags: map[string]string{"n": fmt.Sprint(i), "env": []string{"dev", "prod-1", "prod-2", "test"}[i]},
			LogGroupClass: []types.LogGroupClass{"STANDARD", "INFREQUENT_ACCESS"}[i%2],
		}))
	}
	for _, x := range []struct {
		in   cloudwatchlogs.ListLogGroupsInput
		want string
	}{
		{cloudwatchlogs.ListLogGroupsInput{}, "/aws/a /aws/b discovery xdiscoveryx"},
		{cloudwatchlogs.ListLogGroupsInput{LogGroupNamePattern: new("^/aws/|^discovery")}, "/aws/a /aws/b discovery"},
		{cloudwatchlogs.ListLogGroupsInput{LogGroupNamePattern: new("discovery")}, "discovery xdiscoveryx"},
		{cloudwatchlogs.ListLogGroupsInput{LogGroupClass: "INFREQUENT_ACCESS"}, "/aws/b xdiscoveryx"},
		{cloudwatchlogs.ListLogGroupsInput{LogGroupTags: []types.TagFilter{{Key: new("env"), Values: []string{"prod*"}}}}, "/aws/b discovery"},
		{cloudwatchlogs.ListLogGroupsInput{LogGroupTags: []types.TagFilter{{Key: new("env"), Values: []string{"!*ro*"}}}}, "/aws/a xdiscoveryx"},
		{cloudwatchlogs.ListLogGroupsInput{LogGroupTags: []types.TagFilter{{Key: new("env")}, {Key: new("n"), Values: []string{"3", "0"}}}}, "/aws/a xdiscoveryx"},
		{cloudwatchlogs.ListLogGroupsInput{LogGroupTags: []types.TagFilter{{Key: new("none")}}}, ""},
	} {
		x.in.Limit = new(int32(1))
		var got []string
		for more := true; more; more = x.in.NextToken != nil {
			out := ok[*cloudwatchlogs.ListLogGroupsOutput](t)(e.ListLogGroups(t.Context(), &x.in))
			for _, g := range out.LogGroups {
				got = append(got, *g.LogGroupName)
			}
			x.in.NextToken = out.NextToken
		}
		if g := strings.Join(got, " "); g != x.want {
			t.Errorf("got %q, want %q", g, x.want)
		}
	}
	_, err := e.ListLogGroups(t.Context(), &cloudwatchlogs.ListLogGroupsInput{FieldIndexNames: []string{"x"}})
	refused(t, "InvalidParameterException", "fieldIndexNames is not supported by Roadstead yet.")(nil, err)
}

func TestTags(t *testing.T) {
	e := serve(t, apilogs.Options{})
	ctx := t.Context()
	name, arn := "g", new("arn:aws:logs:us-east-1:000000000000:log-group:g")
	e.group(t, name)
	list := func(want map[string]string) {
		t.Helper()
		byARN := ok[*cloudwatchlogs.ListTagsForResourceOutput](t)(e.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: arn}))
		byName := ok[*cloudwatchlogs.ListTagsLogGroupOutput](t)(e.ListTagsLogGroup(ctx, &cloudwatchlogs.ListTagsLogGroupInput{LogGroupName: &name}))
		if d := cmp.Diff(want, byARN.Tags) + cmp.Diff(want, byName.Tags); d != "" {
			t.Fatal(d)
		}
	}
	list(map[string]string{})
	ok[*cloudwatchlogs.TagResourceOutput](t)(e.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "1", "b": ""}}))
	ok[*cloudwatchlogs.TagLogGroupOutput](t)(e.TagLogGroup(ctx, &cloudwatchlogs.TagLogGroupInput{LogGroupName: &name, Tags: map[string]string{"c": "3", "a": "2"}}))
	list(map[string]string{"a": "2", "b": "", "c": "3"})
	ok[*cloudwatchlogs.UntagResourceOutput](t)(e.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a", "none"}}))
	ok[*cloudwatchlogs.UntagLogGroupOutput](t)(e.UntagLogGroup(ctx, &cloudwatchlogs.UntagLogGroupInput{LogGroupName: &name, Tags: []string{"b"}}))
	list(map[string]string{"c": "3"})

	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint("key", i)] = "x"
	}
	_, err := e.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: many})
	refused(t, "TooManyTagsException", "The resource already has the maximum number of tags.")(nil, err)
	_, err = e.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"aws:x": "1"}})
	refused(t, "InvalidParameterException", "aws: prefixed tag key names are not allowed for external use.")(nil, err)
	_, err = e.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"x!": "1"}})
	refused(t, "InvalidParameterException", fmt.Sprintf(validation, "'x!'", "tags", `Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$`))(nil, err)
	for _, arn := range []string{"arn:aws:logs:us-east-1:000000000000:log-group:none", "arn:aws:logs:us-east-1:111111111111:log-group:g", "nonsense"} {
		_, err = e.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &arn})
		if err == nil || !strings.Contains(err.Error(), "ResourceNotFoundException") {
			t.Fatalf("%s: %v", arn, err)
		}
	}
	list(map[string]string{"c": "3"})
}
