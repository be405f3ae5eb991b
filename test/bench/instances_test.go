package bench

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/coder/websocket"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

// emptyHash is the SHA-256 of nothing.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// roomy is what a simulated instance lends: enough for thousands of tasks.
func roomy() []types.Resource {
	return []types.Resource{
		{Name: aws.String("CPU"), Type: aws.String("INTEGER"), IntegerValue: 1 << 20},
		{Name: aws.String("MEMORY"), Type: aws.String("INTEGER"), IntegerValue: 1 << 24},
		{Name: aws.String("PORTS"), Type: aws.String("STRINGSET"), StringSetValue: []string{}},
		{Name: aws.String("PORTS_UDP"), Type: aws.String("STRINGSET"), StringSetValue: []string{}},
	}
}

func capable() (all []types.Attribute) {
	for _, a := range model.Capabilities() {
		all = append(all, types.Attribute{Name: aws.String(a.Name)})
	}
	return all
}

// simulate joins n instances to the cluster: they accept every task over a
// control channel of their own, as agents do, and run none.
func (p *platform) simulate(t testing.TB, cluster string, n int) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(func() { stop(); all.Wait() })
	for range n {
		out, err := p.ecs.RegisterContainerInstance(ctx, &ecs.RegisterContainerInstanceInput{Cluster: aws.String(cluster),
			TotalResources: roomy(), Attributes: capable()})
		if err != nil {
			t.Fatal(err)
		}
		conn := p.dial(t, cluster, *out.ContainerInstance.ContainerInstanceArn)
		all.Go(func() {
			defer conn.CloseNow()
			acknowledge(ctx, conn)
		})
	}
	until(t, 10*time.Second, "simulated instances to be connected", func() bool {
		out, err := p.ecs.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{cluster}})
		return err == nil && out.Clusters[0].RegisteredContainerInstancesCount >= int32(n)
	})
}

func (p *platform) dial(t testing.TB, cluster, instance string) *websocket.Conn {
	t.Helper()
	ctx := context.Background()
	target := p.env["AWS_ENDPOINT_URL"] + "/acs/ws?" + url.Values{"clusterArn": {cluster}, "containerInstanceArn": {instance},
		"agentHash": {"bench"}, "agentVersion": {"bench"}, "seqNum": {"1"}, "protocolVersion": {"2"}, "sendCredentials": {"false"}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := p.signer.Retrieve(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := v4.NewSigner().SignHTTP(ctx, key, request, emptyHash, "ecs", p.env["AWS_REGION"], time.Now()); err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(ctx, target, &websocket.DialOptions{HTTPHeader: request.Header})
	if err != nil {
		t.Fatalf("control channel: %v", err)
	}
	conn.SetReadLimit(acs.MaxFrame)
	return conn
}

// acknowledge accepts everything until the connection ends.
func acknowledge(ctx context.Context, conn *websocket.Conn) {
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			return
		}
		m, err := acs.Decode(frame)
		if err != nil {
			return
		}
		var answer acs.Message
		switch m := m.(type) {
		case *acs.HeartbeatMessage:
			answer = &acs.HeartbeatAckRequest{MessageID: m.MessageID}
		case *acs.PayloadMessage:
			answer = &acs.AckRequest{Cluster: m.ClusterARN, Instance: m.InstanceARN, MessageID: m.MessageID}
		case *acs.TaskManifestMessage:
			answer = &acs.AckRequest{Cluster: m.ClusterARN, Instance: m.InstanceARN, MessageID: m.MessageID}
		default:
			continue
		}
		if frame, err = acs.Encode(answer); err != nil {
			return
		}
		if err := conn.Write(ctx, websocket.MessageText, frame); err != nil {
			return
		}
	}
}

// simulated makes a cluster of n simulated instances and a task definition for
// it.
func (p *platform) simulated(t testing.TB, cluster string, n int) (definition string) {
	t.Helper()
	if _, err := p.ecs.CreateCluster(context.Background(), &ecs.CreateClusterInput{ClusterName: aws.String(cluster)}); err != nil {
		t.Fatal(err)
	}
	p.simulate(t, cluster, n)
	return p.register(cluster, strings.TrimPrefix(p.env["AWS_ENDPOINT_URL"], "http://")+"/nothing:latest", types.NetworkModeHost)
}
