// Package exec joins clients of ECS Exec to containers. Nobody can call a
// container instance, so both ends call the server: the client opens the data
// channel that its ticket names, and the instance, told over its control
// channel, opens a stream of its own. Broker knows the sessions that there are
// and their limits; relay carries one of them.
//
// Sessions live in memory alone. When the server ends, both ends lose their
// connection, and the instance ends what ran.
//
// The package does not decide who may open a session, nor does it know tasks or
// clusters: whoever calls Open has found all that out.
package exec
