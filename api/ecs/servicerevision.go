package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// DescribeServiceRevisions describes revisions of any services: what a
// deployment brings about, as it was when it was made.
func (d *frontDoor) DescribeServiceRevisions(ctx context.Context, in *ecs.DescribeServiceRevisionsInput) (*ecs.DescribeServiceRevisionsOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkARNs("serviceRevisionArns", in.ServiceRevisionArns); err != nil {
		return nil, err
	}
	v := d.db.View()
	out := &ecs.DescribeServiceRevisionsOutput{ServiceRevisions: []types.ServiceRevision{}, Failures: []types.Failure{}}
	for _, arn := range in.ServiceRevisionArns {
		h, number, ok := r.inService(v, "service-revision", arn)
		if shown, known := h.revision(number); ok && known {
			out.ServiceRevisions = append(out.ServiceRevisions, shown)
		} else {
			out.Failures = append(out.Failures, missing(arn))
		}
	}
	return out, nil
}

// revision describes a revision. It was made with the oldest deployment that
// is kept of it: later ones are rollbacks to it.
func (h history) revision(number string) (types.ServiceRevision, bool) {
	var made *model.Deployment
	for _, d := range h.all {
		if d.RevisionNumber() == number {
			made = d
		}
	}
	if made == nil {
		return types.ServiceRevision{}, false
	}
	out := types.ServiceRevision{
		ServiceRevisionArn: h.revisionARN(number), ServiceArn: new(h.service.ARN(h.r.scope.Region)),
		ClusterArn: new(h.r.scope.ClusterARN(h.service.Cluster)), CreatedAt: instant(made.CreatedAt),
		TaskDefinition: definitionARN(h.r, h.v, made.Spec.TaskDefinition), LaunchType: types.LaunchType(made.Spec.LaunchType),
		CapacityProviderStrategy: showCapacity(&made.Spec), PlatformVersion: text(resolvedPlatform(made.Spec.PlatformVersion)),
		ContainerImages: h.images(number, made), NetworkConfiguration: showNetwork(made.Spec.Network), VolumeConfigurations: showVolumes(made.Spec.Volume), LoadBalancers: []types.LoadBalancer{}, ServiceRegistries: []types.ServiceRegistry{},
	}
	if out.PlatformVersion != nil {
		out.PlatformFamily = new(platformFamily)
	}
	return out, true
}

// images are the containers' images, with the digests that tasks of the
// revision were seen to run.
func (h history) images(number string, made *model.Deployment) []types.ContainerImage {
	shown := []types.ContainerImage{}
	t, ok := store.Get[*model.TaskDefinition](h.v, made.Spec.TaskDefinition)
	if !ok {
		return shown
	}
	digests := h.digests(number)
	for _, c := range t.Definition.ContainerDefinitions {
		image := types.ContainerImage{ContainerName: c.Name, Image: c.Image}
		if c.Name != nil {
			image.ImageDigest = text(digests[*c.Name])
			for _, seen := range made.Versions {
				if seen.Container == *c.Name {
					image.ImageDigest = text(seen.Digest)
				}
			}
		}
		shown = append(shown, image)
	}
	return shown
}

// digests returns the image digest of each container, by name, as the newest
// task of the revision has it.
func (h history) digests(number string) map[string]string {
	of := map[string]bool{}
	for _, d := range h.all {
		of[d.ID] = d.RevisionNumber() == number
	}
	digests, newest := map[string]string{}, map[string]*model.Task{}
	for t := range store.TasksByService(h.v, h.service.Key().ID) {
		if !of[t.Spec.Deployment] {
			continue
		}
		for _, c := range t.Status.Containers {
			if n := newest[c.Name]; c.Digest != "" && (n == nil || t.Spec.CreatedAt.After(n.Spec.CreatedAt)) {
				digests[c.Name], newest[c.Name] = c.Digest, t
			}
		}
	}
	return digests
}
