package sim

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// promised checks that a call that was answered with success has had its
// effect: what it asked for is in the tables when the answer leaves.
func (c *checker) promised(v store.View, operation string, in, out any) {
	switch in := in.(type) {
	case *ecs.UpdateServiceInput:
		s, ok := c.service(v, in.Service)
		switch {
		case !ok:
			c.broken(operation, "service %s is not there", aws.ToString(in.Service))
		case in.DesiredCount != nil && s.Spec.DesiredCount != int(*in.DesiredCount):
			c.broken(operation, "service %s is to have %d tasks and not %d", s.Name, s.Spec.DesiredCount, *in.DesiredCount)
		case in.TaskDefinition != nil && revision(s.Spec.TaskDefinition) != *in.TaskDefinition:
			c.broken(operation, "service %s is of %s and not of %s", s.Name, s.Spec.TaskDefinition, *in.TaskDefinition)
		}
	case *ecs.CreateServiceInput:
		if _, ok := c.service(v, in.ServiceName); !ok {
			c.broken(operation, "service %s is not there", aws.ToString(in.ServiceName))
		}
	case *ecs.DeleteServiceInput:
		if s, ok := c.service(v, in.Service); ok && s.Status == model.ServiceActive {
			c.broken(operation, "service %s is ACTIVE", s.Name)
		}
	case *ecs.StopTaskInput:
		if t, ok := c.taskOf(v, in.Task); !ok || t.Desired != model.TaskStopped {
			c.broken(operation, "task %s is not to stop", aws.ToString(in.Task))
		}
	case *ecs.RunTaskInput:
		c.runShares(in, out.(*ecs.RunTaskOutput))
		for _, t := range out.(*ecs.RunTaskOutput).Tasks {
			if _, ok := c.taskOf(v, t.TaskArn); !ok {
				c.broken(operation, "task %s is not there", aws.ToString(t.TaskArn))
			}
		}
	case *ecs.SubmitTaskStateChangeInput:
		if t, ok := c.taskOf(v, in.Task); ok && in.Status != nil && t.Status.Last.Before(model.TaskStatus(aws.ToString(in.Status))) {
			c.broken(operation, "task %s was reported %s and is %s", aws.ToString(in.Task), aws.ToString(in.Status), t.Status.Last)
		}
	case *ecs.UpdateContainerInstancesStateInput:
		for _, arn := range in.ContainerInstances {
			i, ok := store.Get[*model.ContainerInstance](v, model.InstanceID(account, "main", taskID(arn)))
			failures := out.(*ecs.UpdateContainerInstancesStateOutput).Failures
			if len(failures) == 0 && (!ok || i.Status != string(in.Status)) {
				c.broken(operation, "instance %s is not %s", arn, in.Status)
			}
		}
	}
}

// revision returns family:revision of a definition's id.
func revision(id string) string {
	parts := strings.Split(id, "/")
	return parts[1] + ":" + strings.TrimLeft(parts[2], "0")
}

func (c *checker) broken(operation, format string, args ...any) {
	c.w.fail("promise", operation+" was answered with success: "+format, args...)
}

func (c *checker) service(v store.View, name *string) (*model.Service, bool) {
	return store.Get[*model.Service](v, account+"/main/"+aws.ToString(name))
}

func (c *checker) taskOf(v store.View, arn *string) (*model.Task, bool) {
	return store.Get[*model.Task](v, model.TaskID(account, "main", taskID(aws.ToString(arn))))
}
