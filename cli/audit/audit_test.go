package audit

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/auth/throttle"
	"github.com/roadstead/roadstead/telemetry/logs/disk/disktest"
	"github.com/roadstead/roadstead/telemetry/trail"
	"github.com/roadstead/roadstead/wire"
)

type fixture struct {
	disk   *disktest.Memory
	trail  *trail.Trail
	router *wire.Router
	calls  int
}

// serve makes a router whose calls are recorded.
func serve(t testing.TB, authenticate func(*http.Request, []byte) (context.Context, error)) *fixture {
	f := &fixture{disk: &disktest.Memory{}}
	var err error
	if f.trail, err = trail.Open(f.disk, make([]byte, trail.KeySize), trail.Options{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = f.trail.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	a := New(f.trail, Options{Region: "us-east-1", Account: "000000000000"})
	if authenticate == nil {
		authenticate = func(r *http.Request, _ []byte) (context.Context, error) {
			return caller.With(r.Context(), caller.NewSession(caller.TaskRole, "arn:aws:iam::000000000000:role/apps/web", "AROA1", "task")), nil
		}
	}
	f.router = wire.NewRouter(wire.Options{Logger: slog.New(slog.DiscardHandler), Authenticate: authenticate, Record: a.Record,
		Authorize: func(_ context.Context, s *wire.Service, op *wire.Operation, _ any) error { return a.Able(s, op) }},
		&wire.Service{Name: "ecs", TargetPrefix: "P", Protocols: []wire.Protocol{wire.AWSJSON11}, Operations: []wire.Operation{
			wire.Op("RunTask", func(context.Context, *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
				f.calls++
				return &ecs.RunTaskOutput{Tasks: []types.Task{{TaskArn: aws.String("arn:task")}}}, nil
			}),
			wire.Op("ListTasks", func(context.Context, *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
				return &ecs.ListTasksOutput{TaskArns: []string{"arn:task"}}, nil
			}),
			wire.Op("DeleteSecret", func(context.Context, *secretsmanager.DeleteSecretInput) (*secretsmanager.DeleteSecretOutput, error) {
				return &secretsmanager.DeleteSecretOutput{ARN: aws.String("arn:aws:secretsmanager:us-east-1:000000000000:secret:apps/db-AbCdEf")}, nil
			}).Needing(wire.Needs(func(_ context.Context, in *secretsmanager.DeleteSecretInput) []wire.Need {
				return []wire.Need{{Resources: []string{"arn:aws:secretsmanager:us-east-1:000000000000:secret:" + *in.SecretId + "-??????", "*"}},
					{Action: "iam:PassRole", Resources: []string{"arn:aws:iam::000000000000:role/web", "arn:aws:iam::000000000000:role/web", "none"}}}
			})),
		}})
	return f
}

func (f *fixture) call(operation, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "P."+operation)
	r.Header.Set("User-Agent", "test/1")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIACLAIMED/20260101/us-east-1/ecs/aws4_request, Signature=0")
	w := httptest.NewRecorder()
	f.router.ServeHTTP(w, r)
	return w
}

func (f *fixture) records(t *testing.T) (lines []string) {
	t.Helper()
	found, _, err := f.trail.Find(trail.Query{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range found {
		lines = append(lines, string(r.Line))
	}
	return lines
}

func TestACallThatChangesSomethingIsRecordedWhenItIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, nil)
		if w := f.call("RunTask", `{"taskDefinition":"web","overrides":{"containerOverrides":[{"name":"c","environment":[{"name":"A","value":"canary"}]}]}}`); w.Code != 200 {
			t.Fatal(w.Body)
		}
		got := f.records(t)
		if len(got) != 1 {
			t.Fatalf("%d records", len(got))
		}
		for _, want := range []string{`"eventName":"RunTask"`, `"eventSource":"ecs.amazonaws.com"`, `"readOnly":false`, `"sourceIPAddress":"192.0.2.1"`, `"userAgent":"test/1"`,
			`"requestParameters":{"taskDefinition":"web","overrides":{"containerOverrides":[{"environment":"HIDDEN_DUE_TO_SECURITY_REASONS","name":"c"}]}}`,
			`"responseElements":{"tasks":[{"taskArn":"arn:task"}]}`, `"arn":"arn:aws:sts::000000000000:assumed-role/web/task"`,
			`"sessionIssuer":{"type":"Role","principalId":"AROA1","arn":"arn:aws:iam::000000000000:role/apps/web"`} {
			if !strings.Contains(got[0], want) {
				t.Errorf("no %s in %s", want, got[0])
			}
		}
		if strings.Contains(got[0], "canary") {
			t.Error("a secret")
		}
	})
}

func TestRefusedAndMalformedCallsAreRecordedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		denied := &wire.Error{Code: "UnrecognizedClientException", Message: "no"}
		f := serve(t, func(*http.Request, []byte) (context.Context, error) { return nil, denied })
		f.call("RunTask", `{}`)
		f.call("Nothing", `{}`)
		<-time.After(time.Second)
		got := strings.Join(f.records(t), "\n")
		for _, want := range []string{`"type":"Unknown","accessKeyId":"AKIACLAIMED"`, `"errorCode":"UnrecognizedClientException"`, `"errorCode":"UnknownOperationException"`, `"eventName":"Unknown"`} {
			if !strings.Contains(got, want) {
				t.Errorf("no %s in %s", want, got)
			}
		}
	})
}

func TestWithoutRoomForRecordsNothingIsChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, nil)
		f.disk.Limit(1)
		if w := f.call("RunTask", `{}`); w.Code != http.StatusServiceUnavailable || f.calls != 1 || !strings.Contains(w.Body.String(), "was carried out") {
			t.Fatalf("the first: %d %s", w.Code, w.Body)
		}
		if w := f.call("RunTask", `{}`); w.Code != http.StatusServiceUnavailable || f.calls != 1 || !strings.Contains(w.Body.String(), "refused") {
			t.Fatalf("the second: %d %s", w.Code, w.Body)
		}
		if w := f.call("ListTasks", `{}`); w.Code != 200 {
			t.Fatalf("reading: %d %s", w.Code, w.Body)
		}
		f.disk.Limit(0)
		<-time.After(3 * time.Second)
		if w := f.call("RunTask", `{}`); w.Code != 200 || f.calls != 2 {
			t.Fatalf("with room again: %d %s", w.Code, w.Body)
		}
		if got := f.records(t); len(got) != 4 {
			t.Errorf("%d records: %v", len(got), got)
		}
	})
}

func TestThrottledCallsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, func(*http.Request, []byte) (context.Context, error) { return nil, &throttle.Exceeded{} })
		for range 1000 {
			f.call("RunTask", `{}`)
		}
		<-time.After(time.Second)
		f.call("RunTask", `{}`)
		<-time.After(time.Second)
		got := f.records(t)
		if len(got) != throttledPerSecond+1 || !strings.Contains(got[0], `{"suppressed":990}`) {
			t.Errorf("%d records, the last %s", len(got), got[0])
		}
	})
}

func TestKinds(t *testing.T) {
	for name, want := range map[string]Kind{
		"ecs RunTask": Changing, "ecs DescribeTasks": Reading, "ecs SubmitTaskStateChange": Reporting, "logs PutLogEvents": Reporting, "iam CreateUser": Changing,
		"sts AssumeRole": Reading, "kms Decrypt": Reading, "kms CreateKey": Changing, "ecr BatchDeleteImage": Changing, "x Anything": Changing,
	} {
		service, operation, _ := strings.Cut(name, " ")
		if got := KindOf(service, operation); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	f := serve(b, nil)
	a := New(f.trail, Options{Region: "us-east-1", Account: "000000000000"})
	r := httptest.NewRequest("POST", "/", nil)
	ctx := caller.With(b.Context(), caller.NewSession(caller.TaskRole, "arn:aws:iam::000000000000:role/apps/web", "AROA1", "task"))
	op := wire.Op("DescribeTasks", func(context.Context, *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) { return nil, nil })
	c := wire.Call{Event: wire.Event{Context: ctx, Service: "ecs", Operation: "DescribeTasks", RequestID: "id", Status: 200, Started: time.Now()}, Request: r, Op: &op,
		Input: &ecs.DescribeTasksInput{Cluster: aws.String("default"), Tasks: []string{"a", "b", "c"}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := a.Record(c); err != nil {
			b.Fatal(err)
		}
	}
}

func TestWhatACallWasAboutIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, nil)
		if w := f.call("DeleteSecret", `{"SecretId":"apps/db"}`); w.Code != 200 {
			t.Fatal(w.Body)
		}
		got := strings.Join(f.records(t), "\n")
		want := `"resources":[{"ARN":"arn:aws:secretsmanager:us-east-1:000000000000:secret:apps/db","accountId":"000000000000","type":"AWS::SecretsManager::Secret"},` +
			`{"ARN":"arn:aws:iam::000000000000:role/web","accountId":"000000000000","type":"AWS::IAM::Role"},` +
			`{"ARN":"arn:aws:secretsmanager:us-east-1:000000000000:secret:apps/db-AbCdEf","accountId":"000000000000","type":"AWS::SecretsManager::Secret"}]`
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	})
}

func TestWhatHappenedBesideTheAPIsIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, nil)
		a := New(f.trail, Options{Region: "us-east-1", Account: "000000000000"})
		who := caller.NewSession(caller.TaskRole, "arn:aws:iam::000000000000:role/apps/web", "AROA1", "task")
		ctx := caller.WithOrigin(caller.With(t.Context(), who), caller.Origin{SourceIP: "10.0.0.1", UserAgent: "docker/29"})
		if err := a.Note(ctx, Happening{Service: "ecr", Name: "PutImage", Time: time.Now(), Kind: Changing, Request: map[string]string{"repositoryName": "web"},
			About: []string{"arn:aws:ecr:us-east-1:000000000000:repository/web"}}); err != nil {
			t.Fatal(err)
		}
		if err := a.Note(t.Context(), Happening{Service: "ecs", Name: "Poll", Time: time.Now(), Kind: Reporting, Code: "AccessDeniedException", Message: "no"}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second)
		got := f.records(t)
		if len(got) != 2 {
			t.Fatalf("%d records", len(got))
		}
		for _, want := range []string{`"eventName":"PutImage"`, `"requestParameters":{"repositoryName":"web"}`, `"type":"AWS::ECR::Repository"`, `"sourceIPAddress":"10.0.0.1"`,
			`"userAgent":"docker/29"`, `"readOnly":false`, `"eventCategory":"Management"`, "assumed-role/web/task"} {
			if !strings.Contains(got[1], want) {
				t.Errorf("no %s in %s", want, got[1])
			}
		}
		for _, want := range []string{`"eventName":"Poll"`, `"eventCategory":"Data"`, `"errorCode":"AccessDeniedException"`, `"requestParameters":null`} {
			if !strings.Contains(got[0], want) {
				t.Errorf("no %s in %s", want, got[0])
			}
		}
	})
}
