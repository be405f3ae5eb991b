package registry

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/registry/blob"
)

func TestParsePath(t *testing.T) {
	for path, want := range map[string]target{
		"/v2":                             {noun: nounVersion},
		"/v2/":                            {noun: nounVersion},
		"/v2/_catalog":                    {noun: nounCatalog},
		"/v2/a/tags/list":                 {noun: nounTags, repository: "a"},
		"/v2/a/b/tags/list":               {noun: nounTags, repository: "a/b"},
		"/v2/a/manifests/v1":              {noun: nounManifest, repository: "a", item: "v1"},
		"/v2/a/blobs/sha256:1":            {noun: nounBlob, repository: "a", item: "sha256:1"},
		"/v2/a/blobs/uploads":             {noun: nounUploads, repository: "a"},
		"/v2/a/blobs/uploads/":            {noun: nounUploads, repository: "a"},
		"/v2/a/blobs/uploads/1":           {noun: nounUpload, repository: "a", item: "1"},
		"/v2/a/referrers/sha256:1":        {noun: nounReferrers, repository: "a", item: "sha256:1"},
		"/v2/manifests/manifests/v1":      {noun: nounManifest, repository: "manifests", item: "v1"},
		"/v2/a/blobs/uploads/manifests/1": {noun: nounManifest, repository: "a/blobs/uploads", item: "1"},
		"/v2/blobs/uploads/blobs/uploads": {noun: nounUploads, repository: "blobs/uploads"},
		"/v2/tags/list/tags/list":         {noun: nounTags, repository: "tags/list"},
		"/v2/a":                           {},
		"/v2/a/manifests/":                {},
		"/v2/manifests/v1":                {},
		"/v2/tags/list":                   {},
		"/v2/blobs/uploads/":              {},
		"/v2x/a/tags/list":                {},
		"/":                               {},
		"":                                {},
	} {
		if got := parsePath(path); got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	f.Add("a/b", "v1")
	f.Add("blobs/uploads", "sha256:0")
	f.Add("", "/")
	f.Fuzz(func(t *testing.T, repository, item string) {
		for noun, words := range map[noun]string{nounManifest: "manifests", nounBlob: "blobs", nounUpload: "blobs/uploads", nounReferrers: "referrers"} {
			got := parsePath("/v2/" + repository + "/" + words + "/" + item)
			if got.noun == nounNone || strings.Contains(item, "/") || !ValidRepository(repository) || item == "" {
				continue
			}
			switch want := (target{noun, repository, item}); {
			case got == want:
			case noun == nounBlob && item == "uploads": // the path of uploads
			default:
				t.Errorf("%+v, want %+v", got, want)
			}
		}
	})
}

func TestParseRanges(t *testing.T) {
	const none = int64(-9)
	for text, want := range map[string][2]int64{
		"bytes=0-0": {0, 0}, "bytes=5-9": {5, 9}, "bytes=5-": {5, -1}, "bytes=-5": {-1, 5}, "bytes= 1-2": {1, 2},
		"bytes=-": {none}, "bytes=": {none}, "bytes=2-1": {none}, "bytes=a-b": {none}, "bytes=1-2,3-4": {none}, "bytes=+1-2": {none},
		"1-2": {none}, "": {none}, "bytes=99999999999999999999-": {none}, "bytes=--1": {none},
	} {
		got, ok := parseRange(text)
		if ok != (want[0] != none) || ok && (got.first != want[0] || got.last != want[1]) {
			t.Errorf("Range %q: %+v, %v", text, got, ok)
		}
	}
	for text, want := range map[string][2]int64{
		"0-0": {0, 0}, "5-9": {5, 9}, "0-9223372036854775806": {0, 9223372036854775806},
		"5-": {none}, "-5": {none}, "9-5": {none}, "bytes 0-5/6": {none}, "0-9223372036854775807": {none}, "a-b": {none}, "": {none},
	} {
		got, ok := parseContentRange(text)
		if ok != (want[0] != none) || ok && (got.first != want[0] || got.last != want[1]) {
			t.Errorf("Content-Range %q: %+v, %v", text, got, ok)
		}
	}
}

func FuzzParseRanges(f *testing.F) {
	f.Add("bytes=0-5", int64(3))
	f.Add("0-9223372036854775807", int64(0))
	f.Fuzz(func(t *testing.T, text string, size int64) {
		if r, ok := parseContentRange(text); ok && (r.first < 0 || r.last < r.first || r.last-r.first+1 <= 0) {
			t.Errorf("Content-Range %q: %+v", text, r)
		}
		r, ok := parseRange(text)
		if !ok || size < 0 {
			return
		}
		if r.first < 0 && r.last < 0 || r.first >= 0 && r.last >= 0 && r.last < r.first {
			t.Errorf("Range %q: %+v", text, r)
		}
		if r.within(size) && size == 0 {
			t.Errorf("Range %q has bytes of nothing", text)
		}
	})
}

func TestAccepts(t *testing.T) {
	const media = "application/vnd.oci.image.index.v1+json"
	for _, step := range []struct {
		want    bool
		headers []string
	}{
		{true, nil},
		{true, []string{""}},
		{true, []string{"*/*"}},
		{true, []string{"application/*"}},
		{true, []string{"text/html", media}},
		{true, []string{"text/html, " + media + ";q=0.1"}},
		{true, []string{"Application/VND.oci.image.index.v1+JSON"}},
		{true, []string{"*/*;q=0, " + media}},
		{true, []string{";;nonsense;;"}},
		{false, []string{"text/html"}},
		{false, []string{"text/*, image/*;q=1"}},
		{false, []string{media + ";q=0"}},
		{false, []string{media + ";q=0, */*"}},
		{false, []string{"*/*;q=0"}},
	} {
		if got := accepts(step.headers, media); got != step.want {
			t.Errorf("%q: %v", step.headers, got)
		}
	}
}

const (
	testDigest   = `"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`
	testBlob     = `{"mediaType":"x","size":1,"digest":` + testDigest + `}`
	imageType    = "application/vnd.oci.image.manifest.v1+json"
	imageListing = "application/vnd.oci.image.index.v1+json"
)

func TestParseManifestRefuses(t *testing.T) {
	many := strings.Repeat(testBlob+",", MaxReferences) + testBlob
	for name, step := range map[string][2]string{
		"not JSON":                  {imageType, `x`},
		"empty":                     {imageType, ``},
		"an array":                  {imageType, `[]`},
		"null":                      {imageType, `null`},
		"content after it":          {imageType, `{"schemaVersion":2,"config":` + testBlob + `} {}`},
		"schema 1":                  {imageType, `{"schemaVersion":1,"config":` + testBlob + `}`},
		"no schema":                 {imageType, `{"config":` + testBlob + `}`},
		"no config":                 {imageType, `{"schemaVersion":2}`},
		"unknown type":              {"application/json", `{"schemaVersion":2,"config":` + testBlob + `}`},
		"no type at all":            {"", `{"schemaVersion":2,"config":` + testBlob + `}`},
		"types that differ":         {imageType, `{"schemaVersion":2,"mediaType":"` + imageListing + `","manifests":[]}`},
		"bad content type":          {";;", `{"schemaVersion":2,"config":` + testBlob + `}`},
		"an image with manifests":   {imageType, `{"schemaVersion":2,"config":` + testBlob + `,"manifests":[]}`},
		"an index with layers":      {imageListing, `{"schemaVersion":2,"manifests":[],"layers":[]}`},
		"an index with config":      {imageListing, `{"schemaVersion":2,"manifests":[],"config":` + testBlob + `}`},
		"a bad digest":              {imageType, `{"schemaVersion":2,"config":{"digest":"sha256:1","size":1}}`},
		"no digest":                 {imageType, `{"schemaVersion":2,"config":{"size":1}}`},
		"a negative size":           {imageType, `{"schemaVersion":2,"config":{"size":-1,"digest":` + testDigest + `}}`},
		"a size that is no integer": {imageType, `{"schemaVersion":2,"config":{"size":1.5,"digest":` + testDigest + `}}`},
		"a bad layer":               {imageType, `{"schemaVersion":2,"config":` + testBlob + `,"layers":[{}]}`},
		"a bad subject":             {imageType, `{"schemaVersion":2,"config":` + testBlob + `,"subject":{}}`},
		"too many layers":           {imageType, `{"schemaVersion":2,"config":` + testBlob + `,"layers":[` + many + `]}`},
	} {
		if _, err := ParseManifest(step[0], []byte(step[1])); !errors.Is(err, ErrManifestInvalid) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add(imageType, []byte(`{"schemaVersion":2,"config":`+testBlob+`,"layers":[`+testBlob+`],"subject":`+testBlob+`}`))
	f.Add("", []byte(`{"schemaVersion":2,"mediaType":"`+imageListing+`","manifests":[`+testBlob+`]}`))
	f.Fuzz(func(t *testing.T, contentType string, raw []byte) {
		m, err := ParseManifest(contentType, raw)
		if err != nil {
			if !errors.Is(err, ErrManifestInvalid) {
				t.Errorf("error is %v", err)
			}
			return
		}
		for _, d := range append(append(m.Blobs(), m.Children...), Descriptor{Digest: m.Subject}) {
			if _, err := blob.Parse(string(d.Digest)); err != nil && (d.Digest != "" || m.Subject != "") || d.Bytes < 0 {
				t.Errorf("descriptor %+v", d)
			}
		}
		if m.Index() && (len(m.Blobs()) > 0 || len(m.Layers) > 0) || !m.Index() && len(m.Children) > 0 {
			t.Errorf("%+v is both", m)
		}
		again, err := ParseManifest(m.MediaType, raw)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(m) {
			t.Errorf("by its own media type it is %+v, %v", again, err)
		}
	})
}
