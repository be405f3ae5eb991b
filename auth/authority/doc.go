// Package authority decides who is who on connections: it makes and keeps the
// certificate authority of a server, issues the server's own certificate and
// the short-lived ones of container instances, and reads the instance from a
// connection.
//
// The authority's key lies in the data directory, for its owner alone. The
// server's key is made anew at each start and never written down; an
// instance's key never leaves the instance, which sends a request with its
// public half. Who may ask for which instance's certificate is not decided
// here.
package authority
