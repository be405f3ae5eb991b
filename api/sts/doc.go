// Package sts is the front door of AWS's Security Token Service: it tells
// callers who they are, and gives them sessions of roles and of themselves.
//
// It checks what a session may be: how long, with which tags, policies and
// names. Whether the caller may have it is the gate's to decide, and what a
// token holds auth/session's. Nothing is stored: a session lives in its token.
package sts
