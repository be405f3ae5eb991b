package audit

import (
	"reflect"
	"strings"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/telemetry/trail"
	"github.com/roadstead/roadstead/wire"
)

// maxAnswered is how many things of a list in an answer are looked at.
const maxAnswered = 10

// resourcesOf returns what a call needed permissions on, and what it answers
// to have made or changed: that is what it was about. Patterns and names that are no ARNs are left out, and a secret that
// there is not yet, or no more, is named without the characters behind its
// name.
func resourcesOf(c *wire.Call) []trail.Resource {
	if c.Op == nil || c.Front == nil || c.Input == nil {
		return nil
	}
	needs, _ := c.Op.Needs(c.Context, c.Front, c.Input)
	var found []trail.Resource
	for _, n := range needs {
		for _, arn := range n.Resources {
			found = about(found, arn)
		}
	}
	if c.Output != nil && KindOf(c.Service, c.Op.Name) == Changing {
		found = made(found, reflect.ValueOf(c.Output))
	}
	return found
}

// made adds what an answer names by an ARN: itself, and what its members are.
func made(found []trail.Resource, answer reflect.Value) []trail.Resource {
	answer = reflect.Indirect(answer)
	if answer.Kind() != reflect.Struct {
		return found
	}
	found = own(found, answer)
	for i := range answer.NumField() {
		switch member := reflect.Indirect(answer.Field(i)); member.Kind() {
		case reflect.Struct:
			found = own(found, member)
		case reflect.Slice:
			for j := range min(member.Len(), maxAnswered) {
				found = own(found, reflect.Indirect(member.Index(j)))
			}
		}
	}
	return found
}

// own adds the ARN of a struct of the SDK: its member Arn, ARN, or, of a
// Cluster, ClusterArn.
func own(found []trail.Resource, v reflect.Value) []trail.Resource {
	if v.Kind() != reflect.Struct {
		return found
	}
	for _, name := range []string{"Arn", "ARN", v.Type().Name() + "Arn"} {
		if f := v.FieldByName(name); f.IsValid() && f.Type() == reflect.TypeFor[*string]() && !f.IsNil() {
			return about(found, f.Elem().String())
		}
	}
	return found
}

// about adds a resource unless it is there.
func about(found []trail.Resource, arn string) []trail.Resource {
	arn = strings.TrimSuffix(arn, "-??????")
	a, ok := model.ParseARN(arn)
	if !ok || strings.ContainsAny(arn, "*?") {
		return found
	}
	for i := range found {
		if found[i].ARN == arn {
			return found
		}
	}
	return append(found, trail.Resource{ARN: arn, Account: a.Account, Type: typeOf(a)})
}

// typeOf is the type that CloudFormation, and with it CloudTrail, has for a
// resource; "" for none.
func typeOf(a model.ARN) string {
	kind, _ := a.Path()
	if kind == "" {
		kind, _, _ = strings.Cut(a.Resource, ":")
	}
	switch a.Service + ":" + kind {
	case "ecs:cluster":
		return "AWS::ECS::Cluster"
	case "ecs:service":
		return "AWS::ECS::Service"
	case "ecs:task":
		return "AWS::ECS::Task"
	case "ecs:task-set":
		return "AWS::ECS::TaskSet"
	case "ecs:task-definition":
		return "AWS::ECS::TaskDefinition"
	case "ecs:container-instance":
		return "AWS::ECS::ContainerInstance"
	case "ecs:capacity-provider":
		return "AWS::ECS::CapacityProvider"
	case "ecs:daemon":
		return "AWS::ECS::Daemon"
	case "ecs:daemon-task-definition":
		return "AWS::ECS::DaemonTaskDefinition"
	case "ecr:repository":
		return "AWS::ECR::Repository"
	case "logs:log-group":
		return "AWS::Logs::LogGroup"
	case "kms:key":
		return "AWS::KMS::Key"
	case "kms:alias":
		return "AWS::KMS::Alias"
	case "ssm:parameter":
		return "AWS::SSM::Parameter"
	case "iam:user":
		return "AWS::IAM::User"
	case "iam:group":
		return "AWS::IAM::Group"
	case "iam:role":
		return "AWS::IAM::Role"
	case "iam:policy":
		return "AWS::IAM::ManagedPolicy"
	case "iam:instance-profile":
		return "AWS::IAM::InstanceProfile"
	case "iam:oidc-provider":
		return "AWS::IAM::OIDCProvider"
	}
	if a.Service == "secretsmanager" {
		return "AWS::SecretsManager::Secret"
	}
	return ""
}
