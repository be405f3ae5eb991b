package deploy

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/model/mutant"
	"github.com/roadstead/roadstead/plan/judge"
)

// digestAttempts is how many tasks of a deployment may fail before they have told
// the digests of their images: then it goes on without them, or its circuit
// breaker fails it.
// Source: ECS developer guide, "Container image resolution".
const digestAttempts = 3

// unresolved reports whether tags of the primary deployment's definition stand for
// images whose digests no task of the revision has told yet, and whether the
// definition insists on them by versionConsistency enabled.
func (p *planning) unresolved() (some, insisted bool) {
	def := p.Definitions[p.primary.Spec.TaskDefinition]
	if p.set != nil || def == nil || def.Definition == nil {
		return false, false
	}
	for i := range def.Definition.ContainerDefinitions {
		c := &def.Definition.ContainerDefinitions[i]
		image := aws.ToString(c.Image)
		if image == "" || strings.Contains(image, "@") || c.VersionConsistency == types.VersionConsistencyDisabled || p.knows(aws.ToString(c.Name)) {
			continue
		}
		some, insisted = true, insisted || c.VersionConsistency == types.VersionConsistencyEnabled
	}
	return some, insisted
}

// knows reports whether the digest of the container's image was told by a task of
// the revision that the primary deployment brings about.
func (p *planning) knows(container string) bool {
	tells := func(d *model.Deployment) bool {
		return d.RevisionNumber() == p.primary.RevisionNumber() &&
			slices.ContainsFunc(d.Versions, func(v model.ImageVersion) bool { return v.Container == container })
	}
	return tells(p.primary) || slices.ContainsFunc(p.older, tells)
}

// pioneers returns how many of n tasks that could be started may be: all of them
// once the digests of their images are known, so that all run the same although a
// tag may move; until then one, which tells them as soon as it has its images.
//
// Nothing is waited for that may not come: a task that runs has told what it will,
// and one that has not for Timing.Resolve is waited for no more, nor are more than
// digestAttempts. One that waits for an instance is waited for where the definition
// insists: a provider of capacity goes by how many wait.
// Source: ECS developer guide, "Container image resolution".
func (p *planning) pioneers(n int) int {
	if n == 0 || mutant.On(mutant.PioneerUnawaited) {
		return n
	}
	some, insisted := p.unresolved()
	if !some || p.primary.Status.Failures >= digestAttempts {
		return n
	}
	for _, i := range p.ended {
		if p.seen.List[i].of == p.current && !p.tasks[i].Status.StartedAt.IsZero() {
			return n
		}
	}
	first := 1
	for _, i := range p.living {
		t := p.tasks[i]
		if p.seen.List[i].of != p.current || !judge.Alive(t) {
			continue
		}
		at := t.Spec.CreatedAt.Add(p.Timing.Resolve)
		switch {
		case !t.Status.StartedAt.IsZero(), t.Waiting() && !insisted, !t.Waiting() && !p.Now.Before(at):
			return n
		case !t.Waiting():
			p.out.WakeAt(at)
		}
		first = 0
	}
	return first
}

// unresolvable reports whether the attempts to learn the digests have failed.
func (p *planning) unresolvable() bool {
	some, _ := p.unresolved()
	return some && p.primary.Status.Failures >= digestAttempts
}
