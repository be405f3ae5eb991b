package registry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	oracle "github.com/google/go-containerregistry/pkg/registry"
	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
	"github.com/roadstead/roadstead/registry/memory"
)

// pair is two registries that get the same requests: go-containerregistry's
// and ours. Requests about which the specification leaves a choice, and those
// where ECR's rules say otherwise, are not sent, or are followed by what makes
// the two alike again.
type pair struct {
	t      *rapid.T
	ours   http.Handler
	theirs http.Handler

	blobs     [][]byte            // that both have
	manifests map[string]manifest // by digest, that both have
	tags      map[string]string   // tag -> digest
	children  map[string]bool     // digests that an index needs
}

func TestDifferential(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "registry")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		store, err := blob.Open(dir, blob.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		metadata := memory.New()
		metadata.CreateRepository("repo", false)
		p := &pair{t: t, manifests: map[string]manifest{}, tags: map[string]string{}, children: map[string]bool{},
			ours:   registry.New(store, metadata, metadata, registry.Anyone, registry.Options{}),
			theirs: oracle.New(oracle.Logger(log.New(io.Discard, "", 0)), oracle.WithReferrersSupport(true))}
		p.pushBlob()
		p.pushImage() // to theirs, a repository exists with its first image
		steps := []func(){p.pushBlob, p.pushBlob, p.pushImage, p.pushIndex, p.readBlob, p.readManifest, p.listTags,
			p.listReferrers, p.deleteTag, p.deleteImage, p.wrongDigest, p.outOfOrder}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			steps[rapid.IntRange(0, len(steps)-1).Draw(t, "step")]()
		}
	})
}

func send(h http.Handler, method, path string, body []byte, headers ...string) answer {
	request := httptest.NewRequest(method, path, bytes.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

// both sends a request to both and compares what the specification fixes.
func (p *pair) both(method, path string, body []byte, headers ...string) answer {
	return p.bothAt(method, path, path, body, headers...)
}

// bothAt is both for uploads, which have a location of their own in each.
func (p *pair) bothAt(method, oursAt, theirsAt string, body []byte, headers ...string) answer {
	ours, theirs := send(p.ours, method, oursAt, body, headers...), send(p.theirs, method, theirsAt, body, headers...)
	if ours.status != theirs.status {
		p.t.Fatalf("%s %s %v: ours %d %s, theirs %d %s", method, oursAt, headers, ours.status, ours.body, theirs.status, theirs.body)
	}
	names := []string{"Docker-Content-Digest"}
	if method == "GET" || method == "HEAD" {
		names = append(names, "Content-Range", "Content-Length")
	}
	if ours.status < 300 {
		for _, name := range names {
			if a, b := ours.header.Get(name), theirs.header.Get(name); a != b && b != "" {
				p.t.Fatalf("%s %s %v: %s: ours %q, theirs %q", method, oursAt, headers, name, a, b)
			}
		}
		if method == "GET" && !strings.Contains(oursAt, "referrers") && !bytes.Equal(ours.body, theirs.body) {
			p.t.Fatalf("%s %s %v: ours %q, theirs %q", method, oursAt, headers, ours.body, theirs.body)
		}
	}
	return ours
}

func (p *pair) begin() (ours, theirs string) {
	const path = "/v2/repo/blobs/uploads/"
	a, b := send(p.ours, "POST", path, nil), send(p.theirs, "POST", path, nil)
	if a.status != b.status {
		p.t.Fatalf("POST: ours %d, theirs %d", a.status, b.status)
	}
	return a.header.Get("Location"), b.header.Get("Location")
}

func (p *pair) content() []byte {
	return rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(p.t, "content")
}

func (p *pair) pushBlob() {
	content := p.content()
	p.upload(content, rapid.IntRange(0, 2).Draw(p.t, "way"))
	p.blobs = append(p.blobs, content)
}

func (p *pair) upload(content []byte, way int) {
	d := sha(content)
	switch way {
	case 0:
		p.both("POST", "/v2/repo/blobs/uploads/?digest="+d, content)
	case 1:
		ours, theirs := p.begin()
		p.bothAt("PUT", ours+"?digest="+d, theirs+"?digest="+d, content)
	case 2:
		ours, theirs := p.begin()
		sent := 0
		for sent < len(content) {
			n := rapid.IntRange(1, len(content)-sent).Draw(p.t, "chunk")
			contentRange := fmt.Sprintf("Content-Range: %d-%d", sent, sent+n-1)
			p.bothAt("PATCH", ours, theirs, content[sent:sent+n], contentRange)
			sent += n
		}
		p.bothAt("PUT", ours+"?digest="+d, theirs+"?digest="+d, nil)
	}
	p.both("HEAD", "/v2/repo/blobs/"+d, nil)
}

func (p *pair) describe(media string, content []byte) desc {
	return desc{MediaType: media, Digest: sha(content), Size: len(content)}
}

func (p *pair) pushImage() {
	config := []byte(fmt.Sprintf(`{"n":%d}`, rapid.IntRange(0, 50).Draw(p.t, "config")))
	p.upload(config, 1)
	described := p.describe(ociConfig, config)
	m := manifest{SchemaVersion: 2, MediaType: ociManifest, Config: &described}
	for range rapid.IntRange(0, 3).Draw(p.t, "layers") {
		m.Layers = append(m.Layers, p.describe(ociLayer, rapid.SampledFrom(p.blobs).Draw(p.t, "layer")))
	}
	if known := p.digests(); len(known) > 0 && rapid.Bool().Draw(p.t, "has subject") {
		d := rapid.SampledFrom(known).Draw(p.t, "subject")
		m.Subject = &desc{MediaType: ociManifest, Digest: d, Size: 1}
	}
	p.put(m)
}

func (p *pair) pushIndex() {
	m := manifest{SchemaVersion: 2, MediaType: ociIndex}
	for _, d := range p.digests() {
		if rapid.Bool().Draw(p.t, "child") {
			child := p.manifests[d]
			m.Manifests = append(m.Manifests, desc{MediaType: child.MediaType, Digest: d, Size: len(p.encode(child))})
			p.children[d] = true
		}
	}
	p.put(m)
}

func (p *pair) encode(m manifest) []byte {
	raw, err := json.Marshal(m)
	if err != nil {
		p.t.Fatal(err)
	}
	return raw
}

func (p *pair) put(m manifest) {
	raw := p.encode(m)
	reference := rapid.SampledFrom([]string{"v1", "v2", "latest", ""}).Draw(p.t, "tag")
	if reference != "" {
		p.tags[reference] = sha(raw)
	} else {
		reference = sha(raw)
	}
	p.manifests[sha(raw)] = m
	p.both("PUT", "/v2/repo/manifests/"+reference, raw, "Content-Type: "+m.MediaType)
}

func (p *pair) digests() []string {
	var known []string
	for d := range p.manifests {
		known = append(known, d)
	}
	slices.Sort(known)
	return known
}

func (p *pair) readBlob() {
	content := rapid.SampledFrom(append([][]byte{[]byte("never pushed")}, p.blobs...)).Draw(p.t, "blob")
	path := "/v2/repo/blobs/" + sha(content)
	p.both("HEAD", path, nil)
	p.both("GET", path, nil)
	first := rapid.IntRange(0, len(content)-1).Draw(p.t, "first")
	last := rapid.IntRange(first, len(content)-1).Draw(p.t, "last")
	p.both("GET", path, nil, fmt.Sprintf("Range: bytes=%d-%d", first, last))
}

func (p *pair) readManifest() {
	reference := rapid.SampledFrom(append(p.digests(), "v1", "v2", "latest", "none", absentDigest)).Draw(p.t, "reference")
	for _, method := range []string{"HEAD", "GET"} {
		p.both(method, "/v2/repo/manifests/"+reference, nil)
	}
}

func (p *pair) listTags() {
	if len(p.tags) == 0 {
		return // they say null for an empty list, the specification []
	}
	p.both("GET", "/v2/repo/tags/list", nil)
	p.both("GET", fmt.Sprintf("/v2/repo/tags/list?n=%d", rapid.IntRange(1, 5).Draw(p.t, "n")), nil)
	p.both("GET", "/v2/_catalog", nil)
}

func (p *pair) listReferrers() {
	known := p.digests()
	if len(known) == 0 {
		return
	}
	path := "/v2/repo/referrers/" + rapid.SampledFrom(known).Draw(p.t, "subject")
	list := func(a answer) []string {
		var index manifest
		if err := json.Unmarshal(a.body, &index); err != nil {
			p.t.Fatal(err)
		}
		found := map[string]bool{} // they list an image once more for each tag
		for _, d := range index.Manifests {
			found[d.Digest] = true
		}
		var digests []string
		for d := range found {
			digests = append(digests, d)
		}
		slices.Sort(digests)
		return digests
	}
	ours, theirs := list(send(p.ours, "GET", path, nil)), list(send(p.theirs, "GET", path, nil))
	if !slices.Equal(ours, theirs) {
		p.t.Fatalf("GET %s: ours %v, theirs %v", path, ours, theirs)
	}
}

// deleteTag deletes a tag. With the last one ECR's image goes, theirs stays.
func (p *pair) deleteTag() {
	tag := rapid.SampledFrom([]string{"v1", "v2", "latest", "none"}).Draw(p.t, "tag")
	d, exists := p.tags[tag]
	others := 0
	for _, other := range p.tags {
		if other == d {
			others++
		}
	}
	if exists && others == 1 && p.children[d] {
		return // ECR does not let it go
	}
	p.both("DELETE", "/v2/repo/manifests/"+tag, nil)
	delete(p.tags, tag)
	if exists && others == 1 {
		send(p.theirs, "DELETE", "/v2/repo/manifests/"+d, nil)
		delete(p.manifests, d)
	}
}

// deleteImage deletes by digest. The tags go too, which theirs are told.
func (p *pair) deleteImage() {
	d := rapid.SampledFrom(append(p.digests(), absentDigest)).Draw(p.t, "image")
	if p.children[d] {
		return
	}
	p.both("DELETE", "/v2/repo/manifests/"+d, nil)
	delete(p.manifests, d)
	for tag, of := range p.tags {
		if of == d {
			send(p.theirs, "DELETE", "/v2/repo/manifests/"+tag, nil)
			delete(p.tags, tag)
		}
	}
	p.both("GET", "/v2/repo/manifests/"+d, nil)
}

func (p *pair) wrongDigest() {
	content := p.content()
	ours, theirs := p.begin()
	p.bothAt("PUT", ours+"?digest="+absentDigest, theirs+"?digest="+absentDigest, content)
	p.both("POST", "/v2/repo/blobs/uploads/?digest="+absentDigest, content)
	p.both("GET", "/v2/repo/blobs/"+absentDigest, nil)
}

func (p *pair) outOfOrder() {
	content := p.content()
	ours, theirs := p.begin()
	skip := rapid.IntRange(1, 50).Draw(p.t, "skip")
	contentRange := fmt.Sprintf("Content-Range: %d-%d", skip, skip+len(content)-1)
	p.bothAt("PATCH", ours, theirs, content, contentRange)
}
