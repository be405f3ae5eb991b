// Package insights writes what AWS's Container Insights writes for Amazon ECS:
// each minute, for the clusters whose setting containerInsights is enabled or
// enhanced, events with the numbers of tasks, containers, services and the
// cluster, in the log group /aws/ecs/containerinsights/CLUSTER/performance.
//
// It decides which numbers stand in which event and stream. The numbers are
// telemetry/metrics' and the store's, the log is telemetry/logs'. A minute that
// cannot be written is left out, and nobody waits for it.
package insights
