package registry_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/registry"
	"github.com/roadstead/roadstead/registry/blob"
)

var uploadLocation = regexp.MustCompile(`^/v2/a/blobs/uploads/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestConformancePushBlobs(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 1000)
	begin := func(t *testing.T, s *server) string {
		return s.want(202, "POST", "/v2/a/blobs/uploads/", nil, "Content-Length: 0").header.Get("Location")
	}
	conform(t, []requirement{
		{"POST begins: 202, Location with a UUID", func(t *testing.T, s *server) {
			if location := begin(t, s); !uploadLocation.MatchString(location) {
				t.Errorf("Location is %q", location)
			}
		}},
		{"POST then PUT: 201, pullable Location", func(t *testing.T, s *server) {
			a := s.want(201, "PUT", begin(t, s)+"?digest="+sha(content), content, "Content-Type: application/octet-stream")
			wantHeader(t, a, "Docker-Content-Digest", sha(content))
			wantBody(t, s.want(200, "GET", a.header.Get("Location"), nil), content)
		}},
		{"single POST: 201, pullable Location", func(t *testing.T, s *server) {
			a := s.want(201, "POST", "/v2/a/blobs/uploads/?digest="+sha(content), content)
			wantBody(t, s.want(200, "GET", a.header.Get("Location"), nil), content)
		}},
		{"an empty blob", func(t *testing.T, s *server) {
			s.want(201, "PUT", begin(t, s)+"?digest="+sha(nil), nil)
			wantHeader(t, s.want(200, "HEAD", "/v2/a/blobs/"+sha(nil), nil), "Content-Length", "0")
			wantBody(t, s.want(200, "GET", "/v2/a/blobs/"+sha(nil), nil), nil)
		}},
		{"chunks in order: 202, Range; closing PUT: 201", func(t *testing.T, s *server) {
			location := begin(t, s)
			a := s.want(202, "PATCH", location, content[:4000], "Content-Range: 0-3999")
			wantHeader(t, a, "Range", "0-3999")
			a = s.want(202, "PATCH", a.header.Get("Location"), content[4000:9000], "Content-Range: 4000-8999")
			wantHeader(t, a, "Range", "0-8999")
			a = s.want(204, "GET", a.header.Get("Location"), nil)
			wantHeader(t, a, "Range", "0-8999")
			a = s.want(201, "PUT", a.header.Get("Location")+"?digest="+sha(content), content[9000:], "Content-Range: 9000-9999")
			wantBody(t, s.want(200, "GET", a.header.Get("Location"), nil), content)
		}},
		{"chunks without a range, closing PUT without a chunk", func(t *testing.T, s *server) {
			location := begin(t, s)
			s.want(202, "PATCH", location, content[:5000])
			s.want(202, "PATCH", location, content[5000:])
			s.want(201, "PUT", location+"?digest="+sha(content), nil)
		}},
		{"chunks out of order: 416", func(t *testing.T, s *server) {
			location := begin(t, s)
			s.wantCode(416, registry.CodeRangeInvalid, "PATCH", location, content[1000:2000], "Content-Range: 1000-1999")
			s.want(202, "PATCH", location, content[:1000], "Content-Range: 0-999")
			a := s.wantCode(416, registry.CodeRangeInvalid, "PATCH", location, content[:1000], "Content-Range: 0-999")
			wantHeader(t, a, "Range", "0-999")
			s.wantCode(416, registry.CodeRangeInvalid, "PUT", location+"?digest="+sha(content), content[2000:], "Content-Range: 2000-9999")
			s.want(201, "PUT", location+"?digest="+sha(content), content[1000:], "Content-Range: 1000-9999")
		}},
		{"ranges that do not fit the chunk", func(t *testing.T, s *server) {
			location := begin(t, s)
			s.wantCode(416, registry.CodeRangeInvalid, "PATCH", location, content, "Content-Range: bytes 0-9999/10000")
			s.wantCode(416, registry.CodeRangeInvalid, "PATCH", location, content, "Content-Range: 9-2")
			s.wantCode(400, registry.CodeSizeInvalid, "PATCH", location, content, "Content-Range: 0-5")
			s.want(201, "PUT", location+"?digest="+sha(content), content)
		}},
		{"a wrong digest: 400, and nothing is stored", func(t *testing.T, s *server) {
			for _, digest := range []string{absentDigest, "sha256:short", "md5:d41d8cd98f00b204e9800998ecf8427e", ""} {
				s.wantCode(400, registry.CodeDigestInvalid, "PUT", begin(t, s)+"?digest="+digest, content)
			}
			s.wantCode(400, registry.CodeDigestInvalid, "POST", "/v2/a/blobs/uploads/?digest="+absentDigest, content)
			s.wantCode(404, registry.CodeBlobUnknown, "GET", "/v2/a/blobs/"+absentDigest, nil)
			s.wantCode(404, registry.CodeBlobUnknown, "GET", "/v2/a/blobs/"+sha(content), nil)
		}},
		{"sha512, announced or not", func(t *testing.T, s *server) {
			d := string(blob.Of(blob.SHA512, content))
			s.want(201, "PUT", begin(t, s)+"?digest="+d, content)
			wantBody(t, s.want(200, "GET", "/v2/a/blobs/"+d, nil), content)
			other := content[1:]
			d = string(blob.Of(blob.SHA512, other))
			location := s.want(202, "POST", "/v2/a/blobs/uploads/?digest-algorithm=sha512", nil).header.Get("Location")
			s.want(202, "PATCH", location, other)
			s.want(201, "PUT", location+"?digest="+d, nil)
			s.wantCode(400, registry.CodeDigestInvalid, "POST", "/v2/a/blobs/uploads/?digest-algorithm=md5", nil)
		}},
		{"DELETE cancels an upload: 204, then 404", func(t *testing.T, s *server) {
			location := begin(t, s)
			s.want(202, "PATCH", location, content)
			s.want(204, "DELETE", location, nil)
			for _, method := range []string{"GET", "DELETE", "PATCH"} {
				s.wantCode(404, registry.CodeUploadUnknown, method, location, nil)
			}
			s.wantCode(404, registry.CodeUploadUnknown, "PUT", location+"?digest="+sha(content), nil)
		}},
		{"an upload belongs to its repository", func(t *testing.T, s *server) {
			location := strings.Replace(begin(t, s), "/a/", "/b/", 1)
			s.wantCode(404, registry.CodeUploadUnknown, "PATCH", location, content)
			s.wantCode(404, registry.CodeUploadUnknown, "GET", "/v2/a/blobs/uploads/%2e%2e", nil)
		}},
		{"mount of a blob: 201, pullable Location", func(t *testing.T, s *server) {
			d := s.upload("b", content)
			a := s.want(201, "POST", "/v2/a/blobs/uploads/?mount="+d+"&from=b", nil)
			wantBody(t, s.want(200, "GET", a.header.Get("Location"), nil), content)
		}},
		{"mount of what is not there: 202, an upload", func(t *testing.T, s *server) {
			for _, from := range []string{"&from=b", "", "&from=none", "&from=..%2fb"} {
				a := s.want(202, "POST", "/v2/a/blobs/uploads/?mount="+sha(content)+from, nil)
				s.want(201, "PUT", a.header.Get("Location")+"?digest="+sha([]byte(from)), []byte(from))
			}
		}},
	})
}

func TestConformancePushManifests(t *testing.T) {
	conform(t, []requirement{
		{"PUT: 201, pullable Location, exact bytes", func(t *testing.T, s *server) {
			raw := append([]byte("\n  "), s.image("a", "one").encode(t)...)
			a := s.want(201, "PUT", "/v2/a/manifests/v1", raw, "Content-Type: "+ociManifest)
			wantBody(t, s.want(200, "GET", a.header.Get("Location"), nil), raw)
			wantBody(t, s.want(200, "GET", "/v2/a/manifests/v1", nil), raw)
		}},
		{"parameters of Content-Type are ignored", func(t *testing.T, s *server) {
			s.want(201, "PUT", "/v2/a/manifests/v1", s.image("a", "one").encode(t), "Content-Type: "+ociManifest+"; charset=utf-8")
			wantHeader(t, s.want(200, "GET", "/v2/a/manifests/v1", nil), "Content-Type", ociManifest)
		}},
		{"a wrong digest: 400", func(t *testing.T, s *server) {
			s.wantCode(400, registry.CodeDigestInvalid, "PUT", "/v2/a/manifests/"+absentDigest, s.image("a", "one").encode(t), "Content-Type: "+ociManifest)
		}},
		{"a manifest by sha512", func(t *testing.T, s *server) {
			raw := s.image("a", "one").encode(t)
			d := string(blob.Of(blob.SHA512, raw))
			wantHeader(t, s.want(201, "PUT", "/v2/a/manifests/"+d, raw, "Content-Type: "+ociManifest), "Docker-Content-Digest", d)
			wantBody(t, s.want(200, "GET", "/v2/a/manifests/"+d, nil), raw)
		}},
		{"tags as parameters: OCI-Tag", func(t *testing.T, s *server) {
			raw := s.image("a", "one").encode(t)
			var query []string
			for i := range 10 {
				query = append(query, fmt.Sprintf("tag=t%d", i))
			}
			a := s.want(201, "PUT", "/v2/a/manifests/"+sha(raw)+"?"+strings.Join(query, "&"), raw, "Content-Type: "+ociManifest)
			wantHeader(t, a, "OCI-Tag", "t0, t1, t2, t3, t4, t5, t6, t7, t8, t9")
			wantBody(t, s.want(200, "GET", "/v2/a/manifests/t9", nil), raw)
			s.wantCode(414, registry.CodeManifestInvalid, "PUT", "/v2/a/manifests/"+sha(raw)+"?"+strings.Repeat("tag=t&", 101), raw)
			s.wantCode(400, registry.CodeManifestInvalid, "PUT", "/v2/a/manifests/"+sha(raw)+"?tag=.x", raw)
		}},
		{"missing blobs: MANIFEST_BLOB_UNKNOWN", func(t *testing.T, s *server) {
			for _, change := range []func(*manifest){
				func(m *manifest) { m.Config.Digest = absentDigest },
				func(m *manifest) { m.Layers[0].Digest = absentDigest },
			} {
				m := s.image("a", "one")
				change(&m)
				s.wantCode(400, registry.CodeManifestBlobUnknown, "PUT", "/v2/a/manifests/v1", m.encode(t), "Content-Type: "+ociManifest)
			}
			m := s.image("b", "elsewhere")
			s.wantCode(400, registry.CodeManifestBlobUnknown, "PUT", "/v2/a/manifests/v1", m.encode(t), "Content-Type: "+ociManifest)
		}},
		{"sizes must be the blobs'", func(t *testing.T, s *server) {
			m := s.image("a", "one")
			m.Layers[0].Size++
			s.wantCode(400, registry.CodeManifestInvalid, "PUT", "/v2/a/manifests/v1", m.encode(t), "Content-Type: "+ociManifest)
		}},
		{"layers that live elsewhere need not be pushed", func(t *testing.T, s *server) {
			m := s.image("a", "one")
			m.Layers = append(m.Layers, desc{MediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Digest: absentDigest, Size: 9})
			s.push("a", "v1", m)
		}},
		{"an index needs its children", func(t *testing.T, s *server) {
			m := s.image("a", "one")
			raw := m.encode(t)
			list := manifest{SchemaVersion: 2, MediaType: ociIndex, Manifests: []desc{{MediaType: ociManifest, Digest: sha(raw), Size: len(raw)}}}
			s.wantCode(400, registry.CodeManifestBlobUnknown, "PUT", "/v2/a/manifests/multi", list.encode(t), "Content-Type: "+ociIndex)
			s.push("a", "", m)
			s.push("a", "multi", list)
			wantHeader(t, s.want(200, "GET", "/v2/a/manifests/multi", nil), "Content-Type", ociIndex)
		}},
		{"an unknown subject is accepted: OCI-Subject", func(t *testing.T, s *server) {
			m := s.image("a", "signature")
			m.Subject = &desc{MediaType: ociManifest, Digest: absentDigest, Size: 7}
			a := s.want(201, "PUT", "/v2/a/manifests/v1", m.encode(t), "Content-Type: "+ociManifest)
			wantHeader(t, a, "OCI-Subject", absentDigest)
		}},
		{"4 MiB are accepted, more is 413", func(t *testing.T, s *server) {
			m := s.image("a", "one")
			m.Annotations = map[string]string{"pad": ""}
			m.Annotations["pad"] = strings.Repeat("x", registry.MaxManifestBytes-len(m.encode(t)))
			s.push("a", "v1", m)
			m.Annotations["pad"] += "x"
			s.wantCode(413, registry.CodeSizeInvalid, "PUT", "/v2/a/manifests/v2", m.encode(t), "Content-Type: "+ociManifest)
		}},
	})
}
