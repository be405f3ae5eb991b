// Package ecr is the front door of AWS's Elastic Container Registry.
//
// Each method has the shape of the SDK client's. Repositories are its own: it
// makes, configures and shows them. Images it shows from the store, but it
// leaves every change of them, and all bytes, to the registry behind Images
// and Layers, so that a push through docker and one through this door follow
// the same rules. It issues the tokens that docker logs in with, and tells the
// registry whose a token is; it does not decide what they may do with it.
//
// There is no scanner of vulnerabilities. Scans are configured and asked for as
// on AWS, on push or by hand, and each ends at once as FAILED with the reason:
// no image is ever said to have been examined, or to have no findings. That a
// scan was asked for is the one thing that the door writes of an image.
//
// What Roadstead does not support yet is refused with AWS's own error types,
// never ignored. One thing is stored and shown but not acted upon yet:
// repository policies allow nothing (one that denies anything is refused,
// since that would be relied upon).
package ecr
