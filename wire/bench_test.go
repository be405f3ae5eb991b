package wire_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/wire"
)

// tenTasks is what DescribeTasks answers for ten Fargate tasks of one container each.
func tenTasks() *ecs.DescribeTasksOutput {
	at := aws.Time(time.UnixMilli(1700000000123))
	task := types.Task{
		Attachments: []types.Attachment{{
			Id: aws.String("5a9c2b1e-0000-4000-8000-000000000001"), Type: aws.String("ElasticNetworkInterface"), Status: aws.String("ATTACHED"),
			Details: []types.KeyValuePair{
				{Name: aws.String("subnetId"), Value: aws.String("subnet-0123456789abcdef0")},
				{Name: aws.String("networkInterfaceId"), Value: aws.String("eni-0123456789abcdef0")},
				{Name: aws.String("macAddress"), Value: aws.String("0a:58:0a:00:00:05")},
				{Name: aws.String("privateIPv4Address"), Value: aws.String("10.0.0.5")},
			},
		}},
		Attributes:       []types.Attribute{{Name: aws.String("ecs.cpu-architecture"), Value: aws.String("x86_64")}},
		AvailabilityZone: aws.String("us-east-1a"),
		ClusterArn:       aws.String("arn:aws:ecs:us-east-1:000000000000:cluster/default"),
		Connectivity:     types.ConnectivityConnected, ConnectivityAt: at,
		Containers: []types.Container{{
			ContainerArn: aws.String("arn:aws:ecs:us-east-1:000000000000:container/default/0123456789abcdef0123456789abcdef/5a9c2b1e"),
			TaskArn:      aws.String("arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef"),
			Name:         aws.String("web"), Image: aws.String("000000000000.dkr.ecr.us-east-1.amazonaws.com/web:latest"),
			ImageDigest: aws.String("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
			RuntimeId:   aws.String("0123456789abcdef0123456789abcdef-1234567890"), LastStatus: aws.String("RUNNING"),
			NetworkBindings:   []types.NetworkBinding{},
			NetworkInterfaces: []types.NetworkInterface{{AttachmentId: aws.String("5a9c2b1e"), PrivateIpv4Address: aws.String("10.0.0.5")}},
			HealthStatus:      types.HealthStatusUnknown, Cpu: aws.String("0"),
		}},
		Cpu: aws.String("256"), Memory: aws.String("512"), CreatedAt: at, DesiredStatus: aws.String("RUNNING"), LastStatus: aws.String("RUNNING"),
		Group: aws.String("service:web"), HealthStatus: types.HealthStatusUnknown, LaunchType: types.LaunchTypeFargate,
		Overrides:       &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("web")}}},
		PlatformVersion: aws.String("1.4.0"), PlatformFamily: aws.String("Linux"), PullStartedAt: at, PullStoppedAt: at, StartedAt: at,
		StartedBy: aws.String("ecs-svc/1234567890"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("harbour")}},
		TaskArn:           aws.String("arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef"),
		TaskDefinitionArn: aws.String("arn:aws:ecs:us-east-1:000000000000:task-definition/web:7"), Version: 4,
		EphemeralStorage: &types.EphemeralStorage{SizeInGiB: 20},
	}
	out := &ecs.DescribeTasksOutput{Failures: []types.Failure{}}
	for range 10 {
		out.Tasks = append(out.Tasks, task)
	}
	return out
}

func BenchmarkEncodeTenTasks(b *testing.B) {
	out := tenTasks()
	for b.Loop() {
		body, err := wire.Marshal(wire.AWSJSON11, out)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(body)))
	}
}

func BenchmarkDecodeTenTasks(b *testing.B) {
	body, err := wire.Marshal(wire.AWSJSON11, tenTasks())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		var out ecs.DescribeTasksOutput
		if err := wire.Unmarshal(wire.AWSJSON11, body, &out); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDescribeTasks is a whole request through the router, without signature and socket.
func BenchmarkDescribeTasks(b *testing.B) {
	out := tenTasks()
	router := wire.NewRouter(wire.Options{}, &wire.Service{
		Name: "ecs", TargetPrefix: "ECS", Protocols: []wire.Protocol{wire.AWSJSON11},
		Operations: []wire.Operation{
			wire.Op("DescribeTasks", func(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) { return out, nil }),
		},
	})
	body := []byte(`{"cluster":"default","tasks":["a","b","c","d","e","f","g","h","i","j"]}`)
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("X-Amz-Target", "ECS.DescribeTasks")
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		w := &discard{header: http.Header{}}
		router.ServeHTTP(w, r)
		if w.status != http.StatusOK {
			b.Fatal(w.status)
		}
	}
}

// discard is a response that nobody reads.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return io.Discard.Write(b) }
