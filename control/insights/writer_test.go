package insights

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/telemetry/logs"
	"github.com/roadstead/roadstead/telemetry/metrics"
)

var minute = time.Unix(1_800_000_000, 0).UTC()

// journal is a Log.
type journal struct {
	groups  map[string]logs.Group
	streams map[string][]string // messages by group and stream
	full    bool
}

func (j *journal) CreateGroup(_ context.Context, g logs.Group) error {
	j.groups[g.Name] = g
	return nil
}

func (j *journal) CreateStream(_ context.Context, _, group, name string) error {
	j.streams[group+" "+name] = []string{}
	return nil
}

func (j *journal) Append(_ context.Context, _, group, stream string, events []logs.InputEvent) error {
	if _, ok := j.groups[group]; !ok {
		return logs.ErrGroupNotFound
	}
	if j.streams[group+" "+stream] == nil {
		return logs.ErrStreamNotFound
	}
	if j.full {
		return logs.ErrNoSpace
	}
	for _, e := range events {
		if e.Timestamp != minute.UnixMilli() {
			return errors.New("another time")
		}
		j.streams[group+" "+stream] = append(j.streams[group+" "+stream], e.Message)
	}
	return nil
}

func world(t *testing.T, setting string) *store.DB {
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const account = "000000000000"
	i := &model.ContainerInstance{Account: account, Cluster: "c", ID: "i1", Status: model.InstanceActive, EC2InstanceID: "i-1", AgentConnected: true,
		Registered: model.Resources{CPU: 2048, Memory: 4096}, Attributes: []model.Attribute{{Name: model.AttributeZone, Value: "us-east-1b"}}}
	d := &model.TaskDefinition{Account: account, Family: "web", Revision: 3, Status: model.TaskDefinitionActive, Definition: &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{
		{Name: aws.String("main"), Image: aws.String("busybox"), Cpu: 128, Memory: aws.Int32(64), RestartPolicy: &types.ContainerRestartPolicy{Enabled: aws.Bool(true)}},
		{Name: aws.String("side"), Image: aws.String("proxy"), MemoryReservation: aws.Int32(32)}}}}
	s := &model.Service{Account: account, Cluster: "c", Name: "front", Status: model.ServiceActive, Spec: model.ServiceSpec{DesiredCount: 2, TaskDefinition: d.Key().ID}, Primary: "ecs-svc/1"}
	task := &model.Task{Account: account, Cluster: "c", ID: "t1", Desired: model.TaskRunning,
		Spec:   model.TaskSpec{TaskDefinition: d.Key().ID, Instance: i.Key().ID, Service: s.Key().ID, LaunchType: "EC2", Resources: model.Resources{CPU: 128, Memory: 96}, CreatedAt: minute.Add(-time.Hour)},
		Status: model.TaskObserved{Last: model.TaskRunning, StartedAt: minute.Add(-30 * time.Minute), Containers: []model.ContainerObserved{{Name: "main", Last: model.TaskRunning}, {Name: "side", Last: model.TaskRunning}}}}
	lent := task.Clone()
	lent.ID, lent.Spec.LaunchType, lent.Spec.Service = "t2", model.LaunchFargate, ""
	var change model.Change
	for _, n := range []model.Noun{i, d, s, task, lent,
		&model.Cluster{Account: account, Name: "c", Status: model.ClusterActive, Settings: []model.ClusterSetting{{Name: "containerInsights", Value: setting}}},
		&model.Cluster{Account: account, Name: "quiet", Status: model.ClusterActive}} {
		change.PutUnguarded(n)
	}
	if _, err := db.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	return db
}

func usageOf(db *store.DB) *metrics.Store {
	m := metrics.New(minute, metrics.Options{})
	one := func(v float64) metrics.Stat { return metrics.Stat{Count: 2, Sum: 2 * v, Min: v, Max: v} }
	for _, id := range []string{"000000000000/c/t1", "000000000000/c/t2"} {
		m.Put(minute.Add(20*time.Second), []metrics.Report{
			{Task: id, Group: metrics.Group{Container: "main"}, CPU: one(25), Memory: one(10.5), Rx: one(100), Tx: one(200), Networked: true, Restarts: 1, Ephemeral: 3e9,
				Counters: metrics.Counters{metrics.RxPackets: 14, metrics.StorageReadBytes: 4096}},
			{Task: id, Group: metrics.Group{Container: "side"}, CPU: one(5), Memory: one(2), Ephemeral: -1}})
	}
	return m
}

// The events have AWS's members, in AWS's streams, in a group that is made with
// AWS's retention; a cluster without the setting has none.
func TestEvents(t *testing.T) {
	db := world(t, "enabled")
	j := &journal{groups: map[string]logs.Group{}, streams: map[string][]string{}}
	w := New(db.View, usageOf(db), j, Options{Region: "us-east-1"})
	if err := w.Write(t.Context(), minute); err != nil {
		t.Fatal(err)
	}
	const group = "/aws/ecs/containerinsights/c/performance"
	if g := j.groups; len(g) != 1 || g[group].RetentionDays != 1 || g[group].Account != "000000000000" {
		t.Errorf("groups %+v", g)
	}
	want := map[string][]string{
		"AgentTelemetry-i1": {
			`{"Version":"0","Type":"Container","ContainerName":"main","TaskId":"t1","TaskDefinitionFamily":"web","TaskDefinitionRevision":"3","ServiceName":"front","ContainerInstanceId":"i1","EC2InstanceId":"i-1",` +
				`"ClusterName":"c","Image":"busybox","ContainerKnownStatus":"RUNNING","Timestamp":1800000000000,"CpuUtilized":256,"CpuReserved":128,"MemoryUtilized":10,"MemoryReserved":64,` +
				`"StorageReadBytes":4096,"StorageWriteBytes":0,"NetworkRxBytes":100,"NetworkRxDropped":0,"NetworkRxErrors":0,"NetworkRxPackets":14,"NetworkTxBytes":200,"NetworkTxDropped":0,"NetworkTxErrors":0,"NetworkTxPackets":0,"RestartCount":1}`,
			`{"Version":"0","Type":"Container","ContainerName":"side","TaskId":"t1","TaskDefinitionFamily":"web","TaskDefinitionRevision":"3","ServiceName":"front","ContainerInstanceId":"i1","EC2InstanceId":"i-1",` +
				`"ClusterName":"c","Image":"proxy","ContainerKnownStatus":"RUNNING","Timestamp":1800000000000,"CpuUtilized":51.2,"CpuReserved":0,"MemoryUtilized":2,"MemoryReserved":32,"StorageReadBytes":0,"StorageWriteBytes":0}`,
			`{"Version":"0","Type":"Task","TaskId":"t1","TaskDefinitionFamily":"web","TaskDefinitionRevision":"3","ServiceName":"front","ContainerInstanceId":"i1","EC2InstanceId":"i-1","ClusterName":"c",` +
				`"AccountID":"000000000000","Region":"us-east-1","AvailabilityZone":"us-east-1b","KnownStatus":"RUNNING","LaunchType":"EC2","CreatedAt":1799996400000,"StartedAt":1799998200000,"Timestamp":1800000000000,` +
				`"CpuUtilized":307.2,"CpuReserved":128,"MemoryUtilized":12,"MemoryReserved":96,"StorageReadBytes":4096,"StorageWriteBytes":0,"NetworkRxBytes":100,"NetworkRxDropped":0,"NetworkRxErrors":0,"NetworkRxPackets":14,"NetworkTxBytes":200,"NetworkTxDropped":0,"NetworkTxErrors":0,"NetworkTxPackets":0,"RestartCount":1,` +
				`"EphemeralStorageReserved":21.475,"EphemeralStorageUtilized":3,` +
				`"CloudWatchMetrics":[{"Namespace":"ECS/ContainerInsights","Metrics":[{"Name":"CpuUtilized","Unit":"None"},{"Name":"CpuReserved","Unit":"None"},{"Name":"MemoryUtilized","Unit":"Megabytes"},{"Name":"MemoryReserved","Unit":"Megabytes"},{"Name":"StorageReadBytes","Unit":"Bytes/Second"},{"Name":"StorageWriteBytes","Unit":"Bytes/Second"},{"Name":"NetworkRxBytes","Unit":"Bytes/Second"},{"Name":"NetworkTxBytes","Unit":"Bytes/Second"},{"Name":"EphemeralStorageReserved","Unit":"Gigabytes"},{"Name":"EphemeralStorageUtilized","Unit":"Gigabytes"}],` +
				`"Dimensions":[["ClusterName"],["ClusterName","TaskDefinitionFamily"],["ServiceName","ClusterName"]]}]}`},
		"FargateTelemetry-0001": nil,
		"ServiceTelemetry-front": {`{"Version":"0","Type":"Service","ServiceName":"front","ClusterName":"c","Timestamp":1800000000000,"DesiredTaskCount":2,"RunningTaskCount":1,"PendingTaskCount":0,"DeploymentCount":0,"TaskSetCount":0,` +
			`"CloudWatchMetrics":[{"Namespace":"ECS/ContainerInsights","Metrics":[{"Name":"DesiredTaskCount","Unit":"Count"},{"Name":"RunningTaskCount","Unit":"Count"},{"Name":"PendingTaskCount","Unit":"Count"},{"Name":"DeploymentCount","Unit":"Count"},{"Name":"TaskSetCount","Unit":"Count"}],"Dimensions":[["ServiceName","ClusterName"]]}]}`},
		"ClusterTelemetry-c": {`{"Version":"0","Type":"Cluster","ClusterName":"c","Timestamp":1800000000000,"TaskCount":2,"ContainerInstanceCount":1,"ServiceCount":1,` +
			`"CloudWatchMetrics":[{"Namespace":"ECS/ContainerInsights","Metrics":[{"Name":"TaskCount","Unit":"Count"},{"Name":"ContainerInstanceCount","Unit":"Count"},{"Name":"ServiceCount","Unit":"Count"}],"Dimensions":[["ClusterName"]]}]}`},
	}
	for stream, events := range want {
		got := j.streams[group+" "+stream]
		if stream == "FargateTelemetry-0001" {
			if len(got) != 3 || strings.Contains(got[2], "ContainerInstanceId") || !strings.Contains(got[2], `"AvailabilityZone":"us-east-1b"`) {
				t.Errorf("Fargate: %v", got)
			}
			continue
		}
		if !slices.Equal(got, events) {
			t.Errorf("stream %s:\n%s\nwant\n%s", stream, strings.Join(got, "\n"), strings.Join(events, "\n"))
		}
	}
	if len(j.streams) != len(want) {
		t.Errorf("streams %v", slices.Collect(maps.Keys(j.streams)))
	}
}

// Enhanced insights have metrics of each task and container: every one that is
// named is a member of its event, and so is every dimension.
func TestEnhanced(t *testing.T) {
	db := world(t, "enhanced")
	j := &journal{groups: map[string]logs.Group{}, streams: map[string][]string{}}
	if err := New(db.View, usageOf(db), j, Options{}).Write(t.Context(), minute); err != nil {
		t.Fatal(err)
	}
	sets := 0
	for stream, events := range j.streams {
		for _, text := range events {
			var e map[string]any
			var named struct{ CloudWatchMetrics []metricSet }
			if err := errors.Join(json.Unmarshal([]byte(text), &e), json.Unmarshal([]byte(text), &named)); err != nil || len(named.CloudWatchMetrics) != 1 {
				t.Fatalf("%s: %s: %v", stream, text, err)
			}
			for _, m := range named.CloudWatchMetrics[0].Metrics {
				if _, ok := e[m.Name].(float64); !ok {
					t.Errorf("%s: metric %s is not in %s", stream, m.Name, text)
				}
			}
			for _, set := range named.CloudWatchMetrics[0].Dimensions {
				sets++
				for _, d := range set {
					if _, ok := e[d].(string); !ok {
						t.Errorf("%s: dimension %s is not in %s", stream, d, text)
					}
				}
			}
		}
	}
	if sets < 15 {
		t.Errorf("%d sets of dimensions", sets)
	}
}

// Nothing is counted, and no group made, where no cluster wants it; a log that
// takes nothing is an error and nothing more.
func TestNotWantedAndNotWritten(t *testing.T) {
	db := world(t, "disabled")
	j := &journal{groups: map[string]logs.Group{}, streams: map[string][]string{}}
	if err := New(db.View, usageOf(db), j, Options{}).Write(t.Context(), minute); err != nil || len(j.groups) != 0 {
		t.Errorf("%v, %v", j.groups, err)
	}
	j.full = true
	db = world(t, "enabled")
	if err := New(db.View, usageOf(db), j, Options{}).Write(t.Context(), minute); !errors.Is(err, logs.ErrNoSpace) {
		t.Errorf("a full disk: %v", err)
	}
}

func TestFitting(t *testing.T) {
	big := logs.InputEvent{Message: strings.Repeat("x", 900<<10)}
	if n := fitting([]logs.InputEvent{big, big, big}); n != 2 {
		t.Errorf("%d of three large ones", n)
	}
	if n := fitting(make([]logs.InputEvent, logs.MaxAppendEvents+1)); n != logs.MaxAppendEvents {
		t.Errorf("%d of many", n)
	}
}
