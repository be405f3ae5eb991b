// Package metadatatest is the contract that every implementation of the
// registry's Repositories and Images keeps. It decides what a correct answer
// is; it may not know how an implementation stores anything.
package metadatatest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
)

// Subject is one empty implementation under test.
type Subject struct {
	Repositories     registry.Repositories
	Images           registry.Images
	CreateRepository func(name string, immutable bool)
}

// Run runs the contract against fresh subjects.
func Run(t *testing.T, fresh func(*testing.T) Subject) {
	for name, test := range map[string]func(*testing.T, Subject){
		"names are paged in order":                namesArePaged,
		"unknown repositories are refused":        unknownRepositories,
		"a tag leads to its image":                tagsLeadToImages,
		"tags move":                               tagsMove,
		"an immutable tag stays":                  immutableTagsStay,
		"a refused push changes nothing":          refusedPushChangesNothing,
		"a second push keeps the time":            secondPushKeepsTime,
		"the last tag takes the image":            lastTagTakesImage,
		"deleting by digest takes all tags":       digestTakesTags,
		"children of an index stay":               childrenStay,
		"an index needs its children":             indexNeedsChildren,
		"images are sorted and whole":             imagesAreSorted,
		"pulls are recorded":                      pullsAreRecorded,
		"what is returned belongs to the caller":  resultsAreCopies,
		"repositories do not share their content": repositoriesAreApart,
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			s.CreateRepository("shop/web", false)
			s.CreateRepository("shop/fixed", true)
			test(t, s)
		})
	}
}

// pushedAt has no fraction: implementations may store milliseconds.
var pushedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func image(name string) registry.Image {
	return registry.Image{
		Digest:            blob.Of(blob.SHA256, []byte(name)),
		MediaType:         "application/vnd.oci.image.manifest.v1+json",
		ArtifactMediaType: "application/vnd.oci.image.config.v1+json",
		ArtifactType:      "application/vnd.example." + name,
		Bytes:             int64(1000 + len(name)),
		Subject:           blob.Of(blob.SHA256, []byte("subject of "+name)),
		PushedAt:          pushedAt,
	}
}

func put(t *testing.T, s Subject, repository string, image registry.Image, tags ...string) {
	t.Helper()
	if err := s.Images.PutImage(context.Background(), repository, image, tags); err != nil {
		t.Fatalf("PutImage(%s, %v): %v", repository, tags, err)
	}
}

func get(t *testing.T, s Subject, repository string, reference registry.Reference) registry.Image {
	t.Helper()
	got, err := s.Images.Image(context.Background(), repository, reference)
	if err != nil {
		t.Fatalf("Image(%s, %s): %v", repository, reference, err)
	}
	return got
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

func wantSame(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func absent(t *testing.T, s Subject, repository string, reference registry.Reference) {
	t.Helper()
	_, err := s.Images.Image(context.Background(), repository, reference)
	wantErr(t, err, registry.ErrImageUnknown)
}

func namesArePaged(t *testing.T, s Subject) {
	ctx := context.Background()
	s.CreateRepository("apps", false)
	for _, step := range []struct {
		after string
		limit int
		want  []string
	}{
		{"", 10, []string{"apps", "shop/fixed", "shop/web"}},
		{"", 2, []string{"apps", "shop/fixed"}},
		{"shop/fixed", 2, []string{"shop/web"}},
		{"b", 1, []string{"shop/fixed"}},
		{"shop/web", 5, nil},
	} {
		got, err := s.Repositories.Names(ctx, step.after, step.limit)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, got, step.want)
	}
}

func unknownRepositories(t *testing.T, s Subject) {
	ctx := context.Background()
	if err := s.Repositories.Repository(ctx, "shop/web"); err != nil {
		t.Error(err)
	}
	wantErr(t, s.Repositories.Repository(ctx, "none"), registry.ErrRepositoryUnknown)
	_, err := s.Images.Image(ctx, "none", registry.Reference{Tag: "v1"})
	wantErr(t, err, registry.ErrRepositoryUnknown)
	_, err = s.Images.Images(ctx, "none")
	wantErr(t, err, registry.ErrRepositoryUnknown)
	wantErr(t, s.Images.PutImage(ctx, "none", image("a"), nil), registry.ErrRepositoryUnknown)
	_, err = s.Images.DeleteImage(ctx, "none", registry.Reference{Tag: "v1"})
	wantErr(t, err, registry.ErrRepositoryUnknown)
	wantErr(t, s.Images.RecordPull(ctx, "none", image("a").Digest, pushedAt), registry.ErrRepositoryUnknown)
}

func tagsLeadToImages(t *testing.T, s Subject) {
	a := image("a")
	put(t, s, "shop/web", a, "v1", "latest")
	a.Tags = []string{"latest", "v1"}
	wantSame(t, get(t, s, "shop/web", registry.Reference{Tag: "v1"}), a)
	wantSame(t, get(t, s, "shop/web", registry.Reference{Digest: a.Digest}), a)
	absent(t, s, "shop/web", registry.Reference{Tag: "v2"})
	absent(t, s, "shop/web", registry.Reference{Digest: image("b").Digest})
}

func tagsMove(t *testing.T, s Subject) {
	put(t, s, "shop/web", image("a"), "latest")
	put(t, s, "shop/web", image("b"), "latest")
	wantSame(t, get(t, s, "shop/web", registry.Reference{Tag: "latest"}).Digest, image("b").Digest)
	wantSame(t, get(t, s, "shop/web", registry.Reference{Digest: image("a").Digest}).Tags, []string(nil))
}

func immutableTagsStay(t *testing.T, s Subject) {
	ctx := context.Background()
	put(t, s, "shop/fixed", image("a"), "v1")
	for _, name := range []string{"a", "b"} {
		err := s.Images.PutImage(ctx, "shop/fixed", image(name), []string{"v1"})
		var immutable *registry.TagImmutableError
		if !errors.As(err, &immutable) || immutable.Tag != "v1" {
			t.Errorf("push of %s to an immutable tag: %v", name, err)
		}
	}
	put(t, s, "shop/fixed", image("a"))
	put(t, s, "shop/fixed", image("a"), "v2")
	wantSame(t, get(t, s, "shop/fixed", registry.Reference{Tag: "v1"}).Tags, []string{"v1", "v2"})
}

func refusedPushChangesNothing(t *testing.T, s Subject) {
	put(t, s, "shop/fixed", image("a"), "v1")
	if err := s.Images.PutImage(context.Background(), "shop/fixed", image("b"), []string{"v2", "v1"}); err == nil {
		t.Error("the push was not refused")
	}
	absent(t, s, "shop/fixed", registry.Reference{Tag: "v2"})
	absent(t, s, "shop/fixed", registry.Reference{Digest: image("b").Digest})
}

func secondPushKeepsTime(t *testing.T, s Subject) {
	put(t, s, "shop/web", image("a"), "v1")
	later := image("a")
	later.PushedAt = pushedAt.Add(time.Hour)
	put(t, s, "shop/web", later, "v2")
	if got := get(t, s, "shop/web", registry.Reference{Tag: "v2"}); !got.PushedAt.Equal(pushedAt) {
		t.Errorf("PushedAt is %v, want %v", got.PushedAt, pushedAt)
	}
}

func lastTagTakesImage(t *testing.T, s Subject) {
	ctx := context.Background()
	a := image("a")
	put(t, s, "shop/web", a, "v1", "v2")
	gone, err := s.Images.DeleteImage(ctx, "shop/web", registry.Reference{Tag: "v1"})
	if err != nil || len(gone) != 0 {
		t.Fatalf("DeleteImage(v1) = %v, %v", gone, err)
	}
	absent(t, s, "shop/web", registry.Reference{Tag: "v1"})
	wantSame(t, get(t, s, "shop/web", registry.Reference{Digest: a.Digest}).Tags, []string{"v2"})
	gone, err = s.Images.DeleteImage(ctx, "shop/web", registry.Reference{Tag: "v2"})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, gone, []blob.Digest{a.Digest})
	absent(t, s, "shop/web", registry.Reference{Digest: a.Digest})
	_, err = s.Images.DeleteImage(ctx, "shop/web", registry.Reference{Tag: "v2"})
	wantErr(t, err, registry.ErrImageUnknown)
}

func digestTakesTags(t *testing.T, s Subject) {
	a := image("a")
	put(t, s, "shop/fixed", a, "v1", "v2")
	if _, err := s.Images.DeleteImage(context.Background(), "shop/fixed", registry.Reference{Digest: a.Digest}); err != nil {
		t.Fatal(err)
	}
	absent(t, s, "shop/fixed", registry.Reference{Tag: "v1"})
	put(t, s, "shop/fixed", image("b"), "v1") // a deleted tag may be used again
}

func index(name string, children ...registry.Image) registry.Image {
	i := image(name)
	i.MediaType = "application/vnd.oci.image.index.v1+json"
	i.ArtifactMediaType = ""
	for _, child := range children {
		i.Children = append(i.Children, child.Digest)
	}
	return i
}

func childrenStay(t *testing.T, s Subject) {
	ctx := context.Background()
	a := image("a")
	put(t, s, "shop/web", a, "amd64")
	list := index("list", a)
	put(t, s, "shop/web", list, "multi")
	for _, reference := range []registry.Reference{{Digest: a.Digest}, {Tag: "amd64"}} {
		_, err := s.Images.DeleteImage(ctx, "shop/web", reference)
		wantErr(t, err, registry.ErrImageReferenced)
	}
	wantSame(t, get(t, s, "shop/web", registry.Reference{Tag: "multi"}).Children, list.Children)
	for _, reference := range []registry.Reference{{Tag: "multi"}, {Tag: "amd64"}} {
		if _, err := s.Images.DeleteImage(ctx, "shop/web", reference); err != nil {
			t.Errorf("DeleteImage(%s): %v", reference, err)
		}
	}
}

func indexNeedsChildren(t *testing.T, s Subject) {
	list := index("list", image("never pushed"))
	err := s.Images.PutImage(context.Background(), "shop/web", list, []string{"multi"})
	wantErr(t, err, registry.ErrImageUnknown)
	absent(t, s, "shop/web", registry.Reference{Tag: "multi"})
}

func imagesAreSorted(t *testing.T, s Subject) {
	names := []string{"a", "b", "c", "d", "e"}
	for _, name := range names {
		put(t, s, "shop/web", image(name), "tag-"+name)
	}
	got, err := s.Images.Images(context.Background(), "shop/web")
	if err != nil || len(got) != len(names) {
		t.Fatalf("Images = %d images, %v", len(got), err)
	}
	for i := range got {
		if i > 0 && got[i].Digest <= got[i-1].Digest {
			t.Errorf("%s is listed after %s", got[i].Digest, got[i-1].Digest)
		}
		wantSame(t, got[i], get(t, s, "shop/web", registry.Reference{Digest: got[i].Digest}))
	}
}

func pullsAreRecorded(t *testing.T, s Subject) {
	ctx := context.Background()
	a := image("a")
	put(t, s, "shop/web", a, "v1")
	if got := get(t, s, "shop/web", registry.Reference{Tag: "v1"}); !got.LastPulledAt.IsZero() {
		t.Errorf("LastPulledAt is %v before the first pull", got.LastPulledAt)
	}
	at := pushedAt.Add(time.Minute)
	if err := s.Images.RecordPull(ctx, "shop/web", a.Digest, at); err != nil {
		t.Fatal(err)
	}
	put(t, s, "shop/web", a, "v2")
	if got := get(t, s, "shop/web", registry.Reference{Tag: "v1"}); !got.LastPulledAt.Equal(at) {
		t.Errorf("LastPulledAt is %v, want %v", got.LastPulledAt, at)
	}
	wantErr(t, s.Images.RecordPull(ctx, "shop/web", image("b").Digest, at), registry.ErrImageUnknown)
}

func resultsAreCopies(t *testing.T, s Subject) {
	a := image("a")
	put(t, s, "shop/web", a)
	put(t, s, "shop/web", index("list", a), "multi")
	got := get(t, s, "shop/web", registry.Reference{Tag: "multi"})
	got.Tags[0], got.Children[0] = "changed", "changed"
	again := get(t, s, "shop/web", registry.Reference{Tag: "multi"})
	wantSame(t, again.Tags, []string{"multi"})
	wantSame(t, again.Children, []blob.Digest{a.Digest})
}

func repositoriesAreApart(t *testing.T, s Subject) {
	put(t, s, "shop/web", image("a"), "v1")
	absent(t, s, "shop/fixed", registry.Reference{Tag: "v1"})
	absent(t, s, "shop/fixed", registry.Reference{Digest: image("a").Digest})
}
