package codec

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type status string

type part struct {
	Name  string `f:"1"`
	Count int    `f:"2"`
}

type foreignPart struct{ Text string }

// everything has a field of every form.
type everything struct {
	Meta
	Text     string            `f:"1"`
	Status   status            `f:"2"`
	Flag     bool              `f:"3"`
	Int      int               `f:"4"`
	Small    int8              `f:"5"`
	Large    uint64            `f:"6"`
	Float    float64           `f:"7"`
	Blob     []byte            `f:"8"`
	At       time.Time         `f:"9"`
	Wait     time.Duration     `f:"10"`
	MaybeInt *int32            `f:"11"`
	MaybeAt  *time.Time        `f:"12"`
	Maybe    *part             `f:"13"`
	Part     part              `f:"14"`
	Parts    []part            `f:"15"`
	Texts    []string          `f:"16"`
	Statuses []status          `f:"17"`
	Ints     []int64           `f:"18"`
	Times    []time.Time       `f:"19"`
	Labels   map[string]string `f:"20"`
	Foreign  *foreignPart      `f:"21,wire"`
	MaybeOK  *bool             `f:"22"`
	MaybeTxt *string           `f:"23"`
	Far      int32             `f:"3000"`
}

type Meta struct{ rev int64 }

func plainJSON() JSON { return JSON{json.Marshal, json.Unmarshal} }

func testCodec(t testing.TB, types ...reflect.Type) *Codec {
	t.Helper()
	c, err := New(plainJSON(), testWords(), types...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func testWords() []string { return []string{"RUN", "RUNNING", "sha256:"} }

var ignoreMeta = cmp.Exporter(func(reflect.Type) bool { return true })

func drawEverything(t *rapid.T) *everything {
	text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.StringN(120, 300, -1),
		rapid.StringMatching(`(RUN|RUNNING|sha256:)?.?[0-9a-f]{0,150}(/|-|sha256:)?[0-9a-f]{0,40}.*`))
	at := rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "zero") {
			return time.Time{}
		}
		return time.UnixMilli(rapid.Int64Range(-1<<45, 1<<45).Draw(t, "ms")).UTC()
	})
	p := rapid.Custom(func(t *rapid.T) part { return part{text.Draw(t, "name"), rapid.Int().Draw(t, "count")} })
	full := func(n int) []string {
		s := rapid.SliceOfN(text, 0, n).Draw(t, "texts")
		if len(s) == 0 {
			return nil
		}
		return s
	}
	e := &everything{
		Text: text.Draw(t, "text"), Status: status(text.Draw(t, "status")), Flag: rapid.Bool().Draw(t, "flag"),
		Int: rapid.Int().Draw(t, "int"), Small: rapid.Int8().Draw(t, "small"), Large: rapid.Uint64().Draw(t, "large"),
		Float: rapid.Float64().Draw(t, "float"), At: at.Draw(t, "at"), Wait: time.Duration(rapid.Int64().Draw(t, "wait")),
		Part: p.Draw(t, "part"), Texts: full(4), Far: rapid.Int32().Draw(t, "far"),
		MaybeInt: rapid.Ptr(rapid.Int32(), true).Draw(t, "mi"), MaybeAt: rapid.Ptr(at, true).Draw(t, "ma"),
		Maybe: rapid.Ptr(p, true).Draw(t, "m"), MaybeOK: rapid.Ptr(rapid.Bool(), true).Draw(t, "mo"),
		MaybeTxt: rapid.Ptr(text, true).Draw(t, "mt"),
	}
	for _, s := range full(3) {
		e.Statuses = append(e.Statuses, status(s))
		e.Parts = append(e.Parts, p.Draw(t, "part"))
		e.Ints = append(e.Ints, rapid.Int64().Draw(t, "i"))
		e.Times = append(e.Times, at.Draw(t, "t"))
		e.Blob = append(e.Blob, s...)
	}
	if rapid.Bool().Draw(t, "foreign") {
		e.Foreign = &foreignPart{rapid.StringMatching("[a-z]*").Draw(t, "f")}
		e.Labels = map[string]string{text.Draw(t, "k"): text.Draw(t, "v"), text.Draw(t, "k"): text.Draw(t, "v")}
	}
	return e
}

func TestRoundTrip(t *testing.T) {
	c := testCodec(t, reflect.TypeFor[everything]())
	memory := NewMemory()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEverything(t)
		data, err := c.Append(nil, e)
		if err != nil {
			t.Fatal(err)
		}
		var back everything
		if err := c.Decode(data, &back, memory, e.Text); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(e, &back, ignoreMeta); d != "" {
			t.Fatal(d)
		}
		again, _ := c.Append(nil, &back)
		if !bytes.Equal(data, again) {
			t.Fatalf("%x\nthen\n%x", data, again)
		}
	})
}

func TestLayout(t *testing.T) {
	c := testCodec(t, reflect.TypeFor[everything](), reflect.TypeFor[part]())
	zero := int32(0)
	for _, x := range []struct {
		v    any
		want string
	}{
		{&part{}, "01"},
		{&part{"ab", -1}, "01" + "0a026162" + "1001"},
		{&part{"", 64}, "01" + "108001"},
		{&everything{Part: part{Count: 1}}, "01" + "7202" + "1002"},
		{&everything{Parts: []part{{}, {Name: "x"}}}, "01" + "7a00" + "7a03" + "0a0178"},
		{&everything{MaybeInt: &zero}, "01" + "5800"},
		{&everything{Maybe: &part{}}, "01" + "6a00"},
		{&everything{Texts: []string{""}}, "01" + "820100"},
		{&everything{At: time.UnixMilli(0).UTC()}, "01" + "4800"},
		{&everything{Float: 1}, "01" + "39000000000000f03f"},
		{&everything{Labels: map[string]string{"b": "", "a": "1"}}, "01" + "a20106" + "0a0161120131" + "a20103" + "0a0162"},
		{&part{Name: "RUNNING"}, "01" + "0b01c1"},
		{&part{Name: "RUN"}, "01" + "0b01c0"},
		{&part{Name: "0123456"}, "01" + "0a07" + hex.EncodeToString([]byte("0123456"))},
		{&part{Name: "0123456789a"}, "01" + "0b08" + "81" + "0123456789" + "01" + "61"},
		{&part{Name: "sha256:00ff00ffABCDEF"}, "01" + "0b0d" + "c2" + "80" + "00ff00ff" + "06" + hex.EncodeToString([]byte("ABCDEF"))},
		{&everything{Foreign: &foreignPart{"x"}}, "01" + "aa010c" + hex.EncodeToString([]byte(`{"Text":"x"}`))},
	} {
		got, err := c.Append(nil, x.v)
		if err != nil || hex.EncodeToString(got) != x.want {
			t.Errorf("%+v is %x (%v), want %s", x.v, got, err, x.want)
		}
	}
	long := strings.Repeat("x", 300)
	got, _ := c.Append(nil, &everything{Part: part{Name: long}})
	if want := "\x01\x72\xaf\x02\x0a\xac\x02" + long; string(got) != want {
		t.Errorf("a long struct is %x", got)
	}
}

func TestAppendNormalises(t *testing.T) {
	c := testCodec(t, reflect.TypeFor[everything]())
	zone := time.FixedZone("X", 3600)
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, zone)
	e := &everything{At: at, Times: []time.Time{at}, MaybeAt: &at, Texts: []string{}, Blob: []byte{}, Labels: map[string]string{}}
	data, err := c.Append(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	var back everything
	if err := c.Decode(data, &back, nil, ""); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(e, &back) {
		t.Errorf("in memory %+v, read back %+v", e, back)
	}
	if want := time.Date(2026, 1, 2, 2, 4, 5, 678_000_000, time.UTC); e.At != want {
		t.Errorf("instant is %v, want %v", e.At, want)
	}
}

func TestNewerAndBroken(t *testing.T) {
	type newer struct {
		Name  string  `f:"1"`
		Count int     `f:"2"`
		X     float64 `f:"7"`
		Y     []part  `f:"8"`
		Z     int     `f:"9"`
	}
	c := testCodec(t, reflect.TypeFor[newer](), reflect.TypeFor[part]())
	data, _ := c.Append(nil, &newer{"n", 3, math.Pi, []part{{"a", 1}}, 9})
	var p part
	if err := c.Decode(data, &p, nil, ""); err != nil || p != (part{"n", 3}) {
		t.Errorf("an older reader reads %+v, %v", p, err)
	}
	for _, x := range []struct {
		data string
		want error
	}{
		{"", ErrFormat}, {"\x02", ErrFormat}, {"\x01\x0a\x05ab", errTruncated}, {"\x01\x0a", errTruncated},
		{"\x01\x08\x01", errForm}, {"\x01\x12\x00", errForm}, {"\x01\x0f", errForm}, {"\x01\x0b\x01\xff", errToken}, {"\x01\x0b\x01\x80", errTruncated}, {"\x01\x0b\x01\x02", errTruncated}, {"\x01\xff", errTruncated},
	} {
		if err := c.Decode([]byte(x.data), &part{}, nil, ""); !errors.Is(err, x.want) {
			t.Errorf("%x: %v, want %v", x.data, err, x.want)
		}
	}
	small := testCodec(t, reflect.TypeFor[everything]())
	if err := small.Decode([]byte("\x01\x28\x80\x08"), &everything{}, nil, ""); !errors.Is(err, errRange) {
		t.Errorf("512 in an int8: %v", err)
	}
}

func TestRefusedTypes(t *testing.T) {
	type noNumber struct{ A string }
	type twice struct {
		A string `f:"1"`
		B string `f:"1"`
	}
	type badNumber struct {
		A string `f:"0"`
	}
	type badOption struct {
		A string `f:"1,json"`
	}
	type hidden struct {
		a string `f:"1"`
	}
	type channel struct {
		A chan int `f:"1"`
	}
	type pointers struct {
		A []*part `f:"1"`
	}
	type wireValue struct {
		A part `f:"1,wire"`
	}
	type loop struct {
		Next *loop `f:"1"`
	}
	for _, v := range []any{noNumber{}, twice{}, badNumber{}, badOption{}, hidden{}, channel{}, pointers{}, wireValue{}, loop{}, 1} {
		if _, err := New(plainJSON(), testWords(), reflect.TypeOf(v)); err == nil {
			t.Errorf("%T has a plan", v)
		}
	}
}

func TestMemoryShares(t *testing.T) {
	c := testCodec(t, reflect.TypeFor[part]())
	m := NewMemory()
	data, _ := c.Append(nil, &part{Name: "0123456789abcdef0123"})
	var a, b part
	_ = c.Decode(data, &a, m, "")
	_ = c.Decode(data, &b, m, "")
	if a.Name != "0123456789abcdef0123" || unsafe.StringData(a.Name) != unsafe.StringData(b.Name) {
		t.Error("equal strings do not share their bytes")
	}
	id := "id/0123456789abcdef0124"
	data, _ = c.Append(nil, &part{Name: id[3:]})
	_ = c.Decode(data, &a, m, id)
	if a.Name != id[3:] || unsafe.StringData(a.Name) != unsafe.StringData(id[3:]) {
		t.Error("a part of the id does not share the id's bytes")
	}
}

func FuzzDecode(f *testing.F) {
	c := testCodec(f, reflect.TypeFor[everything]())
	f.Add([]byte("\x01"))
	seed, _ := c.Append(nil, &everything{Text: "a", Parts: []part{{"b", 1}}, Labels: map[string]string{"k": "v"}, Far: 1})
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		var one, two everything
		if c.Decode(data, &one, NewMemory(), "") != nil {
			return
		}
		again, err := c.Append(nil, &one)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Decode(again, &two, nil, ""); err != nil {
			t.Fatal(err)
		}
		third, _ := c.Append(nil, &two)
		if !bytes.Equal(again, third) {
			t.Fatalf("%x\nthen\n%x", again, third)
		}
	})
}
