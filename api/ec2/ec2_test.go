package ec2_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/api/ec2"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/control"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/plan/address"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/wire"
)

const account = "000000000000"

func newService(t *testing.T) (*store.DB, *wire.Service) {
	t.Helper()
	db, err := store.Open(t.Context(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := control.BeginNetwork(t.Context(), db, account, "us-east-1"); err != nil {
		t.Fatal(err)
	}
	return db, ec2.New(db, ec2.Options{})
}

// addTasks stores tasks with interfaces, and returns the last.
func addTasks(t *testing.T, db *store.DB, count int) *model.Task {
	t.Helper()
	var subnets []string
	for s := range store.All[*model.Subnet](db.View()) {
		subnets = append(subnets, s.ID)
	}
	chooser := address.New(db.View(), 1)
	var c model.Change
	var task *model.Task
	for i := range count {
		n, _ := chooser.Interface(account, &model.NetworkConfiguration{Subnets: subnets}, "")
		task = &model.Task{Account: account, Cluster: "default", ID: strings.Repeat("0", 12) + string(rune('a'+i)) + strings.Repeat("7", 19), Desired: model.TaskRunning,
			Tags: []model.Tag{{Key: "mine", Value: "1"}, {Key: "aws:ecs:clusterName", Value: "default"}},
			Spec: model.TaskSpec{Interface: n, CreatedAt: time.Unix(1_700_000_000, 0)}, Status: model.TaskObserved{Last: model.TaskPending}}
		c.Put(task)
	}
	if _, err := db.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return task
}

// addVolumes stores tasks with volumes: vol-0000000000000000a is attached to an
// instance, ...b to a task of Fargate, and ...c was left by a task; ...d and ...e
// are no more, and not yet.
func addVolumes(t *testing.T, db *store.DB) {
	t.Helper()
	instance := &model.ContainerInstance{Account: account, Cluster: "default", ID: strings.Repeat("1", 32), EC2InstanceID: "i-0123456789abcdef0",
		Attributes: []model.Attribute{{Name: model.AttributeZone, Value: "us-east-1b"}}}
	var c model.Change
	c.Put(instance)
	for digit, change := range map[string]func(*model.Task, *types.TaskManagedEBSVolumeConfiguration){
		"a": func(_ *model.Task, m *types.TaskManagedEBSVolumeConfiguration) {
			m.TagSpecifications = []types.EBSTagSpecification{{ResourceType: types.EBSResourceTypeVolume, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}}}
		},
		"b": func(t *model.Task, m *types.TaskManagedEBSVolumeConfiguration) {
			t.Spec.LaunchType, m.VolumeType = model.LaunchFargate, aws.String("gp2")
		},
		"c": func(t *model.Task, m *types.TaskManagedEBSVolumeConfiguration) {
			t.Status.Last, m.TerminationPolicy = model.TaskStopped, &types.TaskManagedEBSVolumeTerminationPolicy{DeleteOnTermination: aws.Bool(false)}
		},
		"d": func(t *model.Task, _ *types.TaskManagedEBSVolumeConfiguration) { t.Status.Last = model.TaskStopped },
		"e": func(t *model.Task, _ *types.TaskManagedEBSVolumeConfiguration) { t.Spec.Instance = "" },
	} {
		m := &types.TaskManagedEBSVolumeConfiguration{SizeInGiB: aws.Int32(100), VolumeType: aws.String("gp3")}
		task := &model.Task{Account: account, Cluster: "default", ID: strings.Repeat("0", 15) + digit + strings.Repeat("7", 16), Desired: model.TaskRunning,
			Spec:   model.TaskSpec{Instance: instance.Key().ID, CreatedAt: time.Unix(1_700_000_000, 0), Volume: &types.TaskVolumeConfiguration{Name: aws.String("v"), ManagedEBSVolume: m}},
			Status: model.TaskObserved{Last: model.TaskRunning}}
		change(task, m)
		c.Put(task)
	}
	if _, err := db.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// TestVolumes describes the volumes that tasks have.
func TestVolumes(t *testing.T) {
	db, service := newService(t)
	addVolumes(t, db)
	describe := func(in *ec2.DescribeVolumesInput) (ids string, err error) {
		at := slices.IndexFunc(service.Operations, func(o wire.Operation) bool { return o.Name == "DescribeVolumes" })
		out, err := service.Operations[at].Call(caller.With(t.Context(), caller.NewRoot(account, "ROOT")), in)
		if err != nil {
			return "", err
		}
		for _, v := range out.(*ec2.DescribeVolumesOutput).Volumes {
			ids += v.VolumeID[len(v.VolumeID)-1:]
		}
		return ids, nil
	}
	filter := func(name string, values ...string) *ec2.DescribeVolumesInput {
		return &ec2.DescribeVolumesInput{Filters: []ec2.Filter{{Name: &name, Values: values}}}
	}
	for _, c := range []struct {
		in   *ec2.DescribeVolumesInput
		want string
	}{
		{&ec2.DescribeVolumesInput{}, "abc"}, {&ec2.DescribeVolumesInput{VolumeIDs: []string{"vol-0000000000000000b"}}, "b"},
		{filter("volume-id", "vol-*a", "vol-*c"), "ac"}, {filter("status", "available"), "c"}, {filter("status", "in-use"), "ab"}, {filter("volume-type", "gp2"), "b"},
		{filter("tag:team", "blue"), "a"}, {filter("tag-key", "AmazonECSManaged"), "abc"}, {filter("attachment.instance-id", "i-0123456789abcdef0"), "a"},
		{filter("attachment.status", "attached"), "ab"}, {filter("availability-zone", "us-east-1b"), "abc"}, {filter("size", "1"), ""}, {filter("encrypted", "true"), ""},
		{filter("create-time", "2023-11-14T22:13:20.000Z"), "abc"},
	} {
		if ids, err := describe(c.in); err != nil || ids != c.want {
			t.Errorf("%+v: %q, %v; want %q", c.in, ids, err, c.want)
		}
	}
	for id, message := range map[string]string{
		"vol-0000000000000000d": "The volume 'vol-0000000000000000d' does not exist.",
		"v-1":                   "Value (v-1) for parameter volumes is invalid. Expected: 'vol-...'.",
	} {
		if _, err := describe(&ec2.DescribeVolumesInput{VolumeIDs: []string{id}}); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%v, want %s", err, message)
		}
	}
}

// TestBoto3 plays testdata/client.py.
func TestBoto3(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import boto3").Run() != nil {
		t.Skip("python3 with boto3 is not installed: its client is not tried")
	}
	db, service := newService(t)
	task := addTasks(t, db, 1)
	addVolumes(t, db)
	server := httptest.NewServer(wire.NewRouter(wire.Options{Logger: slog.New(slog.DiscardHandler), Authenticate: authenticate}, service))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, "testdata/client.py", server.URL, model.InterfaceID(task.ID), task.Spec.Interface.Subnet).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "ok" {
		t.Errorf("%v\n%s", err, out)
	}
}

func authenticate(r *http.Request, _ []byte) (context.Context, error) {
	if !strings.Contains(r.Header.Get("Authorization"), "Credential=ROOT/") {
		return nil, &wire.Error{Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."}
	}
	return caller.With(r.Context(), caller.NewRoot(account, "ROOT")), nil
}

// TestPages reads interfaces in pages of five, each exactly once.
func TestPages(t *testing.T) {
	db, service := newService(t)
	addTasks(t, db, 12)
	for _, o := range service.Operations {
		if o.Name != "DescribeNetworkInterfaces" {
			continue
		}
		seen := map[string]bool{}
		in := &ec2.DescribeNetworkInterfacesInput{MaxResults: new(int32(5))}
		for pages := 1; ; pages++ {
			out, err := o.Call(caller.With(t.Context(), caller.NewRoot(account, "ROOT")), in)
			if err != nil {
				t.Fatal(err)
			}
			got := out.(*ec2.DescribeNetworkInterfacesOutput)
			for _, n := range got.NetworkInterfaces {
				seen[n.NetworkInterfaceID] = true
			}
			if in.NextToken = got.NextToken; in.NextToken == nil {
				if pages != 3 || len(seen) != 12 {
					t.Errorf("%d interfaces on %d pages", len(seen), pages)
				}
				return
			}
		}
	}
}

// TestOthersSeeNothing: what an account has is not another's.
func TestOthersSeeNothing(t *testing.T) {
	_, service := newService(t)
	for _, o := range service.Operations {
		if o.Name != "DescribeVpcs" {
			continue
		}
		out, err := o.Call(caller.With(t.Context(), caller.NewRoot("111111111111", "OTHER")), &ec2.DescribeVpcsInput{})
		if err != nil || len(out.(*ec2.DescribeVpcsOutput).Vpcs) != 0 {
			t.Errorf("%+v, %v", out, err)
		}
	}
}
