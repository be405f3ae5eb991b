package ecr_test

import (
	"context"
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
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

func id(digest, tag string) types.ImageIdentifier {
	var i types.ImageIdentifier
	if digest != "" {
		i.ImageDigest = &digest
	}
	if tag != "" {
		i.ImageTag = &tag
	}
	return i
}

// words are imageIds and failures in text.
func words(ids []types.ImageIdentifier, failures []types.ImageFailure) (all []string) {
	for _, i := range ids {
		all = append(all, aws.ToString(i.ImageDigest)+" "+aws.ToString(i.ImageTag))
	}
	for _, f := range failures {
		all = append(all, fmt.Sprintf("%s %s: %s: %s", aws.ToString(f.ImageId.ImageDigest), aws.ToString(f.ImageId.ImageTag), f.FailureCode, *f.FailureReason))
	}
	return all
}

func (w *world) list(repository string, status types.TagStatus, most int32) (all []string) {
	w.t.Helper()
	in := &ecr.ListImagesInput{RepositoryName: &repository, MaxResults: &most, Filter: &types.ListImagesFilter{TagStatus: status}}
	for pages := ecr.NewListImagesPaginator(w.ecr, in); pages.HasMorePages(); {
		out := must[*ecr.ListImagesOutput](w.t)(pages.NextPage(w.t.Context()))
		if len(out.ImageIds) > int(most) {
			w.t.Errorf("a page of %d has %d entries", most, len(out.ImageIds))
		}
		all = append(all, words(out.ImageIds, nil)...)
	}
	return all
}

func TestImagesAreDescribedAndListed(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	name := aws.String("shop")
	a := w.push("a", "shop:v1")
	w.push("a", "shop:latest")
	b := w.push("b", "shop:v2")
	c := w.push("c", "shop:v2") // takes the tag from b

	got := must[*ecr.DescribeImagesOutput](t)(w.ecr.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: name,
		ImageIds: []types.ImageIdentifier{id("", "v1"), id(a, ""), id(a, "latest")}}))
	if len(got.ImageDetails) != 1 {
		t.Fatalf("one image is shown %d times", len(got.ImageDetails))
	}
	d := got.ImageDetails[0]
	wantSame(t, d.ImageTags, []string{"latest", "v1"})
	if *d.ImageDigest != a || *d.ImageSizeInBytes < 100 || time.Since(*d.ImagePushedAt).Abs() > time.Minute || d.LastRecordedPullTime != nil {
		t.Errorf("described as %+v", d)
	}
	wantSame(t, *d.ImageManifestMediaType+" "+*d.ArtifactMediaType,
		"application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.config.v1+json")

	var digests []string
	pages := ecr.NewDescribeImagesPaginator(w.ecr, &ecr.DescribeImagesInput{RepositoryName: name, MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		for _, d := range must[*ecr.DescribeImagesOutput](t)(pages.NextPage(ctx)).ImageDetails {
			digests = append(digests, *d.ImageDigest)
		}
	}
	wantSame(t, len(digests), 3)
	want := map[string][]string{a: {a + " latest", a + " v1"}, b: {b + " "}, c: {c + " v2"}}
	var all, tagged []string
	for _, digest := range digests {
		all = append(all, want[digest]...)
		if digest != b {
			tagged = append(tagged, want[digest]...)
		}
	}
	for _, most := range []int32{1, 2, 3, 100} {
		wantSame(t, w.list("shop", types.TagStatusAny, most), all)
		wantSame(t, w.list("shop", types.TagStatusTagged, most), tagged)
		wantSame(t, w.list("shop", types.TagStatusUntagged, most), want[b])
	}
	archived := must[*ecr.ListImagesOutput](t)(w.ecr.ListImages(ctx, &ecr.ListImagesInput{RepositoryName: name,
		Filter: &types.ListImagesFilter{ImageStatus: types.ImageStatusFilterArchived}}))
	wantSame(t, len(archived.ImageIds), 0)

	for message, missing := range map[string]types.ImageIdentifier{
		"{imageDigest:'null', imageTag:'v9'}":      id("", "v9"),
		"{imageDigest:'" + b + "', imageTag:'v1'}": id(b, "v1"),
	} {
		_, err := w.ecr.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: name, ImageIds: []types.ImageIdentifier{missing}})
		wantError(t, err, "ImageNotFoundException", "The image with imageId "+message+
			" does not exist within the repository with name 'shop' in the registry with id '000000000000'")
	}
}

func TestBatchGetImage(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	a, b := w.push("a", "shop:v1"), w.push("b", "shop:v2")
	none := "sha256:" + strings.Repeat("0", 64)
	got := must[*ecr.BatchGetImageOutput](t)(w.ecr.BatchGetImage(ctx, &ecr.BatchGetImageInput{RepositoryName: aws.String("shop"), ImageIds: []types.ImageIdentifier{
		id("", "v1"), id(b, ""), id("", "v9"), id(none, ""), id(b, "v1"), id("", ""), id("sha256:1", ""), id("", "-"),
	}}))
	var ids []types.ImageIdentifier
	for _, i := range got.Images {
		ids = append(ids, *i.ImageId)
		if !strings.Contains(*i.ImageManifest, `"schemaVersion"`) {
			t.Errorf("manifest is %s", *i.ImageManifest)
		}
	}
	wantSame(t, words(ids, got.Failures), []string{
		a + " v1", b + " ",
		" v9: ImageNotFound: Requested image not found",
		none + " : ImageNotFound: Requested image not found",
		b + " v1: ImageTagDoesNotMatchDigest: Tag does not map to the digest specified",
		" : MissingDigestAndTag: Invalid request parameters: both tag and digest cannot be null",
		"sha256:1 : InvalidImageDigest: Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
		" -: InvalidImageTag: Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'",
	})
	got = must[*ecr.BatchGetImageOutput](t)(w.ecr.BatchGetImage(ctx, &ecr.BatchGetImageInput{RepositoryName: aws.String("shop"),
		ImageIds: []types.ImageIdentifier{id("", "v1")}, AcceptedMediaTypes: []string{"application/vnd.docker.distribution.manifest.v2+json"}}))
	if len(got.Images) != 0 || got.Failures[0].FailureCode != types.ImageFailureCodeImageNotFound {
		t.Errorf("an image in another media type: %+v", got)
	}
}

func TestPullsAreRemembered(t *testing.T) {
	w := newWorld(t)
	w.create("shop")
	digest := w.push("a", "shop:v1")
	ref, err := ggcr.ParseReference(w.host + "/shop:v1")
	if err != nil {
		t.Fatal(err)
	}
	login := w.login(w.ecr)
	pulledAt := func() time.Time {
		i, ok := store.Get[*model.Image](w.db.View(), model.ImageID(account, "shop", digest))
		if !ok {
			t.Fatal("the image is gone")
		}
		return i.PulledAt
	}
	pull := func() {
		if _, err := remote.Get(ref, remote.WithAuth(&authn.Basic{Username: login.Username, Password: login.Password})); err != nil {
			t.Fatal(err)
		}
	}
	pull()
	first := pulledAt()
	if first.IsZero() {
		t.Fatal("the pull was forgotten")
	}
	rev := w.db.View().Rev()
	pull()
	if w.db.View().Rev() != rev {
		t.Error("a second pull within the hour was written down")
	}
	w.ahead.Store(int64(2 * time.Hour))
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(pull)
	}
	wait.Wait()
	if pulledAt().Sub(first) < time.Hour || w.db.View().Rev() != rev+1 {
		t.Errorf("20 pulls two hours later made %d revisions", w.db.View().Rev()-rev)
	}
}

func TestBatchDeleteImage(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	a := w.push("a", "shop:v1")
	w.push("a", "shop:v2")
	b := w.push("b", "shop:w1")
	w.push("b", "shop:w2")
	c := w.push("c", "shop:x")
	remove := func(ids ...types.ImageIdentifier) []string {
		t.Helper()
		out := must[*ecr.BatchDeleteImageOutput](t)(w.ecr.BatchDeleteImage(ctx, &ecr.BatchDeleteImageInput{RepositoryName: aws.String("shop"), ImageIds: ids}))
		return words(out.ImageIds, out.Failures)
	}
	wantSame(t, remove(id("", "v1"), id(b, ""), id("", "w1"), id(b, "x"), id("", "")), []string{
		a + " v1", b + " w1", b + " w2",
		" : MissingDigestAndTag: Invalid request parameters: both tag and digest cannot be null",
		" w1: ImageNotFound: Requested image not found",
		b + " x: ImageTagDoesNotMatchDigest: Tag does not map to the digest specified",
	})
	wantSame(t, len(w.list("shop", types.TagStatusAny, 100)), 2)
	wantSame(t, remove(id(a, "v2")), []string{a + " v2"}) // the last tag: the image goes too
	wantSame(t, w.list("shop", types.TagStatusAny, 100), []string{c + " x"})
}

func TestImagesOfAnIndexStay(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	child := w.push("a", "shop:amd64")
	login := w.login(w.ecr)
	auth := remote.WithAuth(&authn.Basic{Username: login.Username, Password: login.Password})
	ref, _ := ggcr.ParseReference(w.host + "/shop:amd64")
	image, err := remote.Image(ref, auth)
	if err != nil {
		t.Fatal(err)
	}
	list := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image})
	multi, _ := ggcr.ParseReference(w.host + "/shop:multi")
	if err := remote.WriteIndex(multi, list, auth); err != nil {
		t.Fatal(err)
	}
	digest, err := list.Digest()
	if err != nil {
		t.Fatal(err)
	}
	out := must[*ecr.BatchDeleteImageOutput](t)(w.ecr.BatchDeleteImage(ctx, &ecr.BatchDeleteImageInput{RepositoryName: aws.String("shop"),
		ImageIds: []types.ImageIdentifier{id(child, "")}}))
	wantSame(t, words(out.ImageIds, out.Failures), []string{
		child + " : ImageReferencedByManifestList: Requested image referenced by manifest list: [" + digest.String() + "]"})
	out = must[*ecr.BatchDeleteImageOutput](t)(w.ecr.BatchDeleteImage(ctx, &ecr.BatchDeleteImageInput{RepositoryName: aws.String("shop"),
		ImageIds: []types.ImageIdentifier{id("", "multi"), id(child, "")}}))
	wantSame(t, words(out.ImageIds, out.Failures), []string{digest.String() + " multi", child + " amd64"})
}

func TestDeleteRepositoryWithImages(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	w.push("a", "shop:v1")
	_, err := w.ecr.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: aws.String("shop")})
	wantError(t, err, "RepositoryNotEmptyException", "The repository with name 'shop' in registry with id '000000000000' cannot be deleted because it still contains images")
	must[*ecr.DeleteRepositoryOutput](t)(w.ecr.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: aws.String("shop"), Force: true}))
	if n := store.Len[*model.Image](w.db.View()) + store.Len[*model.ImageTag](w.db.View()); n != 0 {
		t.Errorf("%d images and tags are left", n)
	}
	w.create("shop")
	wantSame(t, len(w.list("shop", types.TagStatusAny, 100)), 0)
	w.push("a", "shop:v1") // everything is uploaded anew
}

// TestImmutableTagsAreGivenOnce has many push to one tag at once.
func TestImmutableTagsAreGivenOnce(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	name := aws.String("shop")
	must[*ecr.CreateRepositoryOutput](t)(w.ecr.CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: name, ImageTagMutability: types.ImageTagMutabilityImmutable}))
	var manifests []*string
	for i := range 12 {
		digest := w.push(fmt.Sprint(i), fmt.Sprintf("shop:source-%d", i))
		got := must[*ecr.BatchGetImageOutput](t)(w.ecr.BatchGetImage(ctx, &ecr.BatchGetImageInput{RepositoryName: name, ImageIds: []types.ImageIdentifier{id(digest, "")}}))
		manifests = append(manifests, got.Images[0].ImageManifest)
	}
	var wait sync.WaitGroup
	results := make([]error, len(manifests))
	for i, m := range manifests {
		wait.Go(func() {
			_, results[i] = w.ecr.PutImage(context.WithoutCancel(ctx), &ecr.PutImageInput{RepositoryName: name, ImageManifest: m, ImageTag: aws.String("release")})
		})
	}
	wait.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		wantError(t, err, "ImageTagAlreadyExistsException",
			"The image tag 'release' already exists in the 'shop' repository and cannot be overwritten because the tag is immutable.")
	}
	if won != 1 {
		t.Errorf("%d pushes were given the tag", won)
	}
}

// TestPushesAndDeletionsOfARepositoryLeaveNothing has a repository deleted
// while images are pushed to it: there is never an image without a repository.
func TestPushesAndDeletionsOfARepositoryLeaveNothing(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	name := aws.String("shop")
	for round := range 10 {
		w.create("shop")
		w.push("a", "shop:v1")
		got := must[*ecr.BatchGetImageOutput](t)(w.ecr.BatchGetImage(ctx, &ecr.BatchGetImageInput{RepositoryName: name, ImageIds: []types.ImageIdentifier{id("", "v1")}}))
		must[*ecr.BatchDeleteImageOutput](t)(w.ecr.BatchDeleteImage(ctx, &ecr.BatchDeleteImageInput{RepositoryName: name, ImageIds: []types.ImageIdentifier{id("", "v1")}}))
		var wait sync.WaitGroup
		for i := range 4 {
			wait.Go(func() {
				_, err := w.ecr.PutImage(ctx, &ecr.PutImageInput{RepositoryName: name, ImageManifest: got.Images[0].ImageManifest, ImageTag: aws.String(fmt.Sprint(i))})
				var gone *types.RepositoryNotFoundException
				var lost *types.LayersNotFoundException
				if err != nil && !asAny(err, &gone, &lost) {
					t.Errorf("push: %v", err)
				}
			})
		}
		wait.Go(func() {
			_, err := w.ecr.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: name, Force: round%2 == 0})
			var full *types.RepositoryNotEmptyException
			if err != nil && !asAny(err, &full) {
				t.Errorf("delete: %v", err)
			}
		})
		wait.Wait()
		v := w.db.View()
		if _, there := store.Get[*model.Repository](v, account+"/shop"); there {
			must[*ecr.DeleteRepositoryOutput](t)(w.ecr.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: name, Force: true}))
		} else if n := store.Len[*model.Image](v) + store.Len[*model.ImageTag](v); n != 0 {
			t.Fatalf("round %d: the repository is gone and %d images and tags are left", round, n)
		}
	}
}
