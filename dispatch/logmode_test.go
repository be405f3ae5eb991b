package dispatch

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
)

// TestLogMode completes log configurations that do not name a mode.
func TestLogMode(t *testing.T) {
	config := func(platform string, driver types.LogDriver, options map[string]string) string {
		d := &model.TaskDefinition{Account: "1", Family: "web", Revision: 1, Definition: &types.TaskDefinition{
			ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("web"), Image: aws.String("web:1"),
				LogConfiguration: &types.LogConfiguration{LogDriver: driver, Options: options}}}}}
		p, err := Platform{LogMode: platform}.Payload(&model.Task{Account: "1", Cluster: "c", ID: "t", Desired: model.TaskRunning}, d)
		if err != nil {
			t.Fatal(err)
		}
		return p.Containers[0].DockerConfig.HostConfig
	}
	for _, c := range []struct {
		platform string
		driver   types.LogDriver
		options  map[string]string
		want     string
	}{
		{"non-blocking", types.LogDriverAwslogs, nil, `"mode":"non-blocking"`},
		{"non-blocking", types.LogDriverAwslogs, map[string]string{"mode": "blocking"}, `"mode":"blocking"`},
		{"non-blocking", types.LogDriverJsonFile, nil, ""},
		{"", types.LogDriverAwslogs, nil, ""},
	} {
		got := config(c.platform, c.driver, c.options)
		if c.want == "" && strings.Contains(got, `"mode"`) || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
