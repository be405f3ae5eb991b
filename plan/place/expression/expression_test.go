package expression

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/roadstead/roadstead/model"
)

func subject() Subject {
	return Subject{
		Instance: &model.ContainerInstance{
			ID: "a", Status: model.InstanceActive, EC2InstanceID: "i-1", AgentConnected: true, AgentVersion: "1.105.1",
			RegisteredAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
			Attributes: []model.Attribute{{Name: "count", Value: "9"}, {Name: "ecs.instance-type", Value: "t3.small"},
				{Name: "flag"}, {Name: "stack", Value: "prod"}},
		},
		Usage:  model.Usage{Running: 3, Pending: 1},
		Groups: []string{"family:job", "service:web"},
	}
}

func TestExpressions(t *testing.T) {
	datadriven.RunTest(t, "testdata/expressions.txt", func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		for line := range strings.SplitSeq(d.Input, "\n") {
			e, err := Parse(line)
			if err != nil {
				fmt.Fprintf(&out, "%v\n", err)
				continue
			}
			fmt.Fprintf(&out, "%-5v %s\n", e.Match(subject()), line)
		}
		return out.String()
	})
}

func TestDepthAndLength(t *testing.T) {
	deep := strings.Repeat("(", MaxDepth+2) + "flag" + strings.Repeat(")", MaxDepth+2)
	for _, s := range []string{deep, strings.Repeat("!", MaxDepth+2) + "status exists", "status == " + strings.Repeat("x", MaxLength)} {
		if _, err := Parse(s); err == nil {
			t.Errorf("%.40q... is accepted", s)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"attribute:a == b", "not(task:group =~ x.*) and (a in [b, 'c d'])", "a =~ \\", "!(!status exists)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s)
		if err == nil {
			e.Match(subject())
		}
	})
}
