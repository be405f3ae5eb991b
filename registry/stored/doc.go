// Package stored keeps the registry's repositories and images in Roadstead's
// store. It implements registry.Repositories and registry.Images, and does for
// ECR's front door what is more than they ask for: deleting many images at
// once, and whole repositories.
//
// It decides when tags may move and when images may go, and it alone writes
// images and tags; repositories are made and configured by ECR's front door.
// It does not look at manifests, and at blobs only to end the holdings of a
// repository that is deleted.
package stored
