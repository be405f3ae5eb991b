package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/roadstead/roadstead/registry/blob"
)

// Limits of manifests.
const (
	// MaxManifestBytes is what the distribution specification expects every
	// registry to accept, and the most that this one does.
	MaxManifestBytes = 4 << 20
	// MaxReferences is ECR's quota of layers in an image; it holds for the
	// manifests of an index too.
	MaxReferences = 4200
)

// ErrManifestInvalid is returned for a manifest that is not well formed.
var ErrManifestInvalid = errors.New("manifest invalid")

// Descriptor is the part of an OCI descriptor that the registry looks at.
type Descriptor struct {
	MediaType string
	Digest    blob.Digest
	Bytes     int64
	// Elsewhere says that the content need not be in the registry.
	Elsewhere bool
}

// isManifest reports whether the content is itself a manifest or index.
func (d Descriptor) isManifest() bool {
	media := types.MediaType(d.MediaType)
	return media.IsImage() || media.IsIndex()
}

// Manifest is a well-formed image manifest or image index, OCI's or Docker's.
type Manifest struct {
	MediaType    string
	ArtifactType string
	Annotations  map[string]string
	Subject      blob.Digest  // "" when there is none
	Config       Descriptor   // of an image
	Layers       []Descriptor // of an image
	Children     []Descriptor // of an index
}

// Index reports whether the manifest is an index.
func (m Manifest) Index() bool { return types.MediaType(m.MediaType).IsIndex() }

// Blobs returns the descriptors of an image's content, config first.
func (m Manifest) Blobs() []Descriptor {
	if m.Index() {
		return nil
	}
	return append([]Descriptor{m.Config}, m.Layers...)
}

// describedType is the media type that a referrers list gives the artifact:
// its artifactType, or for an image without one the type of its config.
func (m Manifest) describedType() string {
	if m.ArtifactType == "" && !m.Index() {
		return m.Config.MediaType
	}
	return m.ArtifactType
}

// document is the JSON of manifests and indexes together.
type document struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	ArtifactType  string            `json:"artifactType"`
	Config        *descriptor       `json:"config"`
	Layers        []descriptor      `json:"layers"`
	Manifests     []descriptor      `json:"manifests"`
	Subject       *descriptor       `json:"subject"`
	Annotations   map[string]string `json:"annotations"`
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

// ParseManifest reads a manifest that was pushed with the given Content-Type.
// All errors are ErrManifestInvalid. An image that also lists manifests, or an
// index that also has layers, is refused: two readers could disagree on it.
func ParseManifest(contentType string, raw []byte) (Manifest, error) {
	var doc document
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(&doc); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifestInvalid, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Manifest{}, fmt.Errorf("%w: content after the manifest", ErrManifestInvalid)
	}
	if doc.SchemaVersion != 2 {
		return Manifest{}, fmt.Errorf("%w: schemaVersion is %d, not 2", ErrManifestInvalid, doc.SchemaVersion)
	}
	media, err := doc.mediaType(contentType)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{MediaType: media, ArtifactType: doc.ArtifactType, Annotations: doc.Annotations}
	if m.Index() {
		err = doc.index(&m)
	} else {
		err = doc.image(&m)
	}
	if err == nil && doc.Subject != nil {
		var subject Descriptor
		subject, err = doc.Subject.checked("subject")
		m.Subject = subject.Digest
	}
	if err != nil {
		return Manifest{}, err
	}
	return m, nil
}

// mediaType settles what the manifest is: its own word and the request's must
// agree where both are given.
func (doc document) mediaType(contentType string) (string, error) {
	media := doc.MediaType
	if contentType != "" {
		announced, _, err := mime.ParseMediaType(contentType)
		if err != nil {
			return "", fmt.Errorf("%w: Content-Type: %w", ErrManifestInvalid, err)
		}
		if media != "" && media != announced {
			return "", fmt.Errorf("%w: Content-Type is %s but mediaType is %s", ErrManifestInvalid, announced, media)
		}
		media = announced
	}
	if t := types.MediaType(media); !t.IsImage() && !t.IsIndex() {
		return "", fmt.Errorf("%w: media type %.128q is not supported", ErrManifestInvalid, media)
	}
	return media, nil
}

func (doc document) image(m *Manifest) (err error) {
	if doc.Manifests != nil {
		return fmt.Errorf("%w: an image manifest must not list manifests", ErrManifestInvalid)
	}
	if doc.Config == nil {
		return fmt.Errorf("%w: config is missing", ErrManifestInvalid)
	}
	if m.Config, err = doc.Config.checked("config"); err != nil {
		return err
	}
	m.Layers, err = checkedAll("layers", doc.Layers)
	return err
}

func (doc document) index(m *Manifest) (err error) {
	if doc.Config != nil || doc.Layers != nil {
		return fmt.Errorf("%w: an image index must not have config or layers", ErrManifestInvalid)
	}
	m.Children, err = checkedAll("manifests", doc.Manifests)
	return err
}

func checkedAll(field string, descriptors []descriptor) ([]Descriptor, error) {
	if len(descriptors) > MaxReferences {
		return nil, fmt.Errorf("%w: %s has more than %d entries", ErrManifestInvalid, field, MaxReferences)
	}
	checked := make([]Descriptor, 0, len(descriptors))
	for i, d := range descriptors {
		c, err := d.checked(fmt.Sprintf("%s[%d]", field, i))
		if err != nil {
			return nil, err
		}
		checked = append(checked, c)
	}
	return checked, nil
}

func (d descriptor) checked(field string) (Descriptor, error) {
	digest, err := blob.Parse(d.Digest)
	if err != nil {
		return Descriptor{}, fmt.Errorf("%w: %s: %w", ErrManifestInvalid, field, err)
	}
	if d.Size < 0 {
		return Descriptor{}, fmt.Errorf("%w: %s: size is negative", ErrManifestInvalid, field)
	}
	media := types.MediaType(d.MediaType)
	return Descriptor{MediaType: d.MediaType, Digest: digest, Bytes: d.Size, Elsewhere: !media.IsDistributable()}, nil
}
