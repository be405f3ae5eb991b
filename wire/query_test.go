package wire_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/wiretest"
)

// cargo is shaped as the SDK shapes Inputs of modules without schemas.
type cargo struct {
	Name   *string
	Sealed *bool
	Weight *float64
	Count  int32
	Loaded *time.Time
	Seal   []byte
	Kind   cargoKind
	Marks  []string
	Crates []crate
	Labels map[string]string
	Lead   *crate
}

type cargoKind string

type crate struct {
	Contents *string
	Inner    []string
}

// load sends a form and returns what was decoded, and the answer, which is the same value encoded.
func load(t *testing.T, form string) (*cargo, int, string) {
	t.Helper()
	var got *cargo
	router := wire.NewRouter(wire.Options{RequestID: func() string { return "request-1" }}, &wire.Service{
		Name: "dock", Protocols: []wire.Protocol{wire.Query},
		Operations: []wire.Operation{wire.Op("Load", func(_ context.Context, in *cargo) (*cargo, error) {
			got = in
			return in, nil
		})},
	})
	w := askOf(router, http.MethodPost, "/", "Action=Load&"+form, "Content-Type", formType)
	return got, w.Code, w.Body.String()
}

func TestFormsAreReadAndAnsweredInXML(t *testing.T) {
	of := func(s string) *string { return &s }
	loaded := time.UnixMilli(1700000000120).UTC()
	yes, half := true, 0.5
	for name, c := range map[string]struct {
		form string
		want cargo
		xml  string
	}{
		"nothing": {"", cargo{}, "<Count>0</Count>"},
		"scalars": {
			"Name=a+b%26%3C&Sealed=true&Weight=.5&Count=-7&Loaded=2023-11-14T22%3A13%3A20.12Z&Seal=%2FwA%3D&Kind=dry",
			cargo{Name: of("a b&<"), Sealed: &yes, Weight: &half, Count: -7, Loaded: &loaded, Seal: []byte{0xff, 0}, Kind: "dry"},
			"<Name>a b&amp;&lt;</Name><Sealed>true</Sealed><Weight>0.5</Weight><Count>-7</Count><Loaded>2023-11-14T22:13:20.12Z</Loaded><Seal>/wA=</Seal><Kind>dry</Kind>",
		},
		"an epoch":         {"Loaded=1700000000.12", cargo{Loaded: &loaded}, "<Count>0</Count><Loaded>2023-11-14T22:13:20.12Z</Loaded>"},
		"the last counts":  {"Name=a&Name=b", cargo{Name: of("b")}, "<Name>b</Name><Count>0</Count>"},
		"unknown names":    {"Nome=a&Name.x=1&Crates.x.1=2&&=&.=", cargo{Crates: []crate{}}, "<Count>0</Count><Crates></Crates>"},
		"an empty string":  {"Name=", cargo{Name: of("")}, "<Name></Name><Count>0</Count>"},
		"an empty list":    {"Marks=", cargo{Marks: []string{}}, "<Count>0</Count><Marks></Marks>"},
		"lists in order":   {"Marks.member.10=c&Marks.member.2=b&Marks.member.1=a", cargo{Marks: []string{"a", "b", "c"}}, "<Count>0</Count><Marks><member>a</member><member>b</member><member>c</member></Marks>"},
		"lists of lists":   {"Crates.member.1.Contents=a&Crates.member.1.Inner.member.1=b", cargo{Crates: []crate{{of("a"), []string{"b"}}}}, "<Count>0</Count><Crates><member><Contents>a</Contents><Inner><member>b</member></Inner></member></Crates>"},
		"maps":             {"Labels.entry.1.key=b&Labels.entry.1.value=2&Labels.entry.2.key=a&Labels.entry.2.value=1", cargo{Labels: map[string]string{"a": "1", "b": "2"}}, "<Count>0</Count><Labels><entry><key>a</key><value>1</value></entry><entry><key>b</key><value>2</value></entry></Labels>"},
		"structures":       {"Lead.Contents=a", cargo{Lead: &crate{Contents: of("a")}}, "<Count>0</Count><Lead><Contents>a</Contents></Lead>"},
		"what XML has not": {"Name=%00%0D%0A%09%EF%BF%BF%FF", cargo{Name: of("\x00\r\n\t\uFFFF\uFFFD")}, "<Name>\uFFFD&#13;&#10;&#9;\uFFFD\uFFFD</Name><Count>0</Count>"},
	} {
		t.Run(name, func(t *testing.T) {
			got, status, body := load(t, c.form)
			if got == nil {
				t.Fatal(body)
			}
			if diff := wiretest.Diff(&c.want, got); diff != "" {
				t.Error(diff)
			}
			want := "<LoadResponse><LoadResult>" + c.xml + "</LoadResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></LoadResponse>"
			if status != http.StatusOK || body != want {
				t.Errorf("got %d %s\nwant %s", status, body, want)
			}
		})
	}
}

func TestMalformedFormsAreRefused(t *testing.T) {
	for form, message := range map[string]string{
		"Count=x":                              `&quot;x&quot; can not be converted to an Integer`,
		"Count=":                               `&quot;&quot; can not be converted to an Integer`,
		"Count=2147483648":                     `can not be converted to an Integer`,
		"Sealed=yes":                           `can not be converted to a Boolean`,
		"Weight=0x1p4":                         `can not be converted to a Double`,
		"Loaded=soon":                          `can not be converted to a Timestamp`,
		"Seal=%25":                             `can not be converted to a Blob`,
		"Marks.member.x=1":                     `a list index is a number, not &quot;x&quot;`,
		"Marks.member.-1=1":                    `a list index is a number`,
		"Labels.entry.k.key=1":                 `a list index is a number`,
		"Name=%2":                              `a bad escape in the parameter &quot;Name&quot;`,
		"%2=a":                                 `a bad escape in a parameter&#39;s name`,
		"a" + strings.Repeat(".a", 101) + "=1": `nested deeper than 100 levels`,
		strings.Repeat("&a=1", 20_000):         `more than 20000 parameters`,
	} {
		_, status, body := load(t, form)
		message = strings.ReplaceAll(message, "&#39;", "'")
		if status != http.StatusBadRequest || !strings.Contains(body, "<Code>MalformedInput</Code>") || !strings.Contains(body, message) {
			t.Errorf("%.40s: got %d %s, want %s", form, status, body, message)
		}
	}
}
