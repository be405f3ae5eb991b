package control

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/refresh"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
)

// TestServicesAreRefreshed: a service that wants it is deployed anew when a
// secret or a parameter of its containers changes.
func TestServicesAreRefreshed(t *testing.T) {
	c := newTestCluster(t, memlog.Options{})
	refreshing := New(c.db, NewRefreshes(RefreshesOptions{}), Options{})
	c.loops = append(c.loops, refreshing)
	c.put(&model.TaskDefinition{Account: "1", Family: "secretive", Revision: 1, Status: model.TaskDefinitionActive, Definition: &types.TaskDefinition{
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("main"), Memory: aws.Int32(10), Secrets: []types.Secret{
			{Name: aws.String("A"), ValueFrom: aws.String("arn:aws:secretsmanager:us-east-1:1:secret:db-AbCdEf:password::")}, {Name: aws.String("B"), ValueFrom: aws.String("/p")}}}}}})
	secret := &model.Secret{Account: "1", Name: "db", Suffix: "AbCdEf", CurrentAt: c.now}
	c.put(secret)
	c.instance("i")
	c.service("watching", "secretive", 2, func(s *model.Service) { s.Tags = []model.Tag{{Key: refresh.TagMode, Value: refresh.ModeRedeploy}} })
	c.service("still", "secretive", 1)
	deployments := func(name string) (n int) {
		for range store.DeploymentsByService(c.db.View(), model.ServiceID("1", "c", name)) {
			n++
		}
		return n
	}
	look := func(what string, want int) {
		t.Helper()
		c.run(10 * time.Minute)
		if got := deployments("watching"); got != want || deployments("still") != 1 {
			t.Errorf("%s: %d deployments, and %d of the other service; want %d", what, got, deployments("still"), want)
		}
		c.expect("watching", 2)
	}
	look("at first", 1)
	moved := secret.Clone()
	moved.CurrentAt = c.now
	c.put(moved)
	look("the secret has moved", 2)
	c.put(&model.Parameter{Account: "1", Name: "/p", Version: 1, Versions: []model.ParameterVersion{{Number: 1, ModifiedAt: c.now}}})
	look("the parameter has come", 3)
	c.put(&model.Parameter{Account: "1", Name: "/p", Version: 2, Versions: []model.ParameterVersion{{Number: 2, ModifiedAt: c.now}}})
	look("the parameter has changed", 4)
	described := moved.Clone()
	described.Description = "another"
	c.put(described)
	look("the secret has another description", 4)
}
