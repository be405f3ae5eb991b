package ec2_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

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

// TestBoto3 plays testdata/client.py.
func TestBoto3(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import boto3").Run() != nil {
		t.Skip("python3 with boto3 is not installed: its client is not tried")
	}
	db, service := newService(t)
	task := addTasks(t, db, 1)
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
