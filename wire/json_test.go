package wire_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

func TestJSONIsWrittenAsAWSWritesIt(t *testing.T) {
	at := func(millis int64) *time.Time {
		return aws.Time(time.UnixMilli(millis).In(time.FixedZone("east", 3600)))
	}
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"nil members are omitted":               {&ecs.RunTaskOutput{}, `{}`},
		"empty lists are written":               {&ecs.RunTaskOutput{Failures: []ecstypes.Failure{}}, `{"failures":[]}`},
		"empty structures are written":          {&ecs.CreateClusterOutput{Cluster: &ecstypes.Cluster{Configuration: &ecstypes.ClusterConfiguration{}}}, `{"cluster":{"activeServicesCount":0,"configuration":{},"pendingTasksCount":0,"registeredContainerInstancesCount":0,"runningTasksCount":0}}`},
		"zero numbers and booleans are written": {&ecstypes.Deployment{}, `{"desiredCount":0,"failedTasks":0,"pendingCount":0,"runningCount":0}`},
		"pointers to zero are written":          {&ecs.UpdateServiceInput{DesiredCount: aws.Int32(0), EnableExecuteCommand: aws.Bool(false), Service: aws.String("")}, `{"service":"","desiredCount":0,"enableExecuteCommand":false,"forceNewDeployment":false}`},
		"by value":                              {ecstypes.Tag{Key: aws.String("k"), Value: aws.String("v")}, `{"key":"k","value":"v"}`},
		"milliseconds":                          {&ecstypes.Deployment{CreatedAt: at(1700000000123)}, `{"createdAt":1700000000.123,"desiredCount":0,"failedTasks":0,"pendingCount":0,"runningCount":0}`},
		"map keys are sorted":                   {&ecstypes.DockerVolumeConfiguration{Labels: map[string]string{"b": "2", "a": "1", "c": ""}}, `{"labels":{"a":"1","b":"2","c":""}}`},
		"text is escaped":                       {&ecstypes.Tag{Key: aws.String("\"\\\n\r\t\x00\x1f</é\u2028\xff")}, `{"key":"\"\\\n\r\t\u0000\u001f</é` + "\u2028\uFFFD" + `"}`},
		"blobs are base64":                      {&ecr.UploadLayerPartInput{LayerPartBlob: []byte{0xff, 0}}, `{"layerPartBlob":"/wA="}`},
		"an empty blob":                         {&ecr.UploadLayerPartInput{LayerPartBlob: []byte{}}, `{"layerPartBlob":""}`},
		"unions": {
			&cloudwatchlogs.PutIntegrationInput{ResourceConfig: &logstypes.ResourceConfigMemberOpenSearchResourceConfig{
				Value: logstypes.OpenSearchResourceConfig{ApplicationArn: aws.String("a")},
			}},
			`{"resourceConfig":{"openSearchResourceConfig":{"applicationArn":"a"}}}`,
		},
		"documents": {
			&ecstypes.DeploymentLifecycleHook{HookDetails: document.NewLazyDocument(map[string]any{"b": 1, "a": []any{"<", nil, 1.5}})},
			`{"hookDetails":{"a":["<",null,1.5],"b":1}}`,
		},
		"floats that JSON has not": {&logstypes.MetricTransformation{DefaultValue: aws.Float64(math.Inf(-1))}, `{"defaultValue":"-Infinity"}`},
		"large and small floats":   {&ecstypes.Scale{Value: 1e21}, `{"value":1e+21}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := wire.Marshal(wire.AWSJSON11, c.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := wiretest.JSONDiff([]byte(c.want), got); diff != "" {
				t.Errorf("%s: %s", got, diff)
			}
		})
	}
}

func TestTimesHaveMillisecondsAndNoMore(t *testing.T) {
	for millis, want := range map[int64]string{
		1700000000000: `1700000000`, 1700000000100: `1700000000.1`, 1700000000120: `1700000000.12`, 1700000000123: `1700000000.123`,
		1700000000003: `1700000000.003`, 0: `0`, -1500: `-1.5`, -1: `-0.001`,
	} {
		got, err := wire.Marshal(wire.AWSJSON11, ecstypes.TaskSet{CreatedAt: aws.Time(time.UnixMilli(millis).Add(999 * time.Microsecond))})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(got), `"createdAt":`+want+`,`) {
			t.Errorf("%d ms: %s, want %s", millis, got, want)
		}
	}
}

func TestTimesAreReadInEveryForm(t *testing.T) {
	want := time.UnixMilli(1700000000120).UTC()
	for _, text := range []string{
		`1700000000.12`, `1.70000000012E9`, `170000000012e-2`, `"1700000000.12"`, `"2023-11-14T22:13:20.12Z"`, `"2023-11-14T23:13:20.120+01:00"`,
	} {
		var got ecstypes.TaskSet
		if err := wire.Unmarshal(wire.AWSJSON11, []byte(`{"createdAt":`+text+`}`), &got); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !got.CreatedAt.Equal(want) || got.CreatedAt.Location() != time.UTC {
			t.Errorf("%s: %v, want %v", text, got.CreatedAt, want)
		}
	}
	for _, text := range []string{`true`, `{}`, `"soon"`, `1e300`, `"NaN"`, `-9223372036854775808`, `99999999999999`} {
		var got ecstypes.TaskSet
		expectSerialization(t, text, wire.Unmarshal(wire.AWSJSON11, []byte(`{"createdAt":`+text+`}`), &got), "")
	}
}

func expectSerialization(t *testing.T, body string, err error, message string) {
	t.Helper()
	var own *wire.Error
	if !errors.As(err, &own) || own.Code != "SerializationException" || own.Message == "" || message != "" && own.Message != message {
		t.Errorf("%s: got %v, want a SerializationException: %s", body, err, message)
	}
}

func TestJSONIsReadLeniently(t *testing.T) {
	full := ecs.RunTaskInput{Cluster: aws.String("a"), Count: aws.Int32(3)}
	for name, c := range map[string]struct {
		body string
		want ecs.RunTaskInput
	}{
		"nothing":             {``, ecs.RunTaskInput{}},
		"white space":         {" \r\n\t", ecs.RunTaskInput{}},
		"plain":               {`{"cluster":"a","count":3}`, full},
		"spaced":              {" { \"cluster\" : \"a\" , \"count\" : 3 } \n", full},
		"unknown members":     {`{"x":[1,{"y":[null,true,false,-1.5e+3,"z\u0041"]}],"cluster":"a","count":3,"Cluster":"b"}`, full},
		"null members":        {`{"cluster":"a","count":3,"tags":null,"group":null,"overrides":null,"launchType":null}`, full},
		"the last counts":     {`{"cluster":"b","count":1,"cluster":"a","count":3}`, full},
		"the last null":       {`{"cluster":"a","count":3,"group":"g","group":null}`, full},
		"integers as decimal": {`{"cluster":"a","count":3.0}`, full},
		"integers as power":   {`{"cluster":"a","count":30e-1}`, full},
		"escapes":             {`{"cluster":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83dx\udE00"}`, ecs.RunTaskInput{Cluster: aws.String("\"\\/\b\f\n\r\té😀\uFFFDx\uFFFD")}},
		"escaped names":       {`{"clus\u0074er":"a","count":3}`, full},
		"an empty list":       {`{"tags":[]}`, ecs.RunTaskInput{Tags: []ecstypes.Tag{}}},
		"nulls in lists":      {`{"tags":[null,{"key":"k"},null]}`, ecs.RunTaskInput{Tags: []ecstypes.Tag{{Key: aws.String("k")}}}},
		"lists start over":    {`{"tags":[{"key":"a","value":"b"}],"tags":[{"key":"k"}]}`, ecs.RunTaskInput{Tags: []ecstypes.Tag{{Key: aws.String("k")}}}},
		"enumerations":        {`{"launchType":"FARGATE"}`, ecs.RunTaskInput{LaunchType: ecstypes.LaunchTypeFargate}},
	} {
		t.Run(name, func(t *testing.T) {
			var got ecs.RunTaskInput
			if err := wire.Unmarshal(wire.AWSJSON11, []byte(c.body), &got); err != nil {
				t.Fatal(err)
			}
			if diff := wiretest.Diff(&c.want, &got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrongTypesAreToldInAWSWords(t *testing.T) {
	for body, message := range map[string]string{
		`{"count":"3"}`:                   "STRING_VALUE can not be converted to an Integer",
		`{"count":true}`:                  "TRUE_VALUE can not be converted to an Integer",
		`{"count":1.5}`:                   "NUMBER_VALUE can not be converted to an Integer",
		`{"count":2147483648}`:            "NUMBER_VALUE can not be converted to an Integer",
		`{"count":1e400}`:                 "NUMBER_VALUE can not be converted to an Integer",
		`{"count":[]}`:                    "Start of list found where not expected.",
		`{"cluster":1}`:                   "NUMBER_VALUE can not be converted to a String",
		`{"cluster":{}}`:                  "Start of structure or map found where not expected.",
		`{"launchType":false}`:            "FALSE_VALUE can not be converted to a String",
		`{"enableExecuteCommand":"true"}`: "STRING_VALUE can not be converted to a Boolean",
		`{"tags":{}}`:                     "Start of structure or map found where not expected.",
		`{"tags":[1]}`:                    "NUMBER_VALUE can not be converted to a structure",
		`[]`:                              "Start of list found where not expected.",
	} {
		var got ecs.RunTaskInput
		expectSerialization(t, body, wire.Unmarshal(wire.AWSJSON11, []byte(body), &got), message)
	}
	var part ecr.UploadLayerPartInput
	expectSerialization(t, "a blob", wire.Unmarshal(wire.AWSJSON11, []byte(`{"layerPartBlob":"!"}`), &part), "STRING_VALUE can not be converted to a Blob: it is not base64")
	var integration cloudwatchlogs.PutIntegrationInput
	body := `{"resourceConfig":{"openSearchResourceConfig":{},"openSearchResourceConfig":{}}}`
	expectSerialization(t, "a union", wire.Unmarshal(wire.AWSJSON11, []byte(body), &integration), "a union must have exactly one member set, found also openSearchResourceConfig")
}

func TestMalformedJSONIsRefused(t *testing.T) {
	for _, body := range []string{
		`{`, `}`, `{"`, `{"cluster`, `{"cluster"`, `{"cluster":`, `{"cluster":}`, `{"cluster":"a"`, `{"cluster":"a",}`, `{"cluster":"a"}x`, `{"cluster":"a"}{}`,
		`{cluster:"a"}`, `{'cluster':'a'}`, `{"cluster" "a"}`, `{"cluster":"a" "count":3}`, `{,}`, `{"tags":[,]}`, `{"tags":[{},]}`, `{"tags":[{} {}]}`,
		`{"count":01}`, `{"count":+1}`, `{"count":-}`, `{"count":1.}`, `{"count":.5}`, `{"count":1e}`, `{"count":0x1}`, `{"count":NaN}`, `{"count":nul}`,
		`{"x":tru}`, `{"x":fals}`, `{"x":undefined}`, "{\"cluster\":\"a\nb\"}", "{\"cluster\":\"\\n\nb\"}", `{"cluster":"\x41"}`, `{"cluster":"\u12"}`, `{"cluster":"\u12g4"}`, `{"cluster":"\`,
		"{\"cluster\":\"\xff\"}", "{\"cluster\":\"\\n\xff\"}", "{\"\xff\":1}", "\xef\xbb\xbf{}", `"a"`, `1`, "\x00",
		strings.Repeat(`{"x":`, 101), `{"x":` + strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100) + `}`,
	} {
		var got ecs.RunTaskInput
		expectSerialization(t, body, wire.Unmarshal(wire.AWSJSON11, []byte(body), &got), "")
	}
}

func TestJSONHasLimits(t *testing.T) {
	var deep ecs.RunTaskInput
	atLimit := `{"x":` + strings.Repeat(`[`, 99) + strings.Repeat(`]`, 99) + `}`
	if err := wire.Unmarshal(wire.AWSJSON11, []byte(atLimit), &deep); err != nil {
		t.Errorf("100 levels: %v", err)
	}
	tags := func(n int) []byte { return []byte(`{"tags":[{}` + strings.Repeat(`,{}`, n-1) + `]}`) }
	var wide ecs.RunTaskInput
	if err := wire.Unmarshal(wire.AWSJSON11, tags(100_000), &wide); err != nil || len(wide.Tags) != 100_000 {
		t.Errorf("100,000 elements: %v", err)
	}
	expectSerialization(t, "100,001 elements", wire.Unmarshal(wire.AWSJSON11, tags(100_001), &wide), "more than 100000 elements")
}

func TestWhatCannotBeSpokenIsRefused(t *testing.T) {
	if _, err := wire.Marshal(wire.Query, &ecs.RunTaskInput{}); err == nil {
		t.Error("query has no body of its own")
	}
	if _, err := wire.Marshal(wire.AWSJSON11, (*ecs.RunTaskInput)(nil)); err == nil {
		t.Error("nil was written")
	}
	if _, err := wire.Marshal(wire.AWSJSON11, "text"); err == nil {
		t.Error("a string was written")
	}
	if err := wire.Unmarshal(wire.AWSJSON11, nil, ecs.RunTaskInput{}); err == nil {
		t.Error("a value was filled")
	}
	unknown := &ecstypes.DeploymentLifecycleHook{HookDetails: document.NewLazyDocument(func() {})}
	if out, err := wire.Marshal(wire.AWSJSON11, unknown); err == nil {
		t.Errorf("a function was written as a document: %s", out)
	}
	union := &cloudwatchlogs.PutIntegrationInput{ResourceConfig: &logstypes.UnknownUnionMember{Tag: "later"}}
	if out, err := wire.Marshal(wire.AWSJSON11, union); err == nil {
		t.Errorf("an unknown union member was written: %s", out)
	}
}
