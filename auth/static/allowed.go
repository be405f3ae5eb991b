package static

import (
	"encoding/json"
	"slices"

	"github.com/roadstead/roadstead/auth/caller"
)

// Allowed reports whether id may perform action, which is written as in an IAM
// policy: the service's prefix, a colon and the operation ("ecs:RunTask").
func Allowed(id caller.Identity, action string) bool {
	switch id.Kind {
	case caller.Root:
		return true
	case caller.User, caller.AssumedRole, caller.FederatedUser:
		// GetCallerIdentity needs no permission and cannot be denied. Source: STS
		// API reference.
		if action == "sts:GetCallerIdentity" {
			return true
		}
	default:
		return false
	}
	return id.Kind == caller.AssumedRole && slices.Contains(actions(id.Purpose), action)
}

// Policy returns what Allowed says of sessions of a purpose as a policy
// document, "" if that is nothing. An instance may bring tags of its own, which
// Allowed cannot tell from others.
func Policy(p caller.Purpose) string {
	if len(actions(p)) == 0 {
		return ""
	}
	list, err := json.Marshal(actions(p))
	if err != nil {
		panic(err) // strings always marshal
	}
	tagging := ""
	if p == caller.Instance {
		tagging = `,{"Effect":"Allow","Action":"ecs:TagResource","Resource":"*",` +
			`"Condition":{"StringEquals":{"ecs:CreateAction":"RegisterContainerInstance"}}}`
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + string(list) + `,"Resource":"*"}` + tagging + `]}`
}

// actions are what sessions of a purpose may do. A task role has only what
// policies give it.
func actions(p caller.Purpose) []string {
	switch p {
	case caller.ExecutionRole:
		return slices.Concat(pullsImages(), writesLogs())
	case caller.Instance:
		return slices.Concat(runsInstance(), pullsImages(), writesLogs())
	}
	return nil
}

// pullsImages and writesLogs are what AWS's managed policy
// AmazonECSTaskExecutionRolePolicy allows, and what the awslogs driver needs to
// make a group and find a stream.
func pullsImages() []string {
	return []string{"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"}
}

func writesLogs() []string {
	return []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}
}

// runsInstance is what an agent calls for its container instance.
func runsInstance() []string {
	return []string{
		"ecs:RegisterContainerInstance",
		"ecs:DeregisterContainerInstance",
		"ecs:DiscoverPollEndpoint",
		"ecs:Poll",
		"ecs:StartTelemetrySession",
		"ecs:SubmitTaskStateChange",
		"ecs:SubmitContainerStateChange",
		"ecs:SubmitAttachmentStateChanges",
		"ecs:UpdateContainerInstancesState",
		"ecs:ListTagsForResource",
	}
}
