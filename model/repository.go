package model

import "time"

// Repository is a repository of the registry. Written by the ECR API.
type Repository struct {
	Meta
	Account string `f:"1"`
	Name    string `f:"2"`
	// Mutability is MUTABLE, IMMUTABLE, MUTABLE_WITH_EXCLUSION or IMMUTABLE_WITH_EXCLUSION.
	Mutability string    `f:"3"`
	ScanOnPush bool      `f:"4"`
	Tags       []Tag     `f:"5"`
	CreatedAt  time.Time `f:"6"`
	// Exclusions are wildcard filters of tags that Mutability does not bind.
	Exclusions []string `f:"7"`
	// Policy and LifecyclePolicy are JSON texts as put; "" where there is none.
	Policy             string    `f:"8"`
	LifecyclePolicy    string    `f:"9"`
	LifecycleEvaluated time.Time `f:"10"`
	// Previewed is the lifecycle policy that was tried last, and PreviewedAt
	// when; written by the API. "" for none.
	Previewed   string    `f:"11"`
	PreviewedAt time.Time `f:"12"`
}

// KindRepository is the table of repositories.
const KindRepository Kind = "repository"

// Key returns account/name.
func (r *Repository) Key() Key { return Key{KindRepository, r.Account + "/" + r.Name} }

// Clone returns a copy whose fields may be replaced.
func (r *Repository) Clone() *Repository { c := *r; return &c }

// Image is a manifest in a repository. Written by the registry's and the ECR
// API's metadata. Its id is account/repository@digest; '@' cannot stand in a
// repository's name.
type Image struct {
	Meta
	Account           string    `f:"1"`
	Repository        string    `f:"2"`
	Digest            string    `f:"3"`
	MediaType         string    `f:"4"`
	ArtifactMediaType string    `f:"5"`
	Size              int64     `f:"7"` // bytes of config and layers; of an index: of its largest image
	PushedAt          time.Time `f:"8"`
	PulledAt          time.Time `f:"9"`  // last pull, to the hour or so
	Subject           string    `f:"10"` // digest that this manifest refers to
	// References are the digests of the images that an index contains. Which
	// blobs an image needs is in the manifest itself.
	References []string `f:"11"`
	// ArtifactType is the manifest's own artifactType; "" for most images.
	ArtifactType string `f:"12"`
	// ScannedAt is when a scan was last tried; zero for never. There is no
	// scanner, so every scan has failed.
	ScannedAt time.Time `f:"13"`
}

// KindImage is the table of images.
const KindImage Kind = "image"

// ImageID returns account/repository@digest.
func ImageID(account, repository, digest string) string {
	return account + "/" + repository + "@" + digest
}

// Key returns account/repository@digest.
func (i *Image) Key() Key { return Key{KindImage, ImageID(i.Account, i.Repository, i.Digest)} }

// Clone returns a copy whose fields may be replaced.
func (i *Image) Clone() *Image { c := *i; return &c }

// ImageTag points from a tag to an image of the same repository.
type ImageTag struct {
	Meta
	Account    string `f:"1"`
	Repository string `f:"2"`
	Tag        string `f:"3"`
	Digest     string `f:"4"`
}

// KindImageTag is the table of image tags.
const KindImageTag Kind = "image-tag"

// ImageTagID returns account/repository:tag.
func ImageTagID(account, repository, tag string) string {
	return account + "/" + repository + ":" + tag
}

// Key returns account/repository:tag.
func (t *ImageTag) Key() Key { return Key{KindImageTag, ImageTagID(t.Account, t.Repository, t.Tag)} }

// Clone returns a copy that may be changed.
func (t *ImageTag) Clone() *ImageTag { c := *t; return &c }
