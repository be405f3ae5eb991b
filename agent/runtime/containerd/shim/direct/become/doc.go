// Package become turns a process into a container, if it was executed for that.
//
// It decides nothing and does it in an init function, which nothing else in this house may have: packages are set up in
// the order of their names, each after those that it imports, so this one comes before gRPC, protobuf and what is made of
// them. Setting those up takes longer than all of libcontainer's own work in Go, and the process that becomes a container
// has no use for them. For that it imports libcontainer and next to nothing else.
package become
