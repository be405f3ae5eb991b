package daemon

import (
	"fmt"
	"slices"
	"strings"
)

// GroupPrefix begins the group of a daemon's tasks; the daemon's name follows.
const GroupPrefix = "daemon:"

// CodeStuck is the code of reasons for which the daemon is missing on an
// instance and which other nouns could remove: tasks that leave, for example.
const CodeStuck = "Stuck"

// What deployments say of themselves. Source for the first: ECS API reference,
// DescribeDaemonDeployments, examples; the others are ours.
const (
	reasonCompleted  = "Deployment completed successfully."
	reasonBreaker    = "Deployment circuit breaker triggered: %d daemon tasks failed."
	reasonAlarms     = "CloudWatch alarms triggered: %s."
	reasonNoTarget   = "%s There is no earlier revision to roll back to."
	reasonRolledBack = "%s Rolled back to daemon revision %s."
	reasonGivenUp    = "%s The rollback failed: %d daemon tasks failed."
	reasonReplaced   = "Replaced by daemon deployment %s."
	reasonBaking     = "All instances run the target revision; baking until %s."
	reasonStuck      = "Unable to place the daemon task on %s."
	reasonDeleting   = "The daemon is being deleted."
)

func stopReason(deployment string) string {
	return "Task replaced or removed by (daemon-deployment " + deployment + ")"
}

// named lists what keeps nodes from taking the daemon, shortened.
func named(nodes []*node) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = n.Instance.ID + " (" + n.stuck + ")"
	}
	slices.Sort(words)
	if len(words) > maxNamed {
		return strings.Join(words[:maxNamed], ", ") + fmt.Sprintf(" and %d more", len(words)-maxNamed)
	}
	return strings.Join(words, ", ")
}
