package ecr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

func TestRepositoryPolicies(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	name := aws.String("shop")
	const none = "Repository policy does not exist for the repository with name 'shop' in the registry with id '000000000000'"
	_, err := w.ecr.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: name})
	wantError(t, err, "RepositoryPolicyNotFoundException", none)
	_, err = w.ecr.DeleteRepositoryPolicy(ctx, &ecr.DeleteRepositoryPolicyInput{RepositoryName: name})
	wantError(t, err, "RepositoryPolicyNotFoundException", none)

	text := `{"Version": "2012-10-17", "Statement": [{"Sid": "pull", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]}]}`
	must[*ecr.SetRepositoryPolicyOutput](t)(w.ecr.SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{RepositoryName: name, PolicyText: &text}))
	wantSame(t, *must[*ecr.GetRepositoryPolicyOutput](t)(w.ecr.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: name})).PolicyText, text)

	for message, bad := range map[string]string{
		"policyText' failed to satisfy constraint: 'Invalid repository policy provided: it has no Statement'":           `{"Statement": []}`,
		"policyText' failed to satisfy constraint: 'Invalid repository policy provided: unknown Version \"1\"'":         `{"Version": "1"}`,
		"policyText' failed to satisfy constraint: 'Invalid repository policy provided: Statement[0] has no Principal'": `{"Statement": {"Effect": "Allow", "Action": "*"}}`,
	} {
		_, err = w.ecr.SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{RepositoryName: name, PolicyText: &bad})
		wantError(t, err, "InvalidParameterException", "Invalid parameter at '"+message)
	}
	// Statements may share an id, and name resources or none: ECR takes both.
	mixed := `{"Version": "2008-10-17", "Statement": [{"Sid": "same", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"},
		{"Sid": "same", "Effect": "Deny", "Principal": "*", "Action": "ecr:DescribeImages", "Resource": "*"}]}`
	must[*ecr.SetRepositoryPolicyOutput](t)(w.ecr.SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{RepositoryName: name, PolicyText: &mixed}))
	_, err = w.ecr.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: name})
	wantError(t, err, "AccessDeniedException", "User: arn:aws:iam::000000000000:root is not authorized to perform: ecr:DescribeImages on resource: "+
		"arn:aws:ecr:us-east-1:000000000000:repository/shop with an explicit deny in a resource-based policy")
	denies := strings.Replace(text, "Allow", "Deny", 1)
	must[*ecr.SetRepositoryPolicyOutput](t)(w.ecr.SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{RepositoryName: name, PolicyText: &denies}))
	_, err = w.ecr.BatchGetImage(ctx, &ecr.BatchGetImageInput{RepositoryName: name, ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("a")}}})
	wantError(t, err, "AccessDeniedException", "User: arn:aws:iam::000000000000:root is not authorized to perform: ecr:BatchGetImage on resource: "+
		"arn:aws:ecr:us-east-1:000000000000:repository/shop with an explicit deny in a resource-based policy")
	must[*ecr.SetRepositoryPolicyOutput](t)(w.ecr.SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{RepositoryName: name, PolicyText: &text}))
	deleted := must[*ecr.DeleteRepositoryPolicyOutput](t)(w.ecr.DeleteRepositoryPolicy(ctx, &ecr.DeleteRepositoryPolicyInput{RepositoryName: name}))
	wantSame(t, *deleted.PolicyText, text)
	_, err = w.ecr.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: name})
	wantError(t, err, "RepositoryPolicyNotFoundException", none)
}

func TestLifecyclePolicies(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	name := aws.String("shop")
	const none = "Lifecycle policy does not exist for the repository with name 'shop' in the registry with id '000000000000'"
	_, err := w.ecr.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: name})
	wantError(t, err, "LifecyclePolicyNotFoundException", none)
	text := `{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3}, "action": {"type": "expire"}}]}`
	must[*ecr.PutLifecyclePolicyOutput](t)(w.ecr.PutLifecyclePolicy(ctx, &ecr.PutLifecyclePolicyInput{RepositoryName: name, LifecyclePolicyText: &text}))
	got := must[*ecr.GetLifecyclePolicyOutput](t)(w.ecr.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: name}))
	if *got.LifecyclePolicyText != text || got.LastEvaluatedAt != nil {
		t.Errorf("got %s, evaluated at %v", *got.LifecyclePolicyText, got.LastEvaluatedAt)
	}
	bad := strings.Replace(text, "untagged", "old", 1)
	_, err = w.ecr.PutLifecyclePolicy(ctx, &ecr.PutLifecyclePolicyInput{RepositoryName: name, LifecyclePolicyText: &bad})
	wantError(t, err, "InvalidParameterException", "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "+
		`'Lifecycle policy validation failure: rules[0]: tagStatus "old" is not tagged, untagged or any'`)
	deleted := must[*ecr.DeleteLifecyclePolicyOutput](t)(w.ecr.DeleteLifecyclePolicy(ctx, &ecr.DeleteLifecyclePolicyInput{RepositoryName: name}))
	wantSame(t, *deleted.LifecyclePolicyText, text)
	_, err = w.ecr.DeleteLifecyclePolicy(ctx, &ecr.DeleteLifecyclePolicyInput{RepositoryName: name})
	wantError(t, err, "LifecyclePolicyNotFoundException", none)
}

// TestLifecyclePreview wants a policy to be tried without anything going, and
// to tell what would go.
func TestLifecyclePreview(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	name := aws.String("shop")
	_, err := w.ecr.StartLifecyclePolicyPreview(ctx, &ecr.StartLifecyclePolicyPreviewInput{RepositoryName: name})
	wantError(t, err, "LifecyclePolicyNotFoundException", "Lifecycle policy does not exist for the repository with name 'shop' in the registry with id '000000000000'")
	_, err = w.ecr.GetLifecyclePolicyPreview(ctx, &ecr.GetLifecyclePolicyPreviewInput{RepositoryName: name})
	wantError(t, err, "LifecyclePolicyPreviewNotFoundException", "Lifecycle policy preview does not exist for the repository with name 'shop' in the registry with id '000000000000'")
	var digests []string
	for _, tag := range []string{"v1", "v2", "v3"} {
		digests = append(digests, w.push("of "+tag, "shop:"+tag))
		w.ahead.Add(int64(2 * time.Second))
	}
	text := `{"rules": [{"rulePriority": 7, "selection": {"tagStatus": "tagged", "tagPrefixList": ["v"], "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}}]}`
	started := must[*ecr.StartLifecyclePolicyPreviewOutput](t)(w.ecr.StartLifecyclePolicyPreview(ctx, &ecr.StartLifecyclePolicyPreviewInput{RepositoryName: name, LifecyclePolicyText: &text}))
	if started.Status != types.LifecyclePolicyPreviewStatusInProgress || *started.LifecyclePolicyText != text {
		t.Errorf("%+v", started)
	}
	w.ahead.Add(int64(2 * time.Second))
	w.push("four", "shop:v4") // too late to be looked at
	got := must[*ecr.GetLifecyclePolicyPreviewOutput](t)(w.ecr.GetLifecyclePolicyPreview(ctx, &ecr.GetLifecyclePolicyPreviewInput{RepositoryName: name, MaxResults: aws.Int32(1)}))
	if got.Status != types.LifecyclePolicyPreviewStatusComplete || *got.Summary.ExpiringImageTotalCount != 2 || got.NextToken == nil {
		t.Fatalf("%+v", got)
	}
	first := got.PreviewResults[0]
	wantSame(t, []any{*first.ImageDigest, first.ImageTags, *first.AppliedRulePriority, first.Action.Type}, []any{digests[0], []string{"v1"}, int32(7), types.ImageActionTypeExpire})
	rest := must[*ecr.GetLifecyclePolicyPreviewOutput](t)(w.ecr.GetLifecyclePolicyPreview(ctx, &ecr.GetLifecyclePolicyPreviewInput{RepositoryName: name, MaxResults: aws.Int32(1), NextToken: got.NextToken}))
	wantSame(t, []any{len(rest.PreviewResults), *rest.PreviewResults[0].ImageDigest, rest.NextToken == nil}, []any{1, digests[1], true})
	only := must[*ecr.GetLifecyclePolicyPreviewOutput](t)(w.ecr.GetLifecyclePolicyPreview(ctx, &ecr.GetLifecyclePolicyPreviewInput{RepositoryName: name,
		ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("v2")}, {ImageTag: aws.String("v4")}}}))
	wantSame(t, []any{len(only.PreviewResults), *only.PreviewResults[0].ImageDigest}, []any{1, digests[1]})
	none := must[*ecr.GetLifecyclePolicyPreviewOutput](t)(w.ecr.GetLifecyclePolicyPreview(ctx, &ecr.GetLifecyclePolicyPreviewInput{RepositoryName: name,
		Filter: &types.LifecyclePolicyPreviewFilter{TagStatus: types.TagStatusUntagged}}))
	wantSame(t, len(none.PreviewResults), 0)
	wantSame(t, len(must[*ecr.DescribeImagesOutput](t)(w.ecr.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: name})).ImageDetails), 4)
}
