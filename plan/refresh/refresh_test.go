package refresh

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestUses(t *testing.T) {
	from := func(values ...string) (all []types.Secret) {
		for _, v := range values {
			all = append(all, types.Secret{Name: aws.String("N"), ValueFrom: aws.String(v)})
		}
		return all
	}
	const secret, parameter = "arn:aws:secretsmanager:us-east-1:1:secret:", "arn:aws:ssm:us-east-1:1:parameter/"
	d := &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{
		{Secrets: from(secret+"db-AbCdEf", secret+"db-AbCdEf:password::", secret+"apps/x-AbCdEf::AWSCURRENT:", secret+"y-AbCdEf:::v1", secret+"z-AbCdEf::AWSPREVIOUS:")},
		{Secrets: from("plain", "/a/b", parameter+"plain", parameter+"c/d", "/a/b:3", parameter+"c/e:label", "arn:aws:s3:::bucket"),
			LogConfiguration: &types.LogConfiguration{SecretOptions: from(secret + "token-AbCdEf")}},
	}}
	want := "[{secret db-AbCdEf} {secret apps/x-AbCdEf} {ssm-parameter plain} {ssm-parameter /a/b} {ssm-parameter /c/d} {secret token-AbCdEf}]"
	if got := fmt.Sprint(Uses(d)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestAServiceIsDeployedAnewOnce(t *testing.T) {
	service := &model.Service{Account: "1", Cluster: "c", Name: "web", Status: model.ServiceActive, Primary: "ecs-svc/1", Tags: []model.Tag{{Key: TagMode, Value: ModeRedeploy}}}
	first := &model.Deployment{Account: "1", Cluster: "c", Service: "web", ID: "ecs-svc/1", CreatedAt: now}
	v := View{Service: service, Deployments: []*model.Deployment{first}, Now: now.Add(time.Minute), Seed: plan.Seed{1},
		Changed: []Change{{Name: "secret db", At: now.Add(-time.Second)}, {Name: "parameter p", At: now}}}
	if p := Plan(v); !p.Change.Empty() {
		t.Errorf("nothing has changed: %v", p.Reasons)
	}
	v.Changed[0].At = now.Add(2 * time.Minute) // by a clock that is ahead
	p := Plan(v)
	if len(p.Change.Writes) != 2 || p.Reasons[0].Message != "A new deployment was made, because secret db has another value." {
		t.Fatalf("%+v", p)
	}
	v.Service, v.Deployments = p.Change.Writes[0].Noun.(*model.Service), append(v.Deployments, p.Change.Writes[1].Noun.(*model.Deployment))
	if v.Service.Primary != v.Deployments[1].ID || service.Primary != "ecs-svc/1" {
		t.Errorf("%+v", v.Service)
	}
	if p := Plan(v); !p.Change.Empty() {
		t.Errorf("it is deployed again: %v", p.Reasons)
	}
	for _, change := range []func(*model.Service){func(s *model.Service) { s.Tags = nil }, func(s *model.Service) { s.Status = model.ServiceDraining },
		func(s *model.Service) { s.Spec.Controller = "EXTERNAL" }, func(s *model.Service) { s.Tags = []model.Tag{{Key: TagMode, Value: "off"}} }} {
		other := service.Clone()
		change(other)
		v := v
		v.Service, v.Deployments = other, []*model.Deployment{first}
		if p := Plan(v); !p.Change.Empty() {
			t.Errorf("%+v was deployed", other)
		}
	}
}
