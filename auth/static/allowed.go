package static

import "github.com/roadstead/roadstead/auth/caller"

// Allowed reports whether id may perform action, which is written as in an IAM
// policy: the service's prefix, a colon and the operation ("ecs:RunTask").
func Allowed(id caller.Identity, action string) bool {
	switch id.Kind {
	case caller.Root:
		return true
	case caller.User, caller.AssumedRole:
		// GetCallerIdentity needs no permission and cannot be denied. Source: STS
		// API reference.
		if action == "sts:GetCallerIdentity" {
			return true
		}
	default:
		return false
	}
	if id.Kind != caller.AssumedRole {
		return false
	}
	switch id.Purpose {
	case caller.ExecutionRole:
		return pullsImages(action) || writesLogs(action)
	case caller.Instance:
		return runsInstance(action) || pullsImages(action) || writesLogs(action)
	}
	return false // a task role has only what policies give it
}

// pullsImages and writesLogs are what AWS's managed policy
// AmazonECSTaskExecutionRolePolicy allows, and what the awslogs driver needs to
// make a group and find a stream.
func pullsImages(action string) bool {
	switch action {
	case "ecr:GetAuthorizationToken",
		"ecr:BatchCheckLayerAvailability",
		"ecr:GetDownloadUrlForLayer",
		"ecr:BatchGetImage":
		return true
	}
	return false
}

func writesLogs(action string) bool {
	switch action {
	case "logs:CreateLogGroup",
		"logs:CreateLogStream",
		"logs:DescribeLogStreams",
		"logs:PutLogEvents":
		return true
	}
	return false
}

// runsInstance is what an agent calls for its container instance.
func runsInstance(action string) bool {
	switch action {
	case "ecs:RegisterContainerInstance",
		"ecs:DeregisterContainerInstance",
		"ecs:DiscoverPollEndpoint",
		"ecs:Poll",
		"ecs:StartTelemetrySession",
		"ecs:SubmitTaskStateChange",
		"ecs:SubmitContainerStateChange",
		"ecs:SubmitAttachmentStateChanges",
		"ecs:UpdateContainerInstancesState",
		"ecs:ListTagsForResource":
		return true
	}
	return false
}
