package stored_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/registry/stored"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func digest(name string) blob.Digest { return blob.Of(blob.SHA256, []byte(name)) }

func (w *world) put(repository, name string, at time.Time, tags ...string) {
	w.t.Helper()
	image := registry.Image{Digest: digest(name), MediaType: "application/vnd.oci.image.manifest.v1+json", PushedAt: at}
	if err := w.PutImage(context.Background(), repository, image, tags); err != nil {
		w.t.Fatal(err)
	}
}

// tags returns the tags of each image of a repository, by digest.
func (w *world) tags(repository string) map[blob.Digest][]string {
	w.t.Helper()
	images, err := w.Images(context.Background(), repository)
	if err != nil {
		w.t.Fatal(err)
	}
	all := make(map[blob.Digest][]string)
	for _, i := range images {
		all[i.Digest] = i.Tags
	}
	return all
}

func wantSame(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEverythingIsThereAfterARestart(t *testing.T) {
	log := memlog.New(memlog.Options{})
	open := func() *stored.Metadata {
		db, err := store.Open(t.Context(), log, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var c model.Change
		if _, ok := store.Get[*model.Repository](db.View(), account+"/shop"); !ok {
			c.Put(&model.Repository{Account: account, Name: "shop"})
			if _, err := db.Commit(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		return stored.New(db, nil, stored.Options{})
	}
	first := open()
	image := registry.Image{Digest: digest("a"), MediaType: "m", ArtifactMediaType: "c", ArtifactType: "t", Bytes: 7,
		Subject: digest("subject"), PushedAt: start.Add(123456789)}
	if err := first.PutImage(t.Context(), "shop", image, []string{"v1"}); err != nil {
		t.Fatal(err)
	}
	if err := first.RecordPull(t.Context(), "shop", image.Digest, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	before, err := first.Images(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	after, err := open().Images(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, after, before)
}

func TestTagsThatAreExcluded(t *testing.T) {
	w := newWorld(t, stored.Options{})
	w.create("shop", "IMMUTABLE_WITH_EXCLUSION", "dev-*")
	w.put("shop", "a", start, "dev-1", "v1")
	w.put("shop", "b", start, "dev-1")
	var immutable *registry.TagImmutableError
	err := w.PutImage(t.Context(), "shop", registry.Image{Digest: digest("b")}, []string{"v1"})
	if !errors.As(err, &immutable) {
		t.Errorf("v1 moved: %v", err)
	}
	wantSame(t, w.tags("shop"), map[blob.Digest][]string{digest("a"): {"v1"}, digest("b"): {"dev-1"}})
}

func TestAnImmutableTagIsGivenOnce(t *testing.T) {
	w := newWorld(t, stored.Options{})
	w.create("shop", "IMMUTABLE")
	var wait sync.WaitGroup
	won := make([]bool, 50)
	for i := range won {
		wait.Go(func() {
			err := w.PutImage(t.Context(), "shop", registry.Image{Digest: digest(fmt.Sprint(i)), PushedAt: start}, []string{"v1"})
			var immutable *registry.TagImmutableError
			if won[i] = err == nil; !won[i] && !errors.As(err, &immutable) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	at := slices.Index(won, true)
	if at < 0 || slices.Contains(won[at+1:], true) {
		t.Fatalf("the tag was given to %v", won)
	}
	wantSame(t, w.tags("shop"), map[blob.Digest][]string{digest(fmt.Sprint(at)): {"v1"}})
}

// TestTagsOfOneImageAreDeletedAtOnce has an image whose tags are more than a
// batch, among others, and many deletions that are more than one batch too.
func TestTagsOfOneImageAreDeletedAtOnce(t *testing.T) {
	w := newWorld(t, stored.Options{})
	w.create("shop", "MUTABLE")
	for i := 0; i < stored.MaxTags; i += 111 {
		var tags []string
		for j := i; j < min(i+111, stored.MaxTags); j++ {
			tags = append(tags, fmt.Sprintf("t%03d", j))
		}
		w.put("shop", "many", start, tags...)
	}
	err := w.PutImage(t.Context(), "shop", registry.Image{Digest: digest("many")}, []string{"more"})
	if !errors.Is(err, registry.ErrLimitExceeded) {
		t.Errorf("one tag more: %v", err)
	}
	var selections []stored.Selection
	for i := range 150 {
		w.put("shop", fmt.Sprint(i), start, fmt.Sprint(i))
		selections = append(selections, stored.Selection{Tag: fmt.Sprint(i)})
	}
	selections[70] = stored.Selection{Digest: digest("many")}
	done, err := w.DeleteImages(t.Context(), "shop", selections)
	if err != nil || len(done) != 150 {
		t.Fatalf("%d deletions, %v", len(done), err)
	}
	for i, d := range done {
		if d.Err != nil || !d.Image {
			t.Errorf("deletion %d: %+v", i, d)
		}
	}
	wantSame(t, len(done[70].Tags), stored.MaxTags)
	wantSame(t, w.tags("shop"), map[blob.Digest][]string{digest("70"): {"70"}})
}

func TestADeletedRepositoryLeavesNothing(t *testing.T) {
	w := newWorld(t, stored.Options{})
	w.create("shop", "MUTABLE")
	w.create("shop/web", "MUTABLE")
	content := []byte("layer")
	if err := w.blobs.Put(t.Context(), "shop", content, blob.Of(blob.SHA256, content)); err != nil {
		t.Fatal(err)
	}
	for i := range 130 {
		w.put("shop", fmt.Sprint(i), start, fmt.Sprint(i))
	}
	w.put("shop/web", "a", start, "v1")
	if _, err := w.DeleteRepository(t.Context(), "shop", false); !errors.Is(err, stored.ErrNotEmpty) {
		t.Errorf("without force: %v", err)
	}
	deleted, err := w.DeleteRepository(t.Context(), "shop", true)
	if err != nil || deleted.Name != "shop" {
		t.Fatalf("%+v, %v", deleted, err)
	}
	if _, err := w.DeleteRepository(t.Context(), "shop", true); !errors.Is(err, registry.ErrRepositoryUnknown) {
		t.Errorf("again: %v", err)
	}
	if _, err := w.blobs.Held("shop", blob.Of(blob.SHA256, content)); !errors.Is(err, blob.ErrUnknown) {
		t.Errorf("its blobs are held: %v", err)
	}
	v := w.db.View()
	if images, tags := store.Len[*model.Image](v), store.Len[*model.ImageTag](v); images != 1 || tags != 1 {
		t.Errorf("%d images and %d tags are left", images, tags)
	}
}

// TestIndexesAndTheirImages: while one pushes an index and another deletes its
// image, never is there an index without its image.
func TestIndexesAndTheirImages(t *testing.T) {
	w := newWorld(t, stored.Options{})
	w.create("shop", "MUTABLE")
	for range 30 {
		w.put("shop", "child", start)
		var wait sync.WaitGroup
		wait.Go(func() {
			index := registry.Image{Digest: digest("index"), PushedAt: start, Children: []blob.Digest{digest("child")}}
			if err := w.PutImage(t.Context(), "shop", index, nil); err != nil && !errors.Is(err, registry.ErrImageUnknown) {
				t.Error(err)
			}
		})
		wait.Go(func() {
			_, err := w.DeleteImage(t.Context(), "shop", registry.Reference{Digest: digest("child")})
			if err != nil && !errors.Is(err, registry.ErrImageReferenced) {
				t.Error(err)
			}
		})
		wait.Wait()
		all := w.tags("shop")
		_, child := all[digest("child")]
		_, index := all[digest("index")]
		if child != index {
			t.Fatalf("index %v, its image %v", index, child)
		}
		if index {
			if _, err := w.DeleteImages(t.Context(), "shop", []stored.Selection{{Digest: digest("index")}, {Digest: digest("child")}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLifecyclePoliciesAreEvaluatedOnceADay(t *testing.T) {
	w := newWorld(t, stored.Options{})
	var c model.Change
	c.Put(&model.Repository{Account: account, Name: "shop", LifecyclePolicy: `{"rules": [{"rulePriority": 1, "selection": ` +
		`{"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}, "action": {"type": "expire"}}]}`})
	c.Put(&model.Repository{Account: account, Name: "other"})
	if _, err := w.db.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	w.put("other", "old", start.Add(-90*24*time.Hour))
	w.put("shop", "old", start.Add(-25*time.Hour))
	w.put("shop", "tagged", start.Add(-25*time.Hour), "v1")
	signature := registry.Image{Digest: digest("signature"), Subject: digest("tagged"), PushedAt: start.Add(-25 * time.Hour)}
	if err := w.PutImage(t.Context(), "shop", signature, nil); err != nil {
		t.Fatal(err)
	}
	w.put("shop", "young", start.Add(-23*time.Hour))
	expire := func(at time.Time, want int) {
		t.Helper()
		if n, err := w.Expire(t.Context(), at); n != want || err != nil {
			t.Errorf("Expire = %d, %v, want %d", n, err, want)
		}
	}
	expire(start, 1)
	rev := w.db.View().Rev()
	expire(start.Add(23*time.Hour), 0) // not due: nothing is written
	wantSame(t, w.db.View().Rev(), rev)
	wantSame(t, w.tags("shop"), map[blob.Digest][]string{digest("tagged"): {"v1"}, digest("young"): nil, digest("signature"): nil})
	expire(start.Add(24*time.Hour), 1)
	if _, err := w.DeleteImage(t.Context(), "shop", registry.Reference{Tag: "v1"}); err != nil {
		t.Fatal(err)
	}
	expire(start.Add(48*time.Hour), 1) // the signature of what is gone
	r, _ := store.Get[*model.Repository](w.db.View(), account+"/shop")
	wantSame(t, r.LifecycleEvaluated, start.Add(48*time.Hour))
	wantSame(t, len(w.tags("other")), 1)
}
