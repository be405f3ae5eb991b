// Package metrics keeps what containers used lately, as their instances said,
// and what groups of containers used altogether.
//
// It decides how reports are summed up by the minute, how long they are kept,
// and how much of them there may be. It knows containers by the ids of their
// tasks and by names that it is given; it may not decide who may report what,
// nor how numbers are shown. Everything is in memory alone: after a restart it
// is there again with the next reports, which come every 20 s.
package metrics
