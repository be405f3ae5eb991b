// Package sts is the front door of AWS's Security Token Service. Today it tells
// callers who they are; sessions are issued by the control plane to its own
// tasks and instances and to nobody over this door.
//
// It decides nothing about who is who: authentication did, and left the caller
// in the context.
package sts
