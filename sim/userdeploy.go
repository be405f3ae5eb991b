package sim

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// protect protects some of a service's tasks from being scaled in, or ends
// that.
func (u *user) protect(s *userService) {
	u.call("ListTasks", &ecs.ListTasksInput{Cluster: aws.String("main"), ServiceName: &s.name}, func(out any) {
		arns := out.(*ecs.ListTasksOutput).TaskArns
		if len(arns) == 0 {
			return
		}
		in := &ecs.UpdateTaskProtectionInput{Cluster: aws.String("main"), Tasks: arns[:u.dice.number(1, min(len(arns), 10))],
			ProtectionEnabled: u.dice.chance(0.8)}
		if in.ProtectionEnabled {
			in.ExpiresInMinutes = aws.Int32(int32(u.dice.number(1, 5)))
		}
		u.call("UpdateTaskProtection", in, nil)
	})
}

// halt stops a service's deployment, if one is in progress: the service goes
// back to what was completed last.
func (u *user) halt(s *userService) {
	in := &ecs.ListServiceDeploymentsInput{Cluster: aws.String("main"), Service: &s.name,
		Status: []types.ServiceDeploymentStatus{types.ServiceDeploymentStatusInProgress}}
	u.call("ListServiceDeployments", in, func(out any) {
		for _, d := range out.(*ecs.ListServiceDeploymentsOutput).ServiceDeployments {
			u.call("StopServiceDeployment", &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: d.ServiceDeploymentArn,
				StopType: types.StopServiceDeploymentStopTypeRollback}, nil)
		}
	})
}
