package ecr_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

func TestRepositories(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	made := w.create("shop/web").Repository
	if made.CreatedAt == nil || made.CreatedAt.IsZero() {
		t.Error("createdAt is missing")
	}
	created := *made.CreatedAt
	made.CreatedAt = nil
	wantSame(t, fmt.Sprintln(*made.RepositoryArn, *made.RegistryId, *made.RepositoryName, *made.RepositoryUri, made.ImageTagMutability,
		made.EncryptionConfiguration.EncryptionType, made.ImageScanningConfiguration.ScanOnPush),
		fmt.Sprintln("arn:aws:ecr:us-east-1:000000000000:repository/shop/web", account, "shop/web", w.host+"/shop/web", "MUTABLE", "AES256", false))

	_, err := w.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("shop/web")})
	wantError(t, err, "RepositoryAlreadyExistsException", "The repository with name 'shop/web' already exists in the registry with id '000000000000'")

	shown := must[*ecr.DescribeRepositoriesOutput](t)(w.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{"shop/web"}}))
	if len(shown.Repositories) != 1 || !shown.Repositories[0].CreatedAt.Equal(created) {
		t.Errorf("described as %+v", shown.Repositories)
	}
	deleted := must[*ecr.DeleteRepositoryOutput](t)(w.ecr.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: aws.String("shop/web")}))
	wantSame(t, *deleted.Repository.RepositoryArn, *made.RepositoryArn)
	_, err = w.ecr.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: aws.String("shop/web")})
	wantError(t, err, "RepositoryNotFoundException", "The repository with name 'shop/web' does not exist in the registry with id '000000000000'")
	_, err = w.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{"shop/web"}})
	wantError(t, err, "RepositoryNotFoundException", "The repository with name 'shop/web' does not exist in the registry with id '000000000000'")
	_, err = w.ecr.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: aws.String("shop/web"), RegistryId: aws.String("111111111111")})
	wantError(t, err, "AccessDeniedException", "User: arn:aws:iam::000000000000:root is not authorized to perform: ecr:DescribeImages on resource: "+
		"arn:aws:ecr:us-east-1:111111111111:repository/shop/web because no resource-based policy allows the ecr:DescribeImages action")
}

func TestWhatCannotBeCreated(t *testing.T) {
	w := newWorld(t)
	const expression = "must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'"
	at := func(parameter, constraint string) string {
		return "Invalid parameter at '" + parameter + "' failed to satisfy constraint: '" + constraint + "'"
	}
	wildcard := func(filters ...string) (all []types.ImageTagMutabilityExclusionFilter) {
		for _, f := range filters {
			all = append(all, types.ImageTagMutabilityExclusionFilter{Filter: &f, FilterType: types.ImageTagMutabilityExclusionFilterTypeWildcard})
		}
		return all
	}
	for message, in := range map[string]ecr.CreateRepositoryInput{
		at("repositoryName", expression):                                    {RepositoryName: aws.String("Shop")},
		at("repositoryName", "must have length greater than or equal to 2"): {RepositoryName: aws.String("a")},
		at("repositoryName", "must have length less than or equal to 256"):  {RepositoryName: aws.String(strings.Repeat("a", 257))},
		at("registryId", "must satisfy regular expression '[0-9]{12}'"):     {RegistryId: aws.String("me")},
		at("imageTagMutabilityExclusionFilters", "must not be specified for imageTagMutability IMMUTABLE"): {
			ImageTagMutability: types.ImageTagMutabilityImmutable, ImageTagMutabilityExclusionFilters: wildcard("dev-*")},
		at("imageTagMutabilityExclusionFilters", "must have length greater than or equal to 1"): {
			ImageTagMutability: types.ImageTagMutabilityImmutableWithExclusion},
		at("imageTagMutabilityExclusionFilters.filter", "must have at most 2 wildcards"): {
			ImageTagMutability: types.ImageTagMutabilityImmutableWithExclusion, ImageTagMutabilityExclusionFilters: wildcard("*a*b*")},
		at("imageTagMutability", "must satisfy enum value set: [MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, MUTABLE_WITH_EXCLUSION]"): {ImageTagMutability: "FIXED"},
		at("encryptionConfiguration.encryptionType KMS", "encryptionConfiguration.encryptionType KMS is not supported by Roadstead yet"): {
			EncryptionConfiguration: &types.EncryptionConfiguration{EncryptionType: types.EncryptionTypeKms}},
	} {
		if in.RepositoryName == nil {
			in.RepositoryName = aws.String("shop")
		}
		_, err := w.ecr.CreateRepository(t.Context(), &in)
		wantError(t, err, "InvalidParameterException", message)
	}
	_, err := w.ecr.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: aws.String("shop"), Tags: []types.Tag{
		{Key: aws.String("aws:team"), Value: aws.String("x")}}})
	wantError(t, err, "InvalidTagParameterException", "Tag keys that begin with aws: are reserved")
	left := must[*ecr.DescribeRepositoriesOutput](t)(w.ecr.DescribeRepositories(t.Context(), &ecr.DescribeRepositoriesInput{}))
	wantSame(t, len(left.Repositories), 0)
}

func TestRepositoriesAreListedInPages(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprintf("shop/web-%d", i))
		w.create(want[i])
	}
	var got []string
	pages := ecr.NewDescribeRepositoriesPaginator(w.ecr, &ecr.DescribeRepositoriesInput{MaxResults: aws.Int32(2)})
	var token *string
	for pages.HasMorePages() {
		p := must[*ecr.DescribeRepositoriesOutput](t)(pages.NextPage(t.Context()))
		for _, r := range p.Repositories {
			got = append(got, *r.RepositoryName)
		}
		if token == nil {
			token = p.NextToken
		}
	}
	wantSame(t, got, want)
	for _, in := range []*ecr.ListImagesInput{
		{RepositoryName: &want[0], NextToken: token}, // of another list
		{RepositoryName: &want[0], NextToken: aws.String("x")},
	} {
		_, err := w.ecr.ListImages(t.Context(), in)
		wantError(t, err, "InvalidParameterException", "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'")
	}
	_, err := w.ecr.DescribeRepositories(t.Context(), &ecr.DescribeRepositoriesInput{MaxResults: aws.Int32(1001)})
	wantError(t, err, "InvalidParameterException", "Invalid parameter at 'maxResults' failed to satisfy constraint: 'must be less than or equal to 1000'")
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	name := aws.String("shop")
	filters := []types.ImageTagMutabilityExclusionFilter{{Filter: aws.String("dev-*"), FilterType: types.ImageTagMutabilityExclusionFilterTypeWildcard}}
	must[*ecr.PutImageTagMutabilityOutput](t)(w.ecr.PutImageTagMutability(ctx, &ecr.PutImageTagMutabilityInput{RepositoryName: name,
		ImageTagMutability: types.ImageTagMutabilityImmutableWithExclusion, ImageTagMutabilityExclusionFilters: filters}))
	shown := must[*ecr.DescribeRepositoriesOutput](t)(w.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{})).Repositories[0]
	if shown.ImageTagMutability != types.ImageTagMutabilityImmutableWithExclusion || *shown.ImageTagMutabilityExclusionFilters[0].Filter != "dev-*" {
		t.Errorf("shown as %+v", shown)
	}
	about := must[*ecr.DescribeRegistryOutput](t)(w.ecr.DescribeRegistry(ctx, &ecr.DescribeRegistryInput{}))
	wantSame(t, *about.RegistryId, account)
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	tag := func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} }
	arn := must[*ecr.CreateRepositoryOutput](t)(w.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("shop"),
		Tags: []types.Tag{tag("team", "web"), tag("stage", "dev")}})).Repository.RepositoryArn
	must[*ecr.TagResourceOutput](t)(w.ecr.TagResource(ctx, &ecr.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{tag("stage", "live"), tag("cost", "1")}}))
	must[*ecr.UntagResourceOutput](t)(w.ecr.UntagResource(ctx, &ecr.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team", "none"}}))
	var got []string
	for _, x := range must[*ecr.ListTagsForResourceOutput](t)(w.ecr.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: arn})).Tags {
		got = append(got, *x.Key+"="+*x.Value)
	}
	wantSame(t, got, []string{"stage=live", "cost=1"})

	var many []types.Tag
	for i := range 50 {
		many = append(many, tag(fmt.Sprint(i), ""))
	}
	_, err := w.ecr.TagResource(ctx, &ecr.TagResourceInput{ResourceArn: arn, Tags: many})
	wantError(t, err, "TooManyTagsException", "A repository can have at most 50 tags")
	_, err = w.ecr.TagResource(ctx, &ecr.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{tag("a", ""), tag("a", "")}})
	wantError(t, err, "InvalidTagParameterException", "Duplicate tag key 'a'")
	_, err = w.ecr.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: aws.String("arn:aws:ecr:us-east-1:000000000000:repository/none")})
	wantError(t, err, "RepositoryNotFoundException", "The repository with name 'none' does not exist in the registry with id '000000000000'")
	_, err = w.ecr.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: aws.String("arn:aws:ecr:eu-west-1:000000000000:repository/shop")})
	wantError(t, err, "InvalidParameterException", "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'must be the ARN of a repository of this registry'")
}
