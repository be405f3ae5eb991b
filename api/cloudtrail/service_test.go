package cloudtrail_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	api "github.com/roadstead/roadstead/api/cloudtrail"
	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/telemetry/logs/disk/disktest"
	"github.com/roadstead/roadstead/telemetry/trail"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

const account = "000000000000"

var begin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newClient(h wiretest.HTTPClient) any {
	return cloudtrail.New(cloudtrail.Options{
		Region: "us-east-1", HTTPClient: h, Credentials: wiretest.Credentials(), RetryMaxAttempts: 1,
		APIOptions: []func(*middleware.Stack) error{wiretest.Unvalidated},
	})
}

func TestTableAgainstModel(t *testing.T) {
	service := api.New(nil, api.Options{})
	if names := wiretest.Names(newClient(nil)); !slices.Equal(names, service.Known) {
		t.Fatalf("known operations differ from the model's: %q", names)
	}
	if n := wiretest.RoundTrip(t, service, newClient, 3); n < len(service.Operations) {
		t.Fatalf("%d operations", n)
	}
}

// direct answers requests of the SDK's client without a network.
type direct struct{ router http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.router.ServeHTTP(w, r)
	return w.Result(), nil
}

// past makes a history and a client that asks as root of an account.
func past(t *testing.T, who string, events ...trail.Event) *cloudtrail.Client {
	t.Helper()
	history, err := trail.Open(&disktest.Memory{}, bytes.Repeat([]byte{1}, trail.KeySize), trail.Options{Now: func() time.Time { return begin }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = history.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	for i := range events {
		if err := history.Append(t.Context(), &events[i], true); err != nil {
			t.Fatal(err)
		}
	}
	router := wire.NewRouter(wire.Options{
		Logger: slog.New(slog.DiscardHandler),
		Authenticate: func(r *http.Request, _ []byte) (context.Context, error) {
			if who == "" {
				return r.Context(), nil
			}
			return caller.With(r.Context(), caller.NewRoot(who, "AKIATEST")), nil
		},
	}, api.New(history, api.Options{Now: func() time.Time { return begin }}))
	return newClient(direct{router}).(*cloudtrail.Client)
}

// called is an event some seconds before the clock's time.
func called(ago int, source, name string, readOnly bool) trail.Event {
	return trail.Event{Time: begin.Add(-time.Duration(ago) * time.Second), Source: source + ".amazonaws.com", Name: name, Region: "us-east-1",
		ID: fmt.Sprintf("%s-%d", name, ago), ReadOnly: readOnly, Account: account, Address: "127.0.0.1",
		Identity: trail.Identity{Type: "IAMUser", PrincipalID: "AIDA", ARN: "arn:aws:iam::000000000000:user/ann", AccessKeyID: "AKIAANN", UserName: "ann"}}
}

func history() []trail.Event {
	run, read, log, other := called(50, "ecs", "RunTask", false), called(40, "ecs", "ListTasks", true), called(30, "logs", "PutLogEvents", false), called(20, "ecs", "RunTask", false)
	run.Resources = []trail.Resource{{ARN: "arn:aws:ecs:us-east-1:000000000000:cluster/prod", Account: account, Type: "AWS::ECS::Cluster"}}
	log.Data = true
	other.Account = "111111111111"
	role := called(10, "secretsmanager", "DeleteSecret", false)
	role.Identity = trail.Identity{Type: "AssumedRole", PrincipalID: "AROA:task", ARN: "arn:aws:sts::000000000000:assumed-role/web/task", AccessKeyID: "ASIAWEB", IssuerARN: "arn:aws:iam::000000000000:role/web"}
	role.Resources = []trail.Resource{{ARN: "arn:aws:secretsmanager:us-east-1:000000000000:secret:apps/db-AbCdEf", Account: account, Type: "AWS::SecretsManager::Secret"}}
	old := called(91*24*3600, "ecs", "CreateCluster", false)
	return []trail.Event{old, run, read, log, other, role}
}

func TestLookupByEachAttribute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := past(t, account, history()...)
		for _, c := range []struct {
			key         types.LookupAttributeKey
			value, want string
		}{
			{"", "", "DeleteSecret-10 ListTasks-40 RunTask-50"},
			{"EventId", "RunTask-50", "RunTask-50"}, {"EventId", "RunTask-20", ""}, // another account's
			{"EventName", "ListTasks", "ListTasks-40"}, {"EventName", "PutLogEvents", ""}, // a data event
			{"EventName", `a"b`, ""},
			{"ReadOnly", "true", "ListTasks-40"}, {"ReadOnly", "false", "DeleteSecret-10 RunTask-50"},
			{"Username", "ann", "ListTasks-40 RunTask-50"}, {"Username", "task", "DeleteSecret-10"}, {"Username", "an", ""},
			{"ResourceType", "AWS::ECS::Cluster", "RunTask-50"},
			{"ResourceName", "prod", "RunTask-50"}, {"ResourceName", "apps/db", "DeleteSecret-10"}, {"ResourceName", "db", ""},
			{"ResourceName", "arn:aws:secretsmanager:us-east-1:000000000000:secret:apps/db-AbCdEf", "DeleteSecret-10"},
			{"EventSource", "ecs.amazonaws.com", "ListTasks-40 RunTask-50"}, {"AccessKeyId", "ASIAWEB", "DeleteSecret-10"},
		} {
			in := cloudtrail.LookupEventsInput{}
			if c.key != "" {
				in.LookupAttributes = []types.LookupAttribute{{AttributeKey: c.key, AttributeValue: &c.value}}
			}
			out, err := client.LookupEvents(t.Context(), &in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range out.Events {
				got = append(got, *e.EventId)
			}
			if strings.Join(got, " ") != c.want || out.NextToken != nil {
				t.Errorf("%s=%s: %v (next %v), want %s", c.key, c.value, got, out.NextToken, c.want)
			}
		}
	})
}

func TestAnEventIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := past(t, account, history()...)
		out, err := client.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{MaxResults: new(int32(1))})
		if err != nil || len(out.Events) != 1 || out.NextToken == nil {
			t.Fatalf("%+v, %v", out, err)
		}
		e := out.Events[0]
		if *e.EventName != "DeleteSecret" || *e.EventSource != "secretsmanager.amazonaws.com" || *e.ReadOnly != "false" || *e.Username != "task" || *e.AccessKeyId != "ASIAWEB" ||
			!e.EventTime.Equal(begin.Add(-10*time.Second)) || len(e.Resources) != 1 || *e.Resources[0].ResourceName != "apps/db" || *e.Resources[0].ResourceType != "AWS::SecretsManager::Secret" {
			t.Errorf("%+v", e)
		}
		var whole map[string]any
		if err := json.Unmarshal([]byte(*e.CloudTrailEvent), &whole); err != nil {
			t.Fatal(err)
		}
		if whole["eventID"] != *e.EventId || whole["eventType"] != "AwsApiCall" || whole["chain"] != nil || whole["managementEvent"] != true {
			t.Errorf("%s", *e.CloudTrailEvent)
		}
	})
}

func TestPagesAndTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events []trail.Event
		for i := range 120 {
			events = append(events, called(200-i, "ecs", "RunTask", false))
		}
		client := past(t, account, events...)
		var got []string
		pages := cloudtrail.NewLookupEventsPaginator(client, &cloudtrail.LookupEventsInput{StartTime: new(begin.Add(-190 * time.Second)), EndTime: new(begin.Add(-91 * time.Second))})
		for pages.HasMorePages() {
			out, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range out.Events {
				got = append(got, *e.EventId)
			}
		}
		if len(got) != 100 || got[0] != "RunTask-91" || got[99] != "RunTask-190" {
			t.Errorf("%d events, from %s to %s", len(got), got[0], got[len(got)-1])
		}
		out, err := client.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{})
		if err != nil || len(out.Events) != 50 {
			t.Fatalf("%d events, %v", len(out.Events), err)
		}
		_, err = client.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{NextToken: out.NextToken, StartTime: new(begin.Add(-time.Hour))})
		refused[*types.InvalidNextTokenException](t, err)
	})
}

func refused[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Errorf("the error is %v, want a %T", err, want)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := past(t, account)
		ask := func(in cloudtrail.LookupEventsInput) error {
			_, err := client.LookupEvents(t.Context(), &in)
			return err
		}
		attribute := func(key, value string) types.LookupAttribute {
			return types.LookupAttribute{AttributeKey: types.LookupAttributeKey(key), AttributeValue: &value}
		}
		refused[*types.InvalidMaxResultsException](t, ask(cloudtrail.LookupEventsInput{MaxResults: new(int32(51))}))
		refused[*types.InvalidMaxResultsException](t, ask(cloudtrail.LookupEventsInput{MaxResults: new(int32(0))}))
		refused[*types.InvalidTimeRangeException](t, ask(cloudtrail.LookupEventsInput{StartTime: new(begin), EndTime: new(begin.Add(-time.Second))}))
		refused[*types.InvalidEventCategoryException](t, ask(cloudtrail.LookupEventsInput{EventCategory: "management"}))
		refused[*types.InvalidNextTokenException](t, ask(cloudtrail.LookupEventsInput{NextToken: new("x")}))
		for _, wrong := range [][]types.LookupAttribute{
			{attribute("EventName", "a"), attribute("EventName", "b")}, {attribute("Nothing", "a")}, {attribute("EventName", "")}, {attribute("", "a")},
			{attribute("ReadOnly", "yes")}, {attribute("EventName", strings.Repeat("_", 1001))},
		} {
			refused[*types.InvalidLookupAttributesException](t, ask(cloudtrail.LookupEventsInput{LookupAttributes: wrong}))
		}
		refused[*types.InvalidLookupAttributesException](t, ask(cloudtrail.LookupEventsInput{EventCategory: "insight", LookupAttributes: []types.LookupAttribute{attribute("Username", "a")}}))
		if err := ask(cloudtrail.LookupEventsInput{EventCategory: "insight"}); err != nil {
			t.Error(err)
		}
	})
}

func TestThereAreNoTrails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := past(t, account)
		if out, err := client.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{TrailNameList: []string{"x"}}); err != nil || len(out.TrailList) != 0 {
			t.Errorf("%+v, %v", out, err)
		}
		if out, err := client.ListTrails(t.Context(), &cloudtrail.ListTrailsInput{}); err != nil || len(out.Trails) != 0 {
			t.Errorf("%+v, %v", out, err)
		}
		_, err := client.GetTrailStatus(t.Context(), &cloudtrail.GetTrailStatusInput{Name: new("main")})
		refused[*types.TrailNotFoundException](t, err)
		_, err = client.GetTrail(t.Context(), &cloudtrail.GetTrailInput{Name: new("main")})
		refused[*types.TrailNotFoundException](t, err)
		_, err = client.GetTrail(t.Context(), &cloudtrail.GetTrailInput{})
		refused[*types.InvalidTrailNameException](t, err)
	})
}

func TestAnonymousCallersAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := past(t, "")
		methods := wiretest.Methods(client)
		for _, op := range api.New(nil, api.Options{}).Operations {
			i := slices.IndexFunc(methods, func(m wiretest.Method) bool { return m.Name == op.Name })
			_, err := methods[i].Call(t.Context(), client, newInput(op))
			var e smithy.APIError
			if !errors.As(err, &e) || e.ErrorCode() != "MissingAuthenticationTokenException" {
				t.Errorf("%s: %v", op.Name, err)
			}
		}
	})
}

func newInput(op wire.Operation) any { return reflect.New(op.Input()).Interface() }
