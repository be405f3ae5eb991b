package registry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/registry"
)

// The tests of this file and of conformance_push_test.go are the MUSTs of the OCI distribution specification
// 1.1, in its four categories, each named for what it demands. Options that a
// registry may choose are tested as this one chose them.

type requirement struct {
	name  string
	check func(*testing.T, *server)
}

func conform(t *testing.T, requirements []requirement) {
	for _, r := range requirements {
		t.Run(r.name, func(t *testing.T) {
			s := newServer(t, serverOptions{}, "a", "b", "deep/er/name")
			r.check(t, s)
			if errs := s.failures(); len(errs) > 0 {
				t.Errorf("internal errors: %v", errs)
			}
		})
	}
}

func wantHeader(t *testing.T, a answer, name, want string) {
	t.Helper()
	if got := a.header.Get(name); got != want {
		t.Errorf("%s is %q, want %q", name, got, want)
	}
}

func wantBody(t *testing.T, a answer, want []byte) {
	t.Helper()
	if !bytes.Equal(a.body, want) {
		t.Errorf("body is %.200q, want %.200q", a.body, want)
	}
}

const absentDigest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

func TestConformancePull(t *testing.T) {
	conform(t, []requirement{
		{"GET /v2/ is 200", func(t *testing.T, s *server) {
			wantHeader(t, s.want(200, "GET", "/v2/", nil), "Docker-Distribution-Api-Version", "registry/2.0")
			s.want(200, "GET", "/v2", nil)
		}},
		{"GET and HEAD of a blob: 200, digest, length", func(t *testing.T, s *server) {
			content := []byte("some content")
			d := s.upload("a", content)
			a := s.want(200, "GET", "/v2/a/blobs/"+d, nil)
			wantBody(t, a, content)
			wantHeader(t, a, "Docker-Content-Digest", d)
			wantHeader(t, a, "Content-Type", "application/octet-stream")
			a = s.want(200, "HEAD", "/v2/a/blobs/"+d, nil)
			wantHeader(t, a, "Docker-Content-Digest", d)
			wantHeader(t, a, "Content-Length", "12")
		}},
		{"a blob that is not there: 404", func(t *testing.T, s *server) {
			s.wantCode(404, registry.CodeBlobUnknown, "GET", "/v2/a/blobs/"+absentDigest, nil)
			s.wantCode(404, registry.CodeBlobUnknown, "HEAD", "/v2/a/blobs/"+absentDigest, nil)
		}},
		{"a blob of another repository: 404", func(t *testing.T, s *server) {
			d := s.upload("a", []byte("secret"))
			s.wantCode(404, registry.CodeBlobUnknown, "GET", "/v2/b/blobs/"+d, nil)
			s.wantCode(404, registry.CodeBlobUnknown, "HEAD", "/v2/b/blobs/"+d, nil)
		}},
		{"ranges of a blob as in RFC 9110", func(t *testing.T, s *server) {
			d := s.upload("a", []byte("0123456789"))
			for _, step := range []struct {
				ranges, body, contentRange string
				status                     int
			}{
				{"bytes=0-3", "0123", "bytes 0-3/10", 206},
				{"bytes=4-", "456789", "bytes 4-9/10", 206},
				{"bytes=-3", "789", "bytes 7-9/10", 206},
				{"bytes=8-100", "89", "bytes 8-9/10", 206},
				{"bytes=0-0", "0", "bytes 0-0/10", 206},
				{"bytes=-100", "0123456789", "bytes 0-9/10", 206},
				{"lines=1-2", "0123456789", "", 200},
				{"bytes=5-3", "0123456789", "", 200},
				{"bytes=0-1,3-4", "0123456789", "", 200},
			} {
				a := s.want(step.status, "GET", "/v2/a/blobs/"+d, nil, "Range: "+step.ranges)
				wantBody(t, a, []byte(step.body))
				wantHeader(t, a, "Content-Range", step.contentRange)
			}
			for _, ranges := range []string{"bytes=10-", "bytes=50-60", "bytes=-0"} {
				a := s.wantCode(416, registry.CodeRangeInvalid, "GET", "/v2/a/blobs/"+d, nil, "Range: "+ranges)
				wantHeader(t, a, "Content-Range", "bytes */10")
			}
		}},
		{"GET and HEAD of a manifest by tag and digest", func(t *testing.T, s *server) {
			m := s.image("deep/er/name", "one")
			d := s.push("deep/er/name", "v1", m)
			for _, reference := range []string{"v1", d} {
				a := s.want(200, "GET", "/v2/deep/er/name/manifests/"+reference, nil)
				wantBody(t, a, m.encode(t))
				wantHeader(t, a, "Docker-Content-Digest", d)
				wantHeader(t, a, "Content-Type", ociManifest)
				a = s.want(200, "HEAD", "/v2/deep/er/name/manifests/"+reference, nil)
				wantHeader(t, a, "Docker-Content-Digest", d)
				wantHeader(t, a, "Content-Length", fmt.Sprint(len(m.encode(t))))
			}
		}},
		{"a manifest that is not there: 404", func(t *testing.T, s *server) {
			for _, method := range []string{"GET", "HEAD"} {
				s.wantCode(404, registry.CodeManifestUnknown, method, "/v2/a/manifests/none", nil)
				s.wantCode(404, registry.CodeManifestUnknown, method, "/v2/a/manifests/"+absentDigest, nil)
			}
		}},
		{"a repository that is not there: 404", func(t *testing.T, s *server) {
			a := s.wantCode(404, registry.CodeNameUnknown, "GET", "/v2/none/manifests/v1", nil)
			want := "The repository with name 'none' does not exist in the registry with id '000000000000'"
			if !strings.Contains(string(a.body), want) {
				t.Errorf("message is %s", a.body)
			}
			for _, path := range []string{"blobs/" + absentDigest, "tags/list", "referrers/" + absentDigest, "blobs/uploads/1"} {
				s.wantCode(404, registry.CodeNameUnknown, "GET", "/v2/none/"+path, nil)
			}
			s.wantCode(404, registry.CodeNameUnknown, "POST", "/v2/none/blobs/uploads/", nil)
			s.wantCode(404, registry.CodeNameUnknown, "PUT", "/v2/none/manifests/v1", []byte("{}"))
		}},
		{"names and references are checked", func(t *testing.T, s *server) {
			for _, name := range []string{"A", "a//b", "-a", "a_", "a/../b", "a..b", strings.Repeat("x", 257)} {
				s.wantCode(400, registry.CodeNameInvalid, "GET", "/v2/"+name+"/tags/list", nil)
			}
			s.wantCode(400, registry.CodeDigestInvalid, "GET", "/v2/a/blobs/sha256:abc", nil)
			s.wantCode(400, registry.CodeDigestInvalid, "GET", "/v2/a/blobs/md5:d41d8cd98f00b204e9800998ecf8427e", nil)
			s.wantCode(400, registry.CodeDigestInvalid, "GET", "/v2/a/manifests/sha256:"+strings.Repeat("A", 64), nil)
			s.wantCode(400, registry.CodeManifestInvalid, "GET", "/v2/a/manifests/"+strings.Repeat("x", 129), nil)
		}},
		{"content negotiation by tag", func(t *testing.T, s *server) {
			m := s.image("a", "one")
			d := s.push("a", "v1", m)
			s.want(200, "GET", "/v2/a/manifests/v1", nil, "Accept: "+ociIndex+", "+ociManifest+";q=0.5")
			s.want(200, "GET", "/v2/a/manifests/v1", nil, "Accept: "+ociIndex, "Accept: */*;q=0.1")
			s.wantCode(404, registry.CodeManifestUnknown, "GET", "/v2/a/manifests/v1", nil, "Accept: "+ociIndex)
			s.want(200, "GET", "/v2/a/manifests/"+d, nil, "Accept: "+ociIndex)
		}},
		{"paths and methods beyond the API", func(t *testing.T, s *server) {
			s.wantCode(404, registry.CodeUnsupported, "GET", "/v2/a", nil)
			s.wantCode(404, registry.CodeUnsupported, "GET", "/v1/", nil)
			a := s.wantCode(405, registry.CodeUnsupported, "POST", "/v2/a/manifests/v1", nil)
			wantHeader(t, a, "Allow", "DELETE, GET, HEAD, PUT")
		}},
	})
}

func TestConformanceContentDiscovery(t *testing.T) {
	tags := func(t *testing.T, a answer) []string {
		t.Helper()
		var list struct {
			Name string
			Tags []string
		}
		if err := json.Unmarshal(a.body, &list); err != nil || list.Name != "a" {
			t.Fatalf("%v: %s", err, a.body)
		}
		return list.Tags
	}
	conform(t, []requirement{
		{"no tags: an empty list", func(t *testing.T, s *server) {
			wantBody(t, s.want(200, "GET", "/v2/a/tags/list", nil), []byte(`{"name":"a","tags":[]}`))
		}},
		{"tags in order, in pages, after last", func(t *testing.T, s *server) {
			m := s.image("a", "one")
			want := []string{"A", "B", "a", "b", "c", "v1"}
			for _, tag := range []string{"v1", "b", "A", "c", "a", "B"} {
				s.push("a", tag, m)
			}
			for query, want := range map[string][]string{
				"": want, "?n=2": want[:2], "?n=2&last=B": want[2:4], "?last=b": want[4:], "?n=0": {}, "?n=100": want,
				"?last=zzz": {}, "?n=3&last=aa": want[3:],
			} {
				if diff := cmp.Diff(want, tags(t, s.want(200, "GET", "/v2/a/tags/list"+query, nil))); diff != "" {
					t.Errorf("%s: %s", query, diff)
				}
			}
			wantHeader(t, s.want(200, "GET", "/v2/a/tags/list?n=0", nil), "Link", "")
			wantHeader(t, s.want(200, "GET", "/v2/a/tags/list?n=6", nil), "Link", "")
			wantHeader(t, s.want(200, "GET", "/v2/a/tags/list?n=2", nil), "Link", `</v2/a/tags/list?last=B&n=2>; rel="next"`)
			s.want(400, "GET", "/v2/a/tags/list?n=x", nil)
			s.want(400, "GET", "/v2/a/tags/list?n=-1", nil)
		}},
		{"repositories in pages", func(t *testing.T, s *server) {
			wantBody(t, s.want(200, "GET", "/v2/_catalog", nil), []byte(`{"repositories":["a","b","deep/er/name"]}`))
			a := s.want(200, "GET", "/v2/_catalog?n=2", nil)
			wantBody(t, a, []byte(`{"repositories":["a","b"]}`))
			wantHeader(t, a, "Link", `</v2/_catalog?last=b&n=2>; rel="next"`)
			wantBody(t, s.want(200, "GET", "/v2/_catalog?last=b&n=2", nil), []byte(`{"repositories":["deep/er/name"]}`))
		}},
		{"referrers", func(t *testing.T, s *server) { referrers(t, s) }},
		{"referrers of nothing: an empty index; of nonsense: 400", func(t *testing.T, s *server) {
			a := s.want(200, "GET", "/v2/a/referrers/"+absentDigest, nil)
			wantHeader(t, a, "Content-Type", ociIndex)
			wantBody(t, a, []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`))
			s.wantCode(400, registry.CodeDigestInvalid, "GET", "/v2/a/referrers/nonsense", nil)
		}},
	})
}

func referrers(t *testing.T, s *server) {
	subject := s.image("a", "subject")
	d := s.push("a", "v1", subject)
	pointer := &desc{MediaType: ociManifest, Digest: d, Size: len(subject.encode(t))}
	typed := s.image("a", "sbom")
	typed.Subject, typed.ArtifactType, typed.Annotations = pointer, "application/vnd.example.sbom", map[string]string{"k": "v"}
	untyped := s.image("a", "signature")
	untyped.Subject = pointer
	index := manifest{SchemaVersion: 2, MediaType: ociIndex, Subject: pointer}
	want := map[string]desc{}
	for _, m := range []manifest{typed, untyped, index} {
		kind := m.ArtifactType
		if kind == "" && m.Config != nil {
			kind = ociConfig
		}
		d := s.push("a", "", m)
		want[d] = desc{MediaType: m.MediaType, Digest: d, Size: len(m.encode(t)), ArtifactType: kind, Annotations: m.Annotations}
	}
	list := func(a answer) map[string]desc {
		var index manifest
		if err := json.Unmarshal(a.body, &index); err != nil {
			t.Fatal(err)
		}
		found := map[string]desc{}
		for _, d := range index.Manifests {
			found[d.Digest] = d
		}
		return found
	}
	a := s.want(200, "GET", "/v2/a/referrers/"+d, nil)
	wantHeader(t, a, "Content-Type", ociIndex)
	if diff := cmp.Diff(want, list(a)); diff != "" {
		t.Error(diff)
	}
	a = s.want(200, "GET", "/v2/a/referrers/"+d+"?artifactType=application/vnd.example.sbom", nil)
	wantHeader(t, a, "OCI-Filters-Applied", "artifactType")
	if found := list(a); len(found) != 1 || found[sha(typed.encode(t))].Digest == "" {
		t.Errorf("filtered list is %v", found)
	}
	found := map[string]desc{}
	for path, pages := "/v2/a/referrers/"+d+"?n=1", 0; path != ""; pages++ {
		a := s.want(200, "GET", path, nil)
		for d, entry := range list(a) {
			found[d] = entry
		}
		path = ""
		if link := a.header.Get("Link"); link != "" {
			path = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
		if pages > 3 {
			t.Fatal("the list does not end")
		}
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
}

func TestConformanceContentManagement(t *testing.T) {
	conform(t, []requirement{
		{"deleting a tag: 202, then 404", func(t *testing.T, s *server) {
			m := s.image("a", "one")
			d := s.push("a", "v1", m)
			s.push("a", "v2", m)
			s.want(202, "DELETE", "/v2/a/manifests/v1", nil)
			s.wantCode(404, registry.CodeManifestUnknown, "GET", "/v2/a/manifests/v1", nil)
			s.want(200, "GET", "/v2/a/manifests/"+d, nil)
			s.want(200, "GET", "/v2/a/manifests/v2", nil)
			s.wantCode(404, registry.CodeManifestUnknown, "DELETE", "/v2/a/manifests/v1", nil)
		}},
		{"deleting a manifest: 202, then 404 for it and its tags", func(t *testing.T, s *server) {
			d := s.push("a", "v1", s.image("a", "one"))
			s.want(202, "DELETE", "/v2/a/manifests/"+d, nil)
			s.wantCode(404, registry.CodeManifestUnknown, "GET", "/v2/a/manifests/"+d, nil)
			s.wantCode(404, registry.CodeManifestUnknown, "GET", "/v2/a/manifests/v1", nil)
			s.wantCode(404, registry.CodeManifestUnknown, "DELETE", "/v2/a/manifests/"+d, nil)
		}},
		{"in a repository that is not there: 404", func(t *testing.T, s *server) {
			s.wantCode(404, registry.CodeNameUnknown, "DELETE", "/v2/none/manifests/v1", nil)
			s.wantCode(404, registry.CodeNameUnknown, "DELETE", "/v2/none/blobs/"+absentDigest, nil)
		}},
		{"deleting a blob: 202, then 404", func(t *testing.T, s *server) {
			d := s.upload("a", []byte("content"))
			s.want(201, "POST", "/v2/b/blobs/uploads/?mount="+d+"&from=a", nil)
			s.want(202, "DELETE", "/v2/a/blobs/"+d, nil)
			s.wantCode(404, registry.CodeBlobUnknown, "GET", "/v2/a/blobs/"+d, nil)
			s.wantCode(404, registry.CodeBlobUnknown, "DELETE", "/v2/a/blobs/"+d, nil)
			s.want(200, "GET", "/v2/b/blobs/"+d, nil)
		}},
		{"what an image needs is not deleted", func(t *testing.T, s *server) {
			m := s.image("a", "one")
			d := s.push("a", "v1", m)
			s.wantCode(405, registry.CodeUnsupported, "DELETE", "/v2/a/blobs/"+m.Layers[0].Digest, nil)
			list := manifest{SchemaVersion: 2, MediaType: ociIndex, Manifests: []desc{{MediaType: ociManifest, Digest: d, Size: len(m.encode(t))}}}
			s.push("a", "multi", list)
			s.wantCode(405, registry.CodeUnsupported, "DELETE", "/v2/a/manifests/"+d, nil)
			s.want(202, "DELETE", "/v2/a/manifests/multi", nil)
			s.want(202, "DELETE", "/v2/a/manifests/"+d, nil)
			s.want(202, "DELETE", "/v2/a/blobs/"+m.Layers[0].Digest, nil)
		}},
	})
}

func TestImmutableTags(t *testing.T) {
	s := newServer(t, serverOptions{})
	s.metadata.CreateRepository("fixed", true)
	m := s.image("fixed", "one")
	d := s.push("fixed", "v1", m)
	a := s.wantCode(400, registry.CodeTagInvalid, "PUT", "/v2/fixed/manifests/v1", s.image("fixed", "two").encode(t), "Content-Type: "+ociManifest)
	want := "The image tag 'v1' already exists in the 'fixed' repository and cannot be overwritten because the tag is immutable."
	if !strings.Contains(string(a.body), want) {
		t.Errorf("message is %s", a.body)
	}
	wantHeader(t, s.want(http.StatusOK, "GET", "/v2/fixed/manifests/v1", nil), "Docker-Content-Digest", d)
	s.push("fixed", "v2", m)
}
