package dispatch

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
)

func TestPin(t *testing.T) {
	for _, c := range []struct {
		image, digest, want string
		consistency         types.VersionConsistency
	}{
		{"127.0.0.1:4566/web:1", "sha256:a", "127.0.0.1:4566/web@sha256:a", ""},
		{"127.0.0.1:4566/web", "sha256:a", "127.0.0.1:4566/web@sha256:a", types.VersionConsistencyEnabled},
		{"nginx:1.27", "sha256:a", "nginx@sha256:a", ""},
		{"nginx:1.27", "sha256:a", "nginx:1.27", types.VersionConsistencyDisabled},
		{"nginx:1.27@sha256:b", "sha256:a", "nginx:1.27@sha256:b", ""},
		{"nginx", "", "nginx", ""},
	} {
		p := acs.Task{Containers: []acs.Container{{Name: "web", Image: c.image}}}
		d := &model.TaskDefinition{Definition: &types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("web"), VersionConsistency: c.consistency}}}}
		seen := (&model.Deployment{}).Seeing(&model.Task{Status: model.TaskObserved{Containers: []model.ContainerObserved{{Name: "web", Digest: c.digest}}}})
		if Pin(&p, d, seen.Versions); p.Containers[0].Image != c.want {
			t.Errorf("%s %s: %s, want %s", c.image, c.consistency, p.Containers[0].Image, c.want)
		}
	}
	// The first that was seen stays.
	task := func(digest string) *model.Task {
		return &model.Task{Status: model.TaskObserved{Containers: []model.ContainerObserved{{Name: "web", Digest: digest}}}}
	}
	first := (&model.Deployment{}).Seeing(task("sha256:a"))
	if again := first.Seeing(task("sha256:b")); again != first {
		t.Errorf("%+v", again.Versions)
	}
}
