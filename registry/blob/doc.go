// Package blob is the content-addressed store beneath the registry and ECR's
// layer operations: bytes by digest, which repository holds which of them,
// and the uploads that are still under way.
//
// It decides when content becomes visible (only whole, verified and durable)
// and when it goes away (only old enough and wanted by nobody). It knows
// nothing of manifests, tags, images or HTTP, and it may not: what is wanted
// is told to it by Collect's caller.
//
// On disk, beneath one directory that belongs to one process at a time:
//
//	blobs/sha256/aa/aabb...          content, immutable once it has this name
//	repositories/<key>/sha256-aabb.. empty file: the repository holds the blob
//	uploads/<id>.<key>               content received so far
//	lock                             held while a Store is open
//
// <key> is a hash of the repository's name, because a name may be longer than
// a file name may be. Modification times say when a blob, a holding or an
// upload was last used; Sweep and Collect compare them with their grace.
package blob
