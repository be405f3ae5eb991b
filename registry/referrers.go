package registry

import (
	"encoding/json"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/roadstead/roadstead/registry/blob"
)

// referrer is a descriptor in a list of referrers.
type referrer struct {
	MediaType    string            `json:"mediaType"`
	Digest       blob.Digest       `json:"digest"`
	Size         int               `json:"size"`
	ArtifactType string            `json:"artifactType,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
}

// referrerList is the image index that lists them.
type referrerList struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     types.MediaType   `json:"mediaType"`
	Manifests     []json.RawMessage `json:"manifests"`
}

// getReferrers lists the images whose subject is the digest. A page ends where
// the list would grow beyond the size of a manifest.
func (r *Registry) getReferrers(c call) *Failure {
	d, f := c.digest()
	if f != nil {
		return f
	}
	n, last, f := c.page()
	if f != nil {
		return f
	}
	images, err := r.images.Images(c, c.repository)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	kind := c.r.URL.Query().Get("artifactType")
	list := referrerList{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []json.RawMessage{}}
	bytes, latest := 0, ""
	for _, image := range images {
		if image.Subject != d || string(image.Digest) <= last {
			continue
		}
		entry, err := r.describe(image)
		if err != nil {
			return r.lost(image, err)
		}
		if kind != "" && entry.ArtifactType != kind {
			continue
		}
		encoded, err := json.Marshal(entry)
		if err != nil {
			panic("registry: a descriptor does not encode: " + err.Error())
		}
		if len(list.Manifests) == n || n > 0 && latest != "" && bytes+len(encoded) > MaxManifestBytes {
			if n > 0 {
				c.next(n, latest)
			}
			break
		}
		list.Manifests = append(list.Manifests, encoded)
		bytes, latest = bytes+len(encoded)+1, string(image.Digest)
	}
	if kind != "" {
		c.w.Header().Set("Oci-Filters-Applied", "artifactType")
	}
	return c.json(http.StatusOK, string(types.OCIImageIndex), list)
}

func (r *Registry) describe(image Image) (referrer, error) {
	content, err := r.Content(image.Digest)
	if err != nil {
		return referrer{}, err
	}
	m, err := ParseManifest(image.MediaType, content)
	if err != nil {
		return referrer{}, err
	}
	return referrer{MediaType: m.MediaType, Digest: image.Digest, Size: len(content),
		ArtifactType: m.describedType(), Annotations: m.Annotations}, nil
}
