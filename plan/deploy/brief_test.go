package deploy

import (
	"reflect"
	"testing"
)

// briefed is the view with the briefs of its tasks, as who plans again and again
// hands them in.
func briefed(v View) View {
	if v.Service.Spec.Controller == ControllerExternal {
		return v
	}
	v.Briefs = &Briefs{}
	for _, t := range v.Tasks {
		v.Briefs.List = append(v.Briefs.List, v.Briefs.Of(t, v.Definitions[t.Spec.TaskDefinition], v.Fleet))
	}
	return v
}

// TestBriefs: a plan is the same whoever makes the briefs, and leaves those that
// it was handed as they were.
func TestBriefs(t *testing.T) {
	for name, v := range map[string]View{"settled": crowd(300, 20), "deploying": redeployed(300, 20)} {
		with := briefed(v)
		before := briefed(v)
		if got, want := Plan(with), Plan(v); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\nwant %v", name, got, want)
		}
		if !reflect.DeepEqual(with.Briefs, before.Briefs) {
			t.Errorf("%s: the briefs were changed", name)
		}
	}
}

func BenchmarkPlan10000SettledBriefed(b *testing.B) {
	benchmark(b, briefed(crowd(10_000, 10_000)), false)
}

func BenchmarkPlan10000DeployingBriefed(b *testing.B) {
	benchmark(b, briefed(redeployed(10_000, 10_000)), true)
}
