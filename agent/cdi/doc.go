// Package cdi reads specifications of the Container Device Interface, which a
// vendor's tools write: which devices of one kind a machine has, and what a
// container gets with each. It only reads; who gets which device is decided
// elsewhere. Source: the CDI specification, versions 0.3.0 to 0.7.0.
package cdi
