package dispatch

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/dispatch/acs"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
)

// Pin makes containers of a payload name their images by the digests that other
// tasks of the same service revision run, unless their definition says that
// versions need not be consistent. The payload must be the caller's own.
func Pin(p *acs.Task, d *model.TaskDefinition, versions []model.ImageVersion) {
	for i := range p.Containers {
		c := &p.Containers[i]
		at := slices.IndexFunc(d.Definition.ContainerDefinitions, func(o types.ContainerDefinition) bool { return aws.ToString(o.Name) == c.Name })
		seen := slices.IndexFunc(versions, func(v model.ImageVersion) bool { return v.Container == c.Name })
		if at < 0 || seen < 0 || strings.Contains(c.Image, "@") ||
			d.Definition.ContainerDefinitions[at].VersionConsistency == types.VersionConsistencyDisabled || mutant.On(mutant.Unpinned) {
			continue
		}
		c.Image = untagged(c.Image) + "@" + versions[seen].Digest
	}
}

// untagged leaves out an image's tag; a colon before a slash is a port's.
func untagged(image string) string {
	if colon := strings.LastIndexByte(image, ':'); colon > strings.LastIndexByte(image, '/') {
		return image[:colon]
	}
	return image
}
