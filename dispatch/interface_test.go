package dispatch

import (
	"encoding/json"
	"testing"

	"github.com/roadstead/roadstead/model"
)

// TestInterface pins what an agent is told of a task's interface.
func TestInterface(t *testing.T) {
	task := &model.Task{Account: "000000000000", Cluster: "default", ID: "0123456789abcdef0123456789abcdef",
		Spec: model.TaskSpec{Interface: &model.NetworkInterface{Subnet: "subnet-1", Address: 0xac1f1005}}}
	got := Platform{Region: "us-east-1"}.Interface(task, &model.Subnet{ID: "subnet-1", CIDR: "172.31.16.0/20"}, []*model.SecurityGroup{{ID: "sg-1",
		Rules: []model.SecurityRule{
			{Protocol: "-1", FromPort: -1, ToPort: -1, Group: "sg-1"},
			{Protocol: "tcp", FromPort: 80, ToPort: 81, CIDR: "10.0.0.0/8"},
			{Egress: true, Protocol: "-1", FromPort: -1, ToPort: -1, CIDR: "0.0.0.0/0"},
		}}})
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"ec2Id":"eni-00123456789abcdef","macAddress":"0a:58:ac:1f:10:05",` +
		`"attachmentArn":"arn:aws:ecs:us-east-1:000000000000:attachment/01234567-89ab-4def-8123-456789abcdef",` +
		`"ipv4Addresses":[{"privateAddress":"172.31.16.5","primary":true}],"subnetGatewayIpv4Address":"172.31.16.1/20","domainName":["ec2.internal"],` +
		`"privateDnsName":"ip-172-31-16-5.ec2.internal","securityGroups":[{"id":"sg-1","ingress":[{"protocol":"-1","groupId":"sg-1"},` +
		`{"protocol":"tcp","fromPort":80,"toPort":81,"cidr":"10.0.0.0/8"}],"egress":[{"protocol":"-1","cidr":"0.0.0.0/0"}]}]}`
	if string(b) != want {
		t.Errorf("%s\nwant\n%s", b, want)
	}
}
