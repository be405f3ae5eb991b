// Package e2e proves the whole with real clients and real containers: the
// program as built, started as a user starts it, in a data directory of its
// own. It holds no decision; what it finds wrong is mended elsewhere.
package e2e
