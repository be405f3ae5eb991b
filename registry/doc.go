// Package registry is the OCI distribution API of the built-in registry, as
// docker, skopeo, containerd and ECR's clients speak it.
//
// It decides what may be pushed (manifests that are well formed and whose
// blobs the repository holds) and how every failure is worded. It does not
// decide who may do it (Authorize does), what a repository is or how its
// images are remembered (Repositories and Images do), and it keeps no state
// of its own: bytes live in a blob.Store, everything else behind the two
// interfaces.
//
// The rules are those of the OCI distribution specification 1.1; where ECR
// differs, ECR wins: repositories must exist before a push, tags may be
// immutable, removing an image's last tag removes the image, and images that
// an image index refers to cannot be removed.
package registry
