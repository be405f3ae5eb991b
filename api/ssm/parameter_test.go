package ssm_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

func (e *endpoint) put(t *testing.T, name, value string, kind types.ParameterType) *ssm.PutParameterOutput {
	t.Helper()
	return ok[*ssm.PutParameterOutput](t)(e.PutParameter(t.Context(), &ssm.PutParameterInput{Name: &name, Value: &value, Type: kind, Overwrite: new(true)}))
}

func (e *endpoint) get(t *testing.T, name string) types.Parameter {
	t.Helper()
	return *ok[*ssm.GetParameterOutput](t)(e.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name, WithDecryption: new(true)})).Parameter
}

func TestVersionsAndLabels(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	for i, v := range []string{"one", "two", "three"} {
		if out := e.put(t, "/app/db", v, types.ParameterTypeString); out.Version != int64(i+1) || out.Tier != types.ParameterTierStandard {
			t.Fatalf("%+v", out)
		}
	}
	out := ok[*ssm.LabelParameterVersionOutput](t)(e.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: new("/app/db"), ParameterVersion: new(int64(2)), Labels: []string{"prod", "1x", "awsx"}}))
	if strings.Join(out.InvalidLabels, " ") != "1x awsx" || out.ParameterVersion != 2 {
		t.Fatalf("%+v", out)
	}
	arn := "arn:aws:ssm:us-east-1:000000000000:parameter/app/db"
	for name, want := range map[string]string{"/app/db": "three", "/app/db:1": "one", "/app/db:prod": "two", arn: "three", arn + ":1": "one"} {
		if p := e.get(t, name); *p.Value != want || *p.ARN != arn || *p.Name != "/app/db" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	refused(t, "ParameterNotFound", "Parameter /app/x not found.")(e.GetParameter(ctx, &ssm.GetParameterInput{Name: new("/app/x")}))
	refused(t, "ParameterVersionNotFound", "Systems Manager could not find version 9 of /app/db. Verify the version and try again.")(e.GetParameter(ctx, &ssm.GetParameterInput{Name: new("/app/db:9")}))
	several := ok[*ssm.GetParametersOutput](t)(e.GetParameters(ctx, &ssm.GetParametersInput{Names: []string{"/app/db:prod", "/none", "/app/db:9", "/none", "/app/db:prod"}}))
	if len(several.Parameters) != 1 || strings.Join(several.InvalidParameters, " ") != "/none /app/db:9" || *several.Parameters[0].Selector != ":prod" {
		t.Fatalf("%+v", several)
	}
	history := ok[*ssm.GetParameterHistoryOutput](t)(e.GetParameterHistory(ctx, &ssm.GetParameterHistoryInput{Name: new("/app/db"), MaxResults: new(int32(2))}))
	if len(history.Parameters) != 2 || history.NextToken == nil || history.Parameters[1].Labels[0] != "prod" || *history.Parameters[0].LastModifiedUser != "arn:aws:iam::000000000000:root" {
		t.Fatalf("%+v", history)
	}
	un := ok[*ssm.UnlabelParameterVersionOutput](t)(e.UnlabelParameterVersion(ctx, &ssm.UnlabelParameterVersionInput{Name: new("/app/db"), ParameterVersion: new(int64(2)), Labels: []string{"prod", "x"}}))
	if len(un.RemovedLabels) != 1 || len(un.InvalidLabels) != 1 {
		t.Fatalf("%+v", un)
	}
	for i := range 100 {
		e.put(t, "/app/db", strings.Repeat("v", i+1), types.ParameterTypeString)
	}
	refused(t, "ParameterVersionNotFound", "Systems Manager could not find version 3 of /app/db. Verify the version and try again.")(e.GetParameter(ctx, &ssm.GetParameterInput{Name: new("/app/db:3")}))
	gone := ok[*ssm.DeleteParametersOutput](t)(e.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: []string{"/app/db", "/none"}}))
	if len(gone.DeletedParameters) != 1 || len(gone.InvalidParameters) != 1 {
		t.Fatalf("%+v", gone)
	}
	refused(t, "ParameterNotFound", "Parameter /app/db not found.")(e.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: new("/app/db")}))
}

func TestSecureStrings(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	e.put(t, "pw", "hunter2", types.ParameterTypeSecureString)
	if p := e.get(t, "pw"); *p.Value != "hunter2" || p.Type != types.ParameterTypeSecureString {
		t.Fatalf("%+v", p)
	}
	p := ok[*ssm.GetParameterOutput](t)(e.GetParameter(ctx, &ssm.GetParameterInput{Name: new("pw")})).Parameter
	if blob, err := base64.StdEncoding.DecodeString(*p.Value); err != nil || strings.Contains(string(blob), "hunter2") {
		t.Fatalf("%+v", p)
	}
	if m := ok[*ssm.DescribeParametersOutput](t)(e.DescribeParameters(ctx, &ssm.DescribeParametersInput{})).Parameters; len(m) != 1 || *m[0].KeyId != "alias/aws/ssm" {
		t.Fatalf("%+v", m)
	}
	_, err := e.PutParameter(ctx, &ssm.PutParameterInput{Name: new("x"), Value: new("v"), Type: "SecureString", KeyId: new("alias/none")})
	if err == nil || !strings.Contains(err.Error(), "InvalidKeyId: Alias arn:aws:kms:us-east-1:000000000000:alias/none is not found.") {
		t.Fatal(err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	e := serve(t)
	e.put(t, "have", "v", types.ParameterTypeString)
	put := func(in ssm.PutParameterInput) error {
		if in.Name == nil {
			in.Name = new("new")
		}
		if in.Value == nil {
			in.Value = new("v")
		}
		if in.Type == "" {
			in.Type = types.ParameterTypeString
		}
		_, err := e.PutParameter(t.Context(), &in)
		return err
	}
	for _, c := range []struct {
		in   ssm.PutParameterInput
		want string
	}{
		{ssm.PutParameterInput{Name: new("have")}, "ParameterAlreadyExists: The parameter already exists."},
		{ssm.PutParameterInput{Name: new("aws/x")}, "AccessDeniedException: No access to reserved parameter name: aws/x."},
		{ssm.PutParameterInput{Name: new("ssmx")}, "can't be prefixed with"},
		{ssm.PutParameterInput{Name: new("a/b")}, "Parameter name must be a fully qualified name."},
		{ssm.PutParameterInput{Name: new(strings.Repeat("/a", 16))}, "HierarchyLevelLimitExceededException: "},
		{ssm.PutParameterInput{Value: new(strings.Repeat("x", 4097))}, "Standard tier parameters support a maximum parameter value of 4096 characters."},
		{ssm.PutParameterInput{Value: new(strings.Repeat("x", 8193)), Tier: types.ParameterTierAdvanced}, "Advanced tier parameters support"},
		{ssm.PutParameterInput{AllowedPattern: new("[0-9]+")}, "ParameterPatternMismatchException: Parameter value, cannot be validated against allowedPattern: [0-9]+"},
		{ssm.PutParameterInput{AllowedPattern: new("[")}, "InvalidAllowedPatternException"},
		{ssm.PutParameterInput{DataType: new("Text")}, "The following data type is not supported: Text"},
		{ssm.PutParameterInput{Name: new("have"), Type: types.ParameterTypeStringList, Overwrite: new(true)}, "HierarchyTypeMismatchException"},
		{ssm.PutParameterInput{Overwrite: new(true), Tags: []types.Tag{{Key: new("a"), Value: new("b")}}}, "tags and overwrite can't be used together"},
		{ssm.PutParameterInput{Tags: []types.Tag{{Key: new("a;b"), Value: new("")}}}, `Value 'a;b' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`},
		{ssm.PutParameterInput{Policies: new(`[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2027-01-01T00:00:00Z"}}]`)}, "advanced-parameter tier only"},
		{ssm.PutParameterInput{Tier: "Advanced", Policies: new(`[{"Type":"NoChangeNotification","Version":"1.0","Attributes":{}}]`)}, "InvalidPolicyTypeException"},
		{ssm.PutParameterInput{Tier: "Advanced", Policies: new(`[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"soon"}}]`)}, "InvalidPolicyAttributeException"},
	} {
		if err := put(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
	if err := put(ssm.PutParameterInput{Name: new("big"), Tier: types.ParameterTierIntelligentTiering, Value: new(strings.Repeat("x", 5000))}); err != nil {
		t.Fatal(err)
	}
	if err := put(ssm.PutParameterInput{Name: new("big"), Tier: types.ParameterTierStandard, Overwrite: new(true)}); err == nil || !strings.Contains(err.Error(), "You can't downgrade a parameter") {
		t.Fatal(err)
	}
}

// What the service's model says of tags, older filters and sessions.
func TestWhatTheModelRefuses(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	e.put(t, "have", "v", types.ParameterTypeString)
	refused := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "ValidationException: 1 validation error detected: Value "+want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	_, err := e.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: "Parameter", ResourceId: new("have"), Tags: []types.Tag{{Key: new("a"), Value: new("!")}}})
	refused(err, "'!' at 'tags.1.member.value' failed to satisfy constraint: Member must satisfy regular expression pattern: ")
	_, err = e.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: "Parameter", ResourceId: new("have"), Tags: make([]types.Tag, 1001)})
	if err == nil || !strings.Contains(err.Error(), "'[1001 items]' at 'tags' failed to satisfy constraint: Member must have length less than or equal to 1000") {
		t.Error(err)
	}
	_, err = e.RemoveTagsFromResource(ctx, &ssm.RemoveTagsFromResourceInput{ResourceType: "Parameter", ResourceId: new("have"), TagKeys: []string{""}})
	refused(err, "'' at 'tagKeys.1.member' failed to satisfy constraint: Member must have length greater than or equal to 1")
	_, err = e.DescribeParameters(ctx, &ssm.DescribeParametersInput{Filters: []types.ParametersFilter{{Key: "Name", Values: []string{}}}})
	refused(err, "'[0 items]' at 'filters.1.member.values' failed to satisfy constraint: Member must have length greater than or equal to 1")
	_, err = e.ResumeSession(ctx, &ssm.ResumeSessionInput{SessionId: new(strings.Repeat("x", 97))})
	refused(err, "'"+strings.Repeat("x", 97)+"' at 'sessionId' failed to satisfy constraint: Member must have length less than or equal to 96")
	_, err = e.TerminateSession(ctx, &ssm.TerminateSessionInput{SessionId: new("")})
	refused(err, "'' at 'sessionId' failed to satisfy constraint: Member must have length greater than or equal to 1")
}

func TestExpiration(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	in := &ssm.PutParameterInput{Name: new("p"), Value: new("v"), Type: types.ParameterTypeString, Tier: types.ParameterTierAdvanced,
		Policies: new(`[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2026-01-03T00:00:00.000Z"}}]`)}
	ok[*ssm.PutParameterOutput](t)(e.PutParameter(ctx, in))
	if m := ok[*ssm.DescribeParametersOutput](t)(e.DescribeParameters(ctx, &ssm.DescribeParametersInput{})).Parameters; *m[0].Policies[0].PolicyType != "Expiration" {
		t.Fatalf("%+v", m)
	}
	e.advance(24 * time.Hour)
	refused(t, "ParameterNotFound", "Parameter p not found.")(e.GetParameter(ctx, &ssm.GetParameterInput{Name: new("p")}))
	in.Policies = nil
	if out := ok[*ssm.PutParameterOutput](t)(e.PutParameter(ctx, in)); out.Version != 1 {
		t.Fatalf("%+v", out)
	}
}

func TestPathsAndFilters(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	for _, name := range []string{"/a/1", "/a/2", "/a/b/3", "/c/4", "top"} {
		e.put(t, name, name, types.ParameterTypeString)
	}
	e.put(t, "/a/s", "secret", types.ParameterTypeSecureString)
	byPath := func(in *ssm.GetParametersByPathInput) string {
		var names []string
		in.MaxResults = new(int32(1))
		for p := ssm.NewGetParametersByPathPaginator(e.Client, in); p.HasMorePages(); {
			for _, each := range ok[*ssm.GetParametersByPathOutput](t)(p.NextPage(ctx)).Parameters {
				names = append(names, *each.Name)
			}
		}
		return strings.Join(names, " ")
	}
	for _, c := range []struct {
		in   *ssm.GetParametersByPathInput
		want string
	}{
		{&ssm.GetParametersByPathInput{Path: new("/a")}, "/a/1 /a/2 /a/s"},
		{&ssm.GetParametersByPathInput{Path: new("/a/"), Recursive: new(true)}, "/a/1 /a/2 /a/b/3 /a/s"},
		{&ssm.GetParametersByPathInput{Path: new("/"), Recursive: new(true)}, "/a/1 /a/2 /a/b/3 /a/s /c/4 top"},
		{&ssm.GetParametersByPathInput{Path: new("/a"), ParameterFilters: []types.ParameterStringFilter{{Key: new("Type"), Values: []string{"SecureString"}}}}, "/a/s"},
		{&ssm.GetParametersByPathInput{Path: new("/aws/service/aws-for-fluent-bit")}, "/aws/service/aws-for-fluent-bit/2.31.12 /aws/service/aws-for-fluent-bit/2.32.0 /aws/service/aws-for-fluent-bit/2.32.2 /aws/service/aws-for-fluent-bit/latest /aws/service/aws-for-fluent-bit/stable"},
	} {
		if got := byPath(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", *c.in.Path, got, c.want)
		}
	}
	ok[*ssm.AddTagsToResourceOutput](t)(e.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: "Parameter", ResourceId: new("top"), Tags: []types.Tag{{Key: new("k"), Value: new("v")}, {Key: new("x"), Value: new("y")}}}))
	ok[*ssm.RemoveTagsFromResourceOutput](t)(e.RemoveTagsFromResource(ctx, &ssm.RemoveTagsFromResourceInput{ResourceType: "Parameter", ResourceId: new("top"), TagKeys: []string{"x"}}))
	if out := ok[*ssm.ListTagsForResourceOutput](t)(e.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: "Parameter", ResourceId: new("top")})); len(out.TagList) != 1 {
		t.Fatalf("%+v", out)
	}
	for _, c := range []struct {
		key, option, value, want string
	}{{"Name", "BeginsWith", "a/", "/a/1 /a/2 /a/b/3 /a/s"}, {"Name", "Contains", "b", "/a/b/3"}, {"Name", "", "top", "top"}, {"Path", "Recursive", "/a/b", "/a/b/3"},
		{"Type", "", "SecureString", "/a/s"}, {"KeyId", "", "alias/aws/ssm", "/a/s"}, {"tag:k", "", "v", "top"}, {"Tier", "", "Advanced", ""}} {
		f := types.ParameterStringFilter{Key: &c.key, Values: []string{c.value}}
		if c.option != "" {
			f.Option = &c.option
		}
		var names []string
		for _, p := range ok[*ssm.DescribeParametersOutput](t)(e.DescribeParameters(ctx, &ssm.DescribeParametersInput{ParameterFilters: []types.ParameterStringFilter{f}})).Parameters {
			names = append(names, *p.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s %s %s: %q, want %q", c.key, c.option, c.value, got, c.want)
		}
	}
	var key *types.InvalidFilterKey
	if _, err := e.DescribeParameters(ctx, &ssm.DescribeParametersInput{ParameterFilters: []types.ParameterStringFilter{{Key: new("Label"), Values: []string{"a"}}}}); !errors.As(err, &key) {
		t.Error(err)
	}
	refused(t, "InvalidNextToken", "The specified token isn't valid.")(e.DescribeParameters(ctx, &ssm.DescribeParametersInput{NextToken: new("x")}))
}

func TestPublicParameters(t *testing.T) {
	e := serve(t)
	for _, path := range []string{"amazon-linux-2", "amazon-linux-2023"} {
		image := *e.get(t, "/aws/service/ecs/optimized-ami/"+path+"/recommended/image_id").Value
		if p := e.get(t, "/aws/service/ecs/optimized-ami/"+path+"/recommended"); !strings.Contains(*p.Value, image) || !strings.HasPrefix(image, "ami-") ||
			*p.ARN != "arn:aws:ssm:us-east-1::parameter/aws/service/ecs/optimized-ami/"+path+"/recommended" {
			t.Errorf("%+v", p)
		}
	}
	refused(t, "ValidationException", "WithDecryption flag must be True for retrieving a Secret Manager secret.")(
		e.GetParameter(t.Context(), &ssm.GetParameterInput{Name: new("/aws/reference/secretsmanager/db")}))
}

// TestSecretsAsParameters reads a secret's versions by their ids and stages.
func TestSecretsAsParameters(t *testing.T) {
	e := serve(t)
	const name = "/aws/reference/secretsmanager/db"
	for _, selector := range []string{"", ":AWSPREVIOUS", ":12345678-aaaa-bbbb-cccc-123456789012"} {
		out, err := e.GetParameter(t.Context(), &ssm.GetParameterInput{Name: new(name + selector), WithDecryption: new(true)})
		if err != nil {
			t.Fatal(err)
		}
		p := out.Parameter
		if *p.Name != name || *p.Value != "value of "+strings.TrimPrefix(selector, ":") || aws.ToString(p.Selector) != selector || p.SourceResult == nil {
			t.Errorf("%s: %+v", selector, p)
		}
	}
	refused(t, "ParameterNotFound", "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret /aws/reference/secretsmanager/none:x not found.")(
		e.GetParameter(t.Context(), &ssm.GetParameterInput{Name: new("/aws/reference/secretsmanager/none:x"), WithDecryption: new(true)}))
}

// TestLeadingSlash wants names of one level to be the same with a slash before
// them and without, for every operation, and no others. Answers have the name
// that was asked for.
func TestLeadingSlash(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	for made, asked := range map[string]string{"/with": "with", "without": "/without"} {
		put := &ssm.PutParameterInput{Name: &made, Value: new("v"), Type: types.ParameterTypeString}
		if _, err := e.PutParameter(ctx, put); err != nil {
			t.Fatal(err)
		}
		if p := e.get(t, asked); *p.Name != asked {
			t.Errorf("%s is %s", asked, *p.Name)
		}
		_, err := e.PutParameter(ctx, &ssm.PutParameterInput{Name: &asked, Value: new("w"), Type: types.ParameterTypeString})
		if exists := (&types.ParameterAlreadyExists{}); !errors.As(err, &exists) {
			t.Error(err)
		}
		if _, err := e.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceId: &asked, ResourceType: types.ResourceTypeForTaggingParameter,
			Tags: []types.Tag{{Key: new("a"), Value: new("b")}}}); err != nil {
			t.Error(err)
		}
		if _, err := e.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &asked}); err != nil {
			t.Error(err)
		}
		refused(t, "ParameterNotFound", "Parameter "+made+" not found.")(e.GetParameter(ctx, &ssm.GetParameterInput{Name: &made}))
	}
	if _, err := e.PutParameter(ctx, &ssm.PutParameterInput{Name: new("/a/b"), Value: new("v"), Type: types.ParameterTypeString}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/b", "/a//b"} {
		refused(t, "ValidationException", `Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`)(
			e.GetParameter(ctx, &ssm.GetParameterInput{Name: &name}))
	}
}

// TestOverwriteKeeps wants a new version to have what its request does not
// name: the key, the pattern, the policies and when they end the parameter.
func TestOverwriteKeeps(t *testing.T) {
	e := serve(t)
	ctx := t.Context()
	put := func(in *ssm.PutParameterInput) error {
		in.Name, in.Overwrite = new("kept"), new(true)
		_, err := e.PutParameter(ctx, in)
		return err
	}
	key := e.key(t)
	if err := put(&ssm.PutParameterInput{Value: new("one"), Type: types.ParameterTypeSecureString, KeyId: &key, Description: new("about"), AllowedPattern: new("[a-z]+"),
		Tier: types.ParameterTierAdvanced, Policies: new(`[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2026-01-03T00:00:00.000Z"}}]`)}); err != nil {
		t.Fatal(err)
	}
	if err := put(&ssm.PutParameterInput{Value: new("2")}); err == nil || !strings.Contains(err.Error(), "ParameterPatternMismatchException") {
		t.Error(err)
	}
	if err := put(&ssm.PutParameterInput{Value: new("two")}); err != nil {
		t.Fatal(err)
	}
	m := ok[*ssm.DescribeParametersOutput](t)(e.DescribeParameters(ctx, &ssm.DescribeParametersInput{})).Parameters[0]
	if *m.KeyId != key || *m.Description != "about" || *m.AllowedPattern != "[a-z]+" || len(m.Policies) != 1 || m.Version != 2 {
		t.Errorf("%+v", m)
	}
	if err := put(&ssm.PutParameterInput{Value: new("3"), KeyId: new("alias/aws/ssm"), AllowedPattern: new(""), Policies: new("[]")}); err != nil {
		t.Fatal(err)
	}
	m = ok[*ssm.DescribeParametersOutput](t)(e.DescribeParameters(ctx, &ssm.DescribeParametersInput{})).Parameters[0]
	if *m.KeyId != "alias/aws/ssm" || aws.ToString(m.AllowedPattern) != "" || len(m.Policies) != 0 {
		t.Errorf("%+v", m)
	}
	e.advance(48 * time.Hour)
	if p := e.get(t, "kept"); *p.Value != "3" {
		t.Errorf("%+v", p)
	}
}

// TestFiltersThatMakeNoSense wants AWS's words for each kind of mistake.
func TestFiltersThatMakeNoSense(t *testing.T) {
	e := serve(t)
	f := func(key, option string, values ...string) types.ParameterStringFilter {
		out := types.ParameterStringFilter{Key: &key, Values: values}
		if option != "" {
			out.Option = &option
		}
		return out
	}
	for _, c := range []struct {
		code, message string
		filters       []types.ParameterStringFilter
	}{
		{"ValidationException", "1 validation error detected: Value 'key' at 'parameterFilters.1.member.key' failed to satisfy constraint: " +
			"Member must satisfy regular expression pattern: tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType", []types.ParameterStringFilter{f("key", "")}},
		{"ValidationException", "1 validation error detected: Value 'over 10 chars' at 'parameterFilters.1.member.option' failed to satisfy constraint: " +
			"Member must have length less than or equal to 10", []types.ParameterStringFilter{f("Name", "over 10 chars", "x")}},
		// The SDK's type for these two has no message.
		{"InvalidFilterKey", "", []types.ParameterStringFilter{f("Label", "", "x")}},
		{"InvalidFilterValue", "The following filter values are missing : null for filter key Name.", []types.ParameterStringFilter{f("Name", "")}},
		{"InvalidFilterKey", "", []types.ParameterStringFilter{f("Name", "", "x"), f("Name", "", "y")}},
		{"InvalidFilterOption", "The following filter value is not valid: x. Valid values include: [String, StringList, SecureString].", []types.ParameterStringFilter{f("Type", "", "x")}},
		{"ValidationException", `Filters for common parameters can't be prefixed with "aws" or "ssm" (case-insensitive). When using global parameters, please specify within a global namespace.`,
			[]types.ParameterStringFilter{f("Path", "", "/aws/x")}},
	} {
		refused(t, c.code, c.message)(e.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{ParameterFilters: c.filters}))
	}
}
