package sigv4

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCanonicalPath(t *testing.T) {
	for _, test := range []struct{ service, path, want string }{
		{"ecs", "", "/"},
		{"ecs", "/", "/"},
		{"ecs", "//", "/"},
		{"ecs", "/a//b", "/a/b"},
		{"ecs", "/a/./b/", "/a/b/"},
		{"ecs", "/a/../b", "/b"},
		{"ecs", "/../..", "/"},
		{"ecs", "/a/..", "/"},
		{"ecs", "/a%20b", "/a%2520b"},
		{"ecs", "/a%2Fb", "/a%252Fb"},
		{"ecs", "/-_.~", "/-_.~"},
		{"s3", "/a//b/../c", "/a//b/../c"},
		{"s3", "/a%20b", "/a%20b"},
		{"s3", "/a+b%2fc", "/a%2Bb%2Fc"},
	} {
		if got := string(appendCanonicalPath(nil, test.path, test.service)); got != test.want {
			t.Errorf("%s %q: %q, want %q", test.service, test.path, got, test.want)
		}
	}
}

func TestCanonicalQuery(t *testing.T) {
	for _, test := range []struct {
		raw       string
		presigned bool
		want      string
	}{
		{"", false, ""},
		{"b=2&a=1", false, "a=1&b=2"},
		{"a=b&a=a", false, "a=a&a=b"},
		{"a", false, "a="},
		{"&&a=&", false, "a="},
		{"a=x+y%20z", false, "a=x%20y%20z"},
		{"a=%2f&a=-", false, "a=%2F&a=-"}, // sorted after encoding
		{"a=b=c", false, "a=b%3Dc"},
		{"a=%zz%4", false, "a=%25zz%254"},
		{"a;b=1", false, "a%3Bb=1"},
		{"%C3%A9=%c3%a9", false, "%C3%A9=%C3%A9"},
		{"X-Amz-Signature=1&a=2", true, "a=2"},
		{"X-Amz-Signature=1&a=2", false, "X-Amz-Signature=1&a=2"},
	} {
		if got := string(appendCanonicalQuery(nil, parseQuery(test.raw), test.presigned)); got != test.want {
			t.Errorf("%q: %q, want %q", test.raw, got, test.want)
		}
	}
}

func TestFoldedHeaders(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "  ": "", "a": "a", "  a   b  ": "a b", "a\tb": "a\tb", "\t a  b\t": "a b", `"a   b"`: `"a b"`,
	} {
		if got := string(appendFolded(nil, value)); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

func TestEscapingUndoesItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		if got := unescape(string(appendEscaped(nil, s, 0))); got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func TestNormalPathsStayNormal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := "/" + rapid.StringMatching(`[a./]{0,12}`).Draw(t, "path")
		normal := normalisePath(path)
		if normalisePath(normal) != normal || !strings.HasPrefix(normal, "/") || strings.Contains(normal, "//") {
			t.Fatalf("%q became %q", path, normal)
		}
		for segment := range strings.SplitSeq(normal, "/") {
			if segment == "." || segment == ".." {
				t.Fatalf("%q became %q", path, normal)
			}
		}
	})
}
