package ecr_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/authn"
	ggcr "github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const unexamined = "FAILED: ScannerUnavailable: No vulnerability scanner is configured on this registry. The image was not examined."

// scan is an image's scan as DescribeImages shows it, "" for none.
func (w *world) scan(repository, digest string) string {
	w.t.Helper()
	out := must[*ecr.DescribeImagesOutput](w.t)(w.ecr.DescribeImages(w.t.Context(), &ecr.DescribeImagesInput{
		RepositoryName: &repository, ImageIds: []types.ImageIdentifier{id(digest, "")}}))
	if out.ImageDetails[0].ImageScanFindingsSummary != nil {
		w.t.Error("an image that nobody examined has a summary of findings")
	}
	return scanText(out.ImageDetails[0].ImageScanStatus)
}

func scanText(s *types.ImageScanStatus) string {
	if s == nil {
		return ""
	}
	return string(s.Status) + ": " + *s.Description
}

func TestScanOnPush(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	name := aws.String("shop")
	made := must[*ecr.CreateRepositoryOutput](t)(w.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: name,
		ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: true}}))
	wantSame(t, made.Repository.ImageScanningConfiguration.ScanOnPush, true)
	first := w.push("a", "shop:v1")
	wantSame(t, w.scan("shop", first), unexamined)

	put := must[*ecr.PutImageScanningConfigurationOutput](t)(w.ecr.PutImageScanningConfiguration(ctx, &ecr.PutImageScanningConfigurationInput{
		RepositoryName: name, ImageScanningConfiguration: &types.ImageScanningConfiguration{}}))
	wantSame(t, put.ImageScanningConfiguration.ScanOnPush, false)
	shown := must[*ecr.DescribeRepositoriesOutput](t)(w.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{}))
	wantSame(t, shown.Repositories[0].ImageScanningConfiguration.ScanOnPush, false)
	second := w.push("b", "shop:v2")
	wantSame(t, w.scan("shop", second), "")
	wantSame(t, w.scan("shop", first), unexamined)

	_, err := w.ecr.DescribeImageScanFindings(ctx, &ecr.DescribeImageScanFindingsInput{RepositoryName: name, ImageId: new(id("", "v2"))})
	wantError(t, err, "ScanNotFoundException", "Image scan does not exist for the image with '{imageDigest:'null', imageTag:'v2'}' in "+
		"the repository with name 'shop' in the registry with id '000000000000'")
	found := must[*ecr.DescribeImageScanFindingsOutput](t)(w.ecr.DescribeImageScanFindings(ctx, &ecr.DescribeImageScanFindingsInput{
		RepositoryName: name, ImageId: new(id("", "v1")), MaxResults: aws.Int32(1)}))
	wantSame(t, scanText(found.ImageScanStatus), unexamined)
	wantSame(t, fmt.Sprintln(*found.RegistryId, *found.RepositoryName, *found.ImageId.ImageDigest, *found.ImageId.ImageTag), fmt.Sprintln(account, "shop", first, "v1"))
	if found.ImageScanFindings != nil || found.NextToken != nil {
		t.Errorf("there are findings: %+v", found)
	}
	for constraint, in := range map[string]*ecr.DescribeImageScanFindingsInput{
		"'nextToken' failed to satisfy constraint: 'Invalid token'":                                {NextToken: aws.String("x")},
		"'maxResults' failed to satisfy constraint: 'must be less than or equal to 1000'":          {MaxResults: aws.Int32(1001)},
		"'registryId' failed to satisfy constraint: 'must satisfy regular expression '[0-9]{12}''": {RegistryId: aws.String("me")},
	} {
		in.RepositoryName, in.ImageId = name, new(id(first, ""))
		_, err := w.ecr.DescribeImageScanFindings(ctx, in)
		wantError(t, err, "InvalidParameterException", "Invalid parameter at "+constraint)
	}
	// The waiter ends, because a scan that has failed will not complete.
	waiter := ecr.NewImageScanCompleteWaiter(w.ecr)
	if err := waiter.Wait(ctx, &ecr.DescribeImageScanFindingsInput{RepositoryName: name, ImageId: new(id(first, ""))}, time.Minute); err == nil ||
		!strings.Contains(err.Error(), "Failure") {
		t.Errorf("the waiter says %v", err)
	}
}

func TestStartImageScan(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	name := aws.String("shop")
	digest := w.push("a", "shop:v1")
	start := func(i types.ImageIdentifier) (*ecr.StartImageScanOutput, error) {
		return w.ecr.StartImageScan(ctx, &ecr.StartImageScanInput{RepositoryName: name, ImageId: &i})
	}
	begun := must[*ecr.StartImageScanOutput](t)(start(id("", "v1")))
	wantSame(t, scanText(begun.ImageScanStatus), unexamined)
	wantSame(t, fmt.Sprintln(*begun.RegistryId, *begun.RepositoryName, *begun.ImageId.ImageDigest, *begun.ImageId.ImageTag), fmt.Sprintln(account, "shop", digest, "v1"))
	wantSame(t, w.scan("shop", digest), unexamined)

	w.ahead.Store(int64(23 * time.Hour))
	_, err := start(id(digest, ""))
	wantError(t, err, "LimitExceededException", "The scan quota per image has been exceeded. Wait and try again.")
	w.ahead.Store(int64(25 * time.Hour))
	must[*ecr.StartImageScanOutput](t)(start(id(digest, "")))

	_, err = start(id("", "v9"))
	wantError(t, err, "ImageNotFoundException", "The image with imageId {imageDigest:'null', imageTag:'v9'}"+
		" does not exist within the repository with name 'shop' in the registry with id '000000000000'")
	_, err = start(id("", ""))
	wantError(t, err, "InvalidParameterException", "Invalid request parameters: both tag and digest cannot be null")
	_, err = w.ecr.StartImageScan(ctx, &ecr.StartImageScanInput{RepositoryName: aws.String("none"), ImageId: new(id(digest, ""))})
	wantError(t, err, "RepositoryNotFoundException", "The repository with name 'none' does not exist in the registry with id '000000000000'")
}

// TestAnImageIsScannedOnceADay has many ask for a scan at once.
func TestAnImageIsScannedOnceADay(t *testing.T) {
	w := newWorld(t)
	w.create("shop")
	digest := w.push("a", "shop:v1")
	var wait sync.WaitGroup
	results := make([]error, 12)
	for i := range results {
		wait.Go(func() {
			_, results[i] = w.ecr.StartImageScan(t.Context(), &ecr.StartImageScanInput{RepositoryName: aws.String("shop"), ImageId: new(id(digest, ""))})
		})
	}
	wait.Wait()
	scans := 0
	for _, err := range results {
		if err == nil {
			scans++
			continue
		}
		wantError(t, err, "LimitExceededException", "The scan quota per image has been exceeded. Wait and try again.")
	}
	wantSame(t, scans, 1)
}

// TestIndexesAreNotScanned pushes an index to where images are scanned.
func TestIndexesAreNotScanned(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	must[*ecr.CreateRepositoryOutput](t)(w.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("shop"),
		ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: true}}))
	login := w.login(w.ecr)
	ref, err := ggcr.ParseReference(w.host + "/shop:multi")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, empty.Index, remote.WithAuth(&authn.Basic{Username: login.Username, Password: login.Password})); err != nil {
		t.Fatal(err)
	}
	digest, err := empty.Index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, w.scan("shop", digest.String()), "")
	_, err = w.ecr.StartImageScan(ctx, &ecr.StartImageScanInput{RepositoryName: aws.String("shop"), ImageId: new(id("", "multi"))})
	wantError(t, err, "UnsupportedImageTypeException", "An artifact with media type 'application/vnd.oci.image.index.v1+json' cannot be scanned. "+
		"For more information, see the Amazon ECR documentation.")
}
