package expire

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

var start = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// TestTranscripts plays testdata. "policy" reads the policy for what follows;
// "images" has one line for each image: its name, its age in days, whether it
// is contained in an index, and its tags.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var policy Policy
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "policy" {
				var err error
				if policy, err = Parse(d.Input); err != nil {
					return err.Error() + "\n"
				}
				return fmt.Sprintf("%d rules\n", len(policy.Rules))
			}
			var images []Image
			for line := range strings.SplitSeq(d.Input, "\n") {
				images = append(images, image(t, strings.Fields(line)))
			}
			var b strings.Builder
			for _, e := range Images(policy, images, start) {
				fmt.Fprintf(&b, "rule %d expires %s\n", e.Priority, e.Digest)
			}
			return b.String()
		})
	})
}

func image(t *testing.T, words []string) Image {
	days, err := strconv.ParseFloat(words[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	i := Image{Digest: words[0], PushedAt: start.Add(-time.Duration(days * 24 * float64(time.Hour)))}
	for _, w := range words[2:] {
		if w == "(contained)" {
			i.Contained = true
		} else {
			i.Tags = append(i.Tags, w)
		}
	}
	return i
}

// TestOneRuleAtMost: whatever the policy, an image goes once at most, never
// when an index contains it, and never by a rule behind one that selects it.
func TestOneRuleAtMost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var p Policy
		for i := range rapid.IntRange(1, 4).Draw(rt, "rules") {
			r := Rule{Priority: i + 1, TagStatus: rapid.SampledFrom([]string{Tagged, Untagged, Any}).Draw(rt, "status"),
				CountType: rapid.SampledFrom([]string{CountMoreThan, SincePushed}).Draw(rt, "type"), Count: rapid.IntRange(1, 5).Draw(rt, "count")}
			if r.TagStatus == Tagged {
				r.Patterns = rapid.SliceOfN(rapid.SampledFrom([]string{"a*", "*b", "c", "*"}), 1, 2).Draw(rt, "patterns")
			}
			p.Rules = append(p.Rules, r)
		}
		var images []Image
		for i := range rapid.IntRange(0, 12).Draw(rt, "images") {
			images = append(images, Image{Digest: fmt.Sprint(i), PushedAt: start.Add(-time.Duration(rapid.IntRange(0, 200).Draw(rt, "hours")) * time.Hour),
				Tags: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "ab", "b", "c"}), 0, 2).Draw(rt, "tags"), Contained: rapid.Bool().Draw(rt, "contained")})
		}
		given := slices.Clone(images)
		seen := map[string]bool{}
		for _, e := range Images(p, images, start) {
			if seen[e.Digest] || e.Contained {
				rt.Fatalf("%s goes again, or is contained: %v", e.Digest, e.Contained)
			}
			seen[e.Digest] = true
			for _, r := range p.Rules[:e.Priority-1] {
				if r.selects(e.Tags) {
					rt.Fatalf("rule %d takes %s, which rule %d selects", e.Priority, e.Digest, r.Priority)
				}
			}
			if r := p.Rules[e.Priority-1]; r.CountType == SincePushed && start.Sub(e.PushedAt) < time.Duration(r.Count)*24*time.Hour {
				rt.Fatalf("%s is too young for rule %d", e.Digest, e.Priority)
			}
		}
		if len(given) != len(images) || !slices.EqualFunc(given, images, func(a, b Image) bool { return a.Digest == b.Digest }) {
			rt.Fatal("the images given were changed")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(`{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		for i, r := range p.Rules {
			if r.Count < 1 || i > 0 && r.Priority <= p.Rules[i-1].Priority {
				t.Errorf("rules are %+v", p.Rules)
			}
		}
	})
}
