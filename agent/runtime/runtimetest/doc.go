// Package runtimetest is the contract of package runtime as one suite of tests, run against every implementation, and
// the registry with a test image that real ones need for it.
//
// It tests what the seam promises and nothing of how an implementation keeps the promise.
package runtimetest
