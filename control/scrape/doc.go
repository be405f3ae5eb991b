// Package scrape shows the platform's numbers in Prometheus' exposition format:
// what containers use, what is in the clusters, and how the server itself is.
//
// It decides names, units and labels, which docs/METRICS.md lists, and bounds
// how many series there are: containers are shown by what they have in common
// and not one by one. It reads, and changes nothing; who may ask is for its
// user to say.
package scrape
