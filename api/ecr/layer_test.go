package ecr_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/authn"
	ggcr "github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/registry/sampleimage"
)

func sha(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }

// upload uploads a layer in parts through the API.
func (w *world) upload(repository string, content []byte, part int) {
	w.t.Helper()
	ctx := w.t.Context()
	begun := must[*ecr.InitiateLayerUploadOutput](w.t)(w.ecr.InitiateLayerUpload(ctx, &ecr.InitiateLayerUploadInput{RepositoryName: &repository}))
	for at := 0; at < len(content); at += part {
		end := min(at+part, len(content))
		out := must[*ecr.UploadLayerPartOutput](w.t)(w.ecr.UploadLayerPart(ctx, &ecr.UploadLayerPartInput{RepositoryName: &repository, UploadId: begun.UploadId,
			PartFirstByte: aws.Int64(int64(at)), PartLastByte: aws.Int64(int64(end - 1)), LayerPartBlob: content[at:end]}))
		wantSame(w.t, *out.LastByteReceived, int64(end-1))
	}
	done := must[*ecr.CompleteLayerUploadOutput](w.t)(w.ecr.CompleteLayerUpload(ctx, &ecr.CompleteLayerUploadInput{RepositoryName: &repository,
		UploadId: begun.UploadId, LayerDigests: []string{sha(content)}}))
	wantSame(w.t, *done.LayerDigest, sha(content))
}

// TestPushThroughTheAPI pushes an image by ECR's operations alone and pulls it
// as docker does.
func TestPushThroughTheAPI(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	name := aws.String("shop")
	image, err := sampleimage.Build(sampleimage.Spec{Layers: [][]sampleimage.File{{{Path: "/app", Mode: 0o755, Content: []byte("app")}}}})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := image.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	put := func() (*ecr.PutImageOutput, error) {
		return w.ecr.PutImage(ctx, &ecr.PutImageInput{RepositoryName: name, ImageManifest: aws.String(string(manifest)), ImageTag: aws.String("v1")})
	}
	_, err = put()
	var missing *types.LayersNotFoundException
	if !errors.As(err, &missing) {
		t.Fatalf("an image without its layers: %v", err)
	}
	config, err := image.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	w.upload("shop", config, 100)
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		r, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		w.upload("shop", content, 64)
	}
	out := must[*ecr.PutImageOutput](t)(put())
	wantSame(t, *out.Image.ImageId.ImageDigest, sha(manifest))
	_, err = put()
	wantError(t, err, "ImageAlreadyExistsException", "Image with digest '"+sha(manifest)+"' and tag 'v1' already exists in the repository with name 'shop' in registry with id '000000000000'")

	login := w.login(w.session(caller.ExecutionRole))
	ref, _ := ggcr.ParseReference(w.host + "/shop:v1")
	pulled, err := remote.Image(ref, remote.WithAuth(&authn.Basic{Username: login.Username, Password: login.Password}))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(pulled); err != nil {
		t.Error(err)
	}
	for reason, in := range map[string]ecr.PutImageInput{
		"ImageDigestDoesNotMatchException: ": {ImageManifest: aws.String(string(manifest)), ImageDigest: aws.String("sha256:" + strings.Repeat("0", 64))},
		"InvalidParameterException: ":        {ImageManifest: aws.String("{}")},
		"ReferencedImagesNotFoundException: ": {ImageManifest: aws.String(`{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [` +
			`{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:` + strings.Repeat("0", 64) + `", "size": 7}]}`)},
	} {
		in.RepositoryName = name
		if _, err := w.ecr.PutImage(ctx, &in); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("error is %v, want %s", err, reason)
		}
	}
}

func TestLayers(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	w.create("other")
	name := aws.String("shop")
	content := bytes.Repeat([]byte("layer"), 100)
	w.upload("shop", content, 200)

	none := "sha256:" + strings.Repeat("0", 64)
	got := must[*ecr.BatchCheckLayerAvailabilityOutput](t)(w.ecr.BatchCheckLayerAvailability(ctx, &ecr.BatchCheckLayerAvailabilityInput{
		RepositoryName: name, LayerDigests: []string{sha(content), none, "sha256:1"}}))
	if len(got.Layers) != 2 || got.Layers[0].LayerAvailability != types.LayerAvailabilityAvailable || *got.Layers[0].LayerSize != 500 ||
		got.Layers[1].LayerAvailability != types.LayerAvailabilityUnavailable || got.Failures[0].FailureCode != types.LayerFailureCodeInvalidLayerDigest {
		t.Errorf("availability: %+v", got)
	}
	elsewhere := must[*ecr.BatchCheckLayerAvailabilityOutput](t)(w.ecr.BatchCheckLayerAvailability(ctx, &ecr.BatchCheckLayerAvailabilityInput{
		RepositoryName: aws.String("other"), LayerDigests: []string{sha(content)}}))
	if elsewhere.Layers[0].LayerAvailability != types.LayerAvailabilityUnavailable {
		t.Error("a layer of one repository is in another")
	}
	_, err := w.ecr.GetDownloadUrlForLayer(ctx, &ecr.GetDownloadUrlForLayerInput{RepositoryName: name, LayerDigest: &none})
	wantError(t, err, "LayersNotFoundException", "The layer with digest '"+none+"' does not exist in the repository with name 'shop' in the registry with id '000000000000'")
}

func TestUploadsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	name := aws.String("shop")
	content := []byte("content")
	w.upload("shop", content, 3)
	begin := func() *string {
		return must[*ecr.InitiateLayerUploadOutput](t)(w.ecr.InitiateLayerUpload(ctx, &ecr.InitiateLayerUploadInput{RepositoryName: name})).UploadId
	}
	part := func(upload *string, first int64, content string) error {
		_, err := w.ecr.UploadLayerPart(ctx, &ecr.UploadLayerPartInput{RepositoryName: name, UploadId: upload,
			PartFirstByte: &first, PartLastByte: aws.Int64(first + int64(len(content)) - 1), LayerPartBlob: []byte(content)})
		return err
	}
	complete := func(upload *string, digest string) error {
		_, err := w.ecr.CompleteLayerUpload(ctx, &ecr.CompleteLayerUploadInput{RepositoryName: name, UploadId: upload, LayerDigests: []string{digest}})
		return err
	}
	upload := begin()
	wantError(t, complete(upload, sha(content)), "EmptyUploadException", "The upload with id '"+*upload+"' contains no layer parts")
	if err := part(upload, 0, "cont"); err != nil {
		t.Fatal(err)
	}
	err := part(upload, 5, "ent")
	wantError(t, err, "InvalidLayerPartException", "Layer part with first byte 5 must begin behind the last byte received, 3")
	var gap *types.InvalidLayerPartException
	if !errors.As(err, &gap) || *gap.LastValidByteReceived != 3 || *gap.UploadId != *upload {
		t.Errorf("the exception says %+v", gap)
	}
	wantError(t, complete(upload, sha([]byte("other"))), "InvalidLayerException", "The layer uploaded does not have the digest '"+sha([]byte("other"))+"'")
	gone := "The upload with id '" + *upload + "' does not exist in the repository with name 'shop' in the registry with id '000000000000'"
	wantError(t, part(upload, 4, "ent"), "UploadNotFoundException", gone)
	wantError(t, complete(upload, sha(content)), "UploadNotFoundException", gone)

	again := begin()
	if err := part(again, 0, string(content)); err != nil {
		t.Fatal(err)
	}
	wantError(t, complete(again, sha(content)), "LayerAlreadyExistsException", "Layer with digest '"+sha(content)+"' already exists in the repository with name 'shop' in the registry with id '000000000000'")
	_, err = w.ecr.UploadLayerPart(ctx, &ecr.UploadLayerPartInput{RepositoryName: name, UploadId: again,
		PartFirstByte: aws.Int64(0), PartLastByte: aws.Int64(9), LayerPartBlob: []byte("x")})
	wantError(t, err, "InvalidParameterException", "Invalid parameter at 'partLastByte' failed to satisfy constraint: 'must be the position of the last byte of layerPartBlob'")
}

// TestPartsOfTheSizeThatWeAskFor are not larger than a request may be.
func TestPartsOfTheSizeThatWeAskFor(t *testing.T) {
	w := newWorld(t)
	w.create("shop")
	begun := must[*ecr.InitiateLayerUploadOutput](t)(w.ecr.InitiateLayerUpload(t.Context(), &ecr.InitiateLayerUploadInput{RepositoryName: aws.String("shop")}))
	w.upload("shop", make([]byte, *begun.PartSize+1), int(*begun.PartSize))
}

func TestDownloadURL(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.create("shop")
	content, other := []byte("content"), []byte("other content")
	w.upload("shop", content, 100)
	w.upload("shop", other, 100)
	in := &ecr.GetDownloadUrlForLayerInput{RepositoryName: aws.String("shop"), LayerDigest: aws.String(sha(content))}
	address := *must[*ecr.GetDownloadUrlForLayerOutput](t)(w.ecr.GetDownloadUrlForLayer(ctx, in)).DownloadUrl
	get := func(method, address string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	if status, body := get("GET", address); status != 200 || body != string(content) {
		t.Errorf("download: %d %s", status, body)
	}
	for what, request := range map[string][2]string{
		"another layer":   {"GET", strings.Replace(address, sha(content), sha(other), 1)},
		"another use":     {"DELETE", address},
		"without a pass":  {"GET", strings.Split(address, "?")[0]},
		"a tampered pass": {"GET", address + "A"},
	} {
		if status, body := get(request[0], request[1]); status != 401 {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	w.ahead.Store(int64(61 * time.Minute))
	if status, _ := get("GET", address); status != 401 {
		t.Errorf("an hour later: %d", status)
	}
}
