package ssm

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// public are the parameters that AWS publishes for everybody and that our
// users' templates look up, with values of our own:
//
// An image of ecs/optimized-ami stands for an instance that runs our agent:
// its id is ours and starts no machine at AWS; the name says which system a
// template asked for. aws-for-fluent-bit names the image that AWS publishes for
// everybody. global-infrastructure tells of the one region that is here and of
// the services in it.
func public(r request) map[string]string {
	all := map[string]string{}
	for i, system := range []struct{ path, os, name string }{
		{"amazon-linux-2", "Amazon Linux 2", "x86_64"}, {"amazon-linux-2/arm64", "Amazon Linux 2", "arm64"},
		{"amazon-linux-2023", "Amazon Linux 2023", "x86_64"}, {"amazon-linux-2023/arm64", "Amazon Linux 2023", "arm64"},
	} {
		at := "/aws/service/ecs/optimized-ami/" + system.path + "/recommended"
		image := map[string]string{"image_id": fmt.Sprintf("ami-%017x", i+1), "image_name": "roadstead-instance-" + system.name,
			"os": system.os, "ecs_agent_version": "roadstead", "ecs_runtime_version": "containerd"}
		for key, value := range image {
			all[at+"/"+key] = value
		}
		all[at] = fmt.Sprintf(`{"ecs_agent_version":%q,"ecs_runtime_version":%q,"image_id":%q,"image_name":%q,"os":%q,"schema_version":1}`,
			image["ecs_agent_version"], image["ecs_runtime_version"], image["image_id"], image["image_name"], image["os"])
	}
	for _, version := range []string{"stable", "latest", "2.32.2", "2.32.0", "2.31.12"} {
		all["/aws/service/aws-for-fluent-bit/"+version] = "public.ecr.aws/aws-observability/aws-for-fluent-bit:" + version
	}
	region := r.scope.Region
	all["/aws/service/global-infrastructure/current-region"] = region
	all["/aws/service/global-infrastructure/regions/"+region] = region
	for _, service := range []string{"ecr", "ecs", "iam", "kms", "logs", "secretsmanager", "ssm", "sts"} {
		all["/aws/service/global-infrastructure/services/"+service] = service
		all["/aws/service/global-infrastructure/services/"+service+"/regions/"+region] = region
		all["/aws/service/global-infrastructure/regions/"+region+"/services/"+service] = service
	}
	return all
}

// published is when the public parameters were last changed.
var published = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func showPublic(r request, name, value string) *types.Parameter {
	return &types.Parameter{ARN: new("arn:aws:ssm:" + r.scope.Region + "::parameter" + name), Name: &name, Type: types.ParameterTypeString,
		Value: &value, Version: 1, DataType: new("text"), LastModifiedDate: &published}
}
