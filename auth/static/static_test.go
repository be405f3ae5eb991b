package static

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/roadstead/roadstead/auth/caller"
)

// everyAction is all operations of the services that there are, and some
// actions that are none.
func everyAction() []string {
	actions := []string{"", "*", "ecs:*", "ecs:Poll", "ecs:StartTelemetrySession", "ecs:runtask", "ECS:RunTask", "RunTask", "ecr:", ":GetAuthorizationToken",
		"sts:getcalleridentity", "ecr-public:GetAuthorizationToken", "ecs:GetAuthorizationToken", "logs:BatchGetImage", "iam:CreateUser"}
	contextType := reflect.TypeFor[context.Context]()
	for prefix, client := range map[string]any{"ecs": &ecs.Client{}, "ecr": &ecr.Client{}, "logs": &cloudwatchlogs.Client{}, "sts": &sts.Client{}} {
		t := reflect.TypeOf(client)
		for i := range t.NumMethod() {
			if m := t.Method(i).Type; m.NumIn() > 2 && m.In(1) == contextType {
				actions = append(actions, prefix+":"+t.Method(i).Name)
			}
		}
	}
	slices.Sort(actions)
	return actions
}

const (
	pull     = " ecr:GetAuthorizationToken ecr:BatchGetImage ecr:GetDownloadUrlForLayer ecr:BatchCheckLayerAvailability"
	logs     = " logs:CreateLogStream logs:PutLogEvents logs:CreateLogGroup logs:DescribeLogStreams"
	whoami   = " sts:GetCallerIdentity"
	instance = " ecs:RegisterContainerInstance ecs:DeregisterContainerInstance ecs:DiscoverPollEndpoint ecs:SubmitTaskStateChange" +
		" ecs:SubmitContainerStateChange ecs:SubmitAttachmentStateChanges ecs:UpdateContainerInstancesState ecs:ListTagsForResource ecs:Poll ecs:StartTelemetrySession"
)

// TestEveryCallerAndAction compares the rules with a table for each kind of
// caller, over every action there is: what is not in the table is denied.
func TestEveryCallerAndAction(t *testing.T) {
	actions := everyAction()
	if len(actions) < 200 {
		t.Fatalf("only %d actions found", len(actions))
	}
	seen := map[string]bool{}
	for _, kind := range []caller.Kind{caller.Nobody, caller.Root, caller.User, caller.AssumedRole, 99} {
		for _, purpose := range []caller.Purpose{caller.None, caller.TaskRole, caller.ExecutionRole, caller.Instance, 99} {
			allowed := ""
			switch {
			case kind == caller.User:
				allowed = whoami
			case kind == caller.AssumedRole:
				allowed = whoami
				switch purpose {
				case caller.ExecutionRole:
					allowed += pull + logs
				case caller.Instance:
					allowed += pull + logs + instance
				}
			}
			want := strings.Fields(allowed)
			for _, action := range actions {
				expected := kind == caller.Root || slices.Contains(want, action)
				if got := Allowed(caller.Identity{Kind: kind, Purpose: purpose}, action); got != expected {
					t.Errorf("%v, %v: Allowed(%q) = %v", kind, purpose, action, got)
				}
				seen[action] = true
			}
		}
	}
	for _, action := range strings.Fields(pull + logs + whoami + instance) {
		if !seen[action] {
			t.Errorf("%s is no action: is it misspelt?", action)
		}
	}
}

func TestDeniedInAWSWords(t *testing.T) {
	id := caller.NewSession(caller.TaskRole, "arn:aws:iam::000000000000:role/web", "AROA1", "task")
	err := Authorize(id, "ecs:RunTask")
	var denied *Denied
	if !errors.As(err, &denied) {
		t.Fatalf("error %v", err)
	}
	const want = "User: arn:aws:sts::000000000000:assumed-role/web/task is not authorized to perform: ecs:RunTask because no identity-based policy allows the ecs:RunTask action"
	if denied.ErrorCode() != "AccessDeniedException" || denied.QueryErrorCode() != "AccessDenied" || denied.ErrorMessage() != want {
		t.Fatalf("%v", denied)
	}
	if err := Authorize(id, "sts:GetCallerIdentity"); err != nil {
		t.Fatal(err)
	}
}
