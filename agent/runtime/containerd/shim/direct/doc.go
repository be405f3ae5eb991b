// Package direct does what runc's commands do, in the process of the shim: it calls the library of which runc is made
// (libcontainer) instead of executing runc. What it makes is what runc would have made, state files included, so that
// either can go on with what the other began: `runc --root DIRECTORY list` shows these containers, and a command that
// this package does not know is executed.
//
// It decides nothing about containers: the configuration is the bundle's, and the rules are runc's. It must not be used
// without a reaper that leaves the children alone that libcontainer waits for itself, while Do is running.
//
// It needs cgo, for the little program in C that libcontainer runs before Go begins, and libseccomp.
package direct
