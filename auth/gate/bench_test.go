package gate_test

import (
	"testing"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
)

// BenchmarkCheck is what one decision costs for a user with a group, two
// policies and a condition, on a resource with tags.
func BenchmarkCheck(b *testing.B) {
	u := user(home, "ann", allow(`"Action":"ecs:Describe*","Resource":"*"`))
	u.Groups, u.Tags = []string{"ops"}, []model.Tag{{Key: "team", Value: "blue"}}
	group := &model.Group{Account: home, Name: "ops", Inline: []model.InlinePolicy{{Name: "g",
		Document: allow(`"Action":"ecs:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}`)}}}
	cluster := &model.Cluster{Account: home, Name: "prod", Tags: []model.Tag{{Key: "team", Value: "blue"}}}
	arn := model.Scope{Region: "us-east-1", Account: home}.ClusterARN("prod")
	g := gateOver(stored(u, group, cluster))
	ctx := caller.WithOrigin(b.Context(), caller.Origin{SourceIP: "10.1.2.3", UserAgent: "aws-cli/2"})
	need := wire.Need{Action: "ecs:DeleteCluster", Resources: []string{arn}, Keys: map[string][]string{"ecs:cluster": {arn}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := g.Check(ctx, as(home, "ann"), need); err != nil {
			b.Fatal(err)
		}
	}
}
