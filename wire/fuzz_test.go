package wire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/roadstead/roadstead/wire"
)

// FuzzJSON holds that any body is either refused with a SerializationException or decoded to a value that survives
// being written and read again, and that nothing is accepted that is not JSON.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `{"family":"web","containerDefinitions":[{"name":"a","cpu":1e2,"environment":[{"name":"\u00e9\ud83d\ude00","value":null}]}]}`,
		`{"tasks":[{"createdAt":1700000000.123,"version":9223372036854775807,"overrides":{}}],"failures":[null]}`,
		`{"service":{"deploymentConfiguration":{"lifecycleHooks":[{"hookDetails":{"a":[1.50,{}]}}]}}}`,
		`{"resourceConfig":{"openSearchResourceConfig":{"retentionDays":3}}}`, `{"tags":{"a":"b","a":"c"}}`,
		`{"x":[[[[{"y":-0.0e-0}]]]]}`, `{"family":"\ud800"}`, "{\"family\":\"\xc3\x28\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, into := range []func() any{
			func() any { return new(ecs.RegisterTaskDefinitionInput) },
			func() any { return new(ecs.DescribeTasksOutput) },
			func() any { return new(ecs.CreateServiceOutput) },
			func() any { return new(cloudwatchlogs.PutIntegrationInput) },
			func() any { return new(cloudwatchlogs.TagResourceInput) },
		} {
			checkJSON(t, body, into)
		}
	})
}

func checkJSON(t *testing.T, body []byte, into func() any) {
	first := into()
	if err := wire.Unmarshal(wire.AWSJSON11, body, first); err != nil {
		var own *wire.Error
		if !errors.As(err, &own) || own.Code != "SerializationException" {
			t.Fatalf("%T: %v", first, err)
		}
		return
	}
	if !json.Valid(body) && strings.TrimSpace(string(body)) != "" {
		t.Fatalf("%T: %q was accepted", first, body)
	}
	written, err := wire.Marshal(wire.AWSJSON11, first)
	if err != nil {
		t.Fatalf("%T: %v", first, err)
	}
	second := into()
	if err := wire.Unmarshal(wire.AWSJSON11, written, second); err != nil {
		t.Fatalf("%T: %s: %v", first, written, err)
	}
	again, err := wire.Marshal(wire.AWSJSON11, second)
	if err != nil || !bytes.Equal(written, again) {
		t.Fatalf("%T: %s became %s: %v", first, written, again, err)
	}
}

// FuzzQuery holds that any form is answered, with 400 or with what was decoded, in well-formed XML.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		``, `Name=a+b%00&Count=1`, `Marks.member.1=a&Marks.member.3=b`, `Crates.member.1.Inner.member.1=x&Lead.Contents=%3C`,
		`Labels.entry.1.key=a&Labels.entry.1.value=b`, `Loaded=1e9&Weight=NaN&Seal=AA==&Sealed=true`, `Name=%zz`, `Name=%ff%EF%BF%BE`, `a.b.c.d=&...=`,
	} {
		f.Add(seed)
	}
	router := wire.NewRouter(wire.Options{}, &wire.Service{
		Name: "dock", Protocols: []wire.Protocol{wire.Query},
		Operations: []wire.Operation{wire.Op("Load", func(_ context.Context, in *cargo) (*cargo, error) { return in, nil })},
	})
	f.Fuzz(func(t *testing.T, form string) {
		w := askOf(router, http.MethodPost, "/", form+"&Action=Load", "Content-Type", formType)
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Fatalf("%q: got %d %s", form, w.Code, w.Body)
		}
		answer := w.Body.String()
		for d := xml.NewDecoder(strings.NewReader(answer)); ; {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v in %q", form, err, answer)
			}
		}
	})
}
