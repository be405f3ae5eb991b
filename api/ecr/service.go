package ecr

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/roadstead/roadstead/wire"
)

// Service returns the service as the router offers it.
func (d *Door) Service() *wire.Service {
	return &wire.Service{
		Name:         "ecr",
		SigningName:  "ecr",
		TargetPrefix: "AmazonEC2ContainerRegistry_V20150921",
		Version:      "2015-09-21",
		Protocols:    []wire.Protocol{wire.AWSJSON11},
		Operations: []wire.Operation{
			wire.Op("BatchCheckLayerAvailability", d.BatchCheckLayerAvailability).Needing(of(d, func(in *ecr.BatchCheckLayerAvailabilityInput) need {
				return need{in.RegistryId, names(in.RepositoryName), nil}
			})),
			wire.Op("BatchDeleteImage", d.BatchDeleteImage).Needing(of(d, func(in *ecr.BatchDeleteImageInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("BatchGetImage", d.BatchGetImage).Needing(of(d, func(in *ecr.BatchGetImageInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("BatchGetRepositoryScanningConfiguration", d.BatchGetRepositoryScanningConfiguration).Needing(of(d, func(in *ecr.BatchGetRepositoryScanningConfigurationInput) need {
				return need{nil, in.RepositoryNames, nil}
			})),
			wire.Op("CompleteLayerUpload", d.CompleteLayerUpload).Needing(of(d, func(in *ecr.CompleteLayerUploadInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("CreateRepository", d.CreateRepository).Needing(of(d, func(in *ecr.CreateRepositoryInput) need {
				return need{in.RegistryId, names(in.RepositoryName), in.Tags}
			})),
			wire.Op("DeleteLifecyclePolicy", d.DeleteLifecyclePolicy).Needing(of(d, func(in *ecr.DeleteLifecyclePolicyInput) need {
				return need{in.RegistryId, names(in.RepositoryName), nil}
			})),
			wire.Op("DeleteRepository", d.DeleteRepository).Needing(of(d, func(in *ecr.DeleteRepositoryInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("DeleteRepositoryPolicy", d.DeleteRepositoryPolicy).Needing(of(d, func(in *ecr.DeleteRepositoryPolicyInput) need {
				return need{in.RegistryId, names(in.RepositoryName), nil}
			})),
			wire.Op("DescribeImageScanFindings", d.DescribeImageScanFindings).Needing(of(d, func(in *ecr.DescribeImageScanFindingsInput) need {
				return need{in.RegistryId, names(in.RepositoryName), nil}
			})),
			wire.Op("DescribeImages", d.DescribeImages).Needing(of(d, func(in *ecr.DescribeImagesInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("DescribeRegistry", d.DescribeRegistry).Needing(wire.OnAnything()),
			wire.Op("DescribeRepositories", d.DescribeRepositories).Needing(of(d, func(in *ecr.DescribeRepositoriesInput) need { return need{in.RegistryId, in.RepositoryNames, nil} })),
			wire.Op("GetAuthorizationToken", d.GetAuthorizationToken).Needing(wire.OnAnything()),
			wire.Op("GetDownloadUrlForLayer", d.GetDownloadUrlForLayer).Needing(of(d, func(in *ecr.GetDownloadUrlForLayerInput) need {
				return need{in.RegistryId, names(in.RepositoryName), nil}
			})),
			wire.Op("GetLifecyclePolicy", d.GetLifecyclePolicy).Needing(of(d, func(in *ecr.GetLifecyclePolicyInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("GetLifecyclePolicyPreview", d.GetLifecyclePolicyPreview).Needing(of(d, func(in *ecr.GetLifecyclePolicyPreviewInput) need {
				return need{in.RegistryId, names(in.RepositoryName), nil}
			})),
			wire.Op("GetRegistryScanningConfiguration", d.GetRegistryScanningConfiguration).Needing(wire.OnAnything()),
			wire.Op("GetRepositoryPolicy", d.GetRepositoryPolicy).Needing(of(d, func(in *ecr.GetRepositoryPolicyInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("InitiateLayerUpload", d.InitiateLayerUpload).Needing(of(d, func(in *ecr.InitiateLayerUploadInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("ListImages", d.ListImages).Needing(of(d, func(in *ecr.ListImagesInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("ListTagsForResource", d.ListTagsForResource).Needing(wire.Needs(func(_ context.Context, in *ecr.ListTagsForResourceInput) []wire.Need {
				return []wire.Need{{Resources: names(in.ResourceArn), Keys: nil}}
			})),
			wire.Op("PutImage", d.PutImage).Needing(of(d, func(in *ecr.PutImageInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("PutImageScanningConfiguration", d.PutImageScanningConfiguration).Needing(of(d, func(in *ecr.PutImageScanningConfigurationInput) need {
				return need{in.RegistryId, names(in.RepositoryName), nil}
			})),
			wire.Op("PutImageTagMutability", d.PutImageTagMutability).Needing(of(d, func(in *ecr.PutImageTagMutabilityInput) need {
				return need{in.RegistryId, names(in.RepositoryName), nil}
			})),
			wire.Op("PutLifecyclePolicy", d.PutLifecyclePolicy).Needing(of(d, func(in *ecr.PutLifecyclePolicyInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("PutRegistryScanningConfiguration", d.PutRegistryScanningConfiguration).Needing(wire.OnAnything()),
			wire.Op("SetRepositoryPolicy", d.SetRepositoryPolicy).Needing(of(d, func(in *ecr.SetRepositoryPolicyInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("StartImageScan", d.StartImageScan).Needing(of(d, func(in *ecr.StartImageScanInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
			wire.Op("StartLifecyclePolicyPreview", d.StartLifecyclePolicyPreview).Needing(of(d, func(in *ecr.StartLifecyclePolicyPreviewInput) need {
				return need{in.RegistryId, names(in.RepositoryName), nil}
			})),
			wire.Op("TagResource", d.TagResource).Needing(wire.Needs(func(_ context.Context, in *ecr.TagResourceInput) []wire.Need {
				return []wire.Need{{Resources: names(in.ResourceArn), Keys: keysOf(in.Tags)}}
			})),
			wire.Op("UntagResource", d.UntagResource).Needing(wire.Needs(func(_ context.Context, in *ecr.UntagResourceInput) []wire.Need {
				return []wire.Need{{Resources: names(in.ResourceArn), Keys: map[string][]string{"aws:TagKeys": in.TagKeys}}}
			})),
			wire.Op("UploadLayerPart", d.UploadLayerPart).Needing(of(d, func(in *ecr.UploadLayerPartInput) need { return need{in.RegistryId, names(in.RepositoryName), nil} })),
		},
		Known: known(),
	}
}

// known names every operation of the service.
func known() []string {
	return []string{
		"BatchCheckLayerAvailability",
		"BatchDeleteImage",
		"BatchGetImage",
		"BatchGetRepositoryScanningConfiguration",
		"CompleteLayerUpload",
		"CreatePullThroughCacheRule",
		"CreateRepository",
		"CreateRepositoryCreationTemplate",
		"DeleteLifecyclePolicy",
		"DeletePullThroughCacheRule",
		"DeleteRegistryPolicy",
		"DeleteRepository",
		"DeleteRepositoryCreationTemplate",
		"DeleteRepositoryPolicy",
		"DeleteSigningConfiguration",
		"DeregisterPullTimeUpdateExclusion",
		"DescribeImageReplicationStatus",
		"DescribeImageScanFindings",
		"DescribeImageSigningStatus",
		"DescribeImages",
		"DescribePullThroughCacheRules",
		"DescribeRegistry",
		"DescribeReplicationBackfillResults",
		"DescribeRepositories",
		"DescribeRepositoryCreationTemplates",
		"GetAccountSetting",
		"GetAuthorizationToken",
		"GetDownloadUrlForLayer",
		"GetLifecyclePolicy",
		"GetLifecyclePolicyPreview",
		"GetRegistryPolicy",
		"GetRegistryScanningConfiguration",
		"GetRepositoryPolicy",
		"GetSigningConfiguration",
		"InitiateLayerUpload",
		"ListImageReferrers",
		"ListImages",
		"ListPullTimeUpdateExclusions",
		"ListReplicationBackfills",
		"ListTagsForResource",
		"PutAccountSetting",
		"PutImage",
		"PutImageScanningConfiguration",
		"PutImageTagMutability",
		"PutLifecyclePolicy",
		"PutRegistryPolicy",
		"PutRegistryScanningConfiguration",
		"PutReplicationConfiguration",
		"PutSigningConfiguration",
		"RegisterPullTimeUpdateExclusion",
		"SetRepositoryPolicy",
		"StartImageScan",
		"StartLifecyclePolicyPreview",
		"StartReplicationBackfill",
		"StopReplicationBackfill",
		"TagResource",
		"UntagResource",
		"UpdateImageStorageClass",
		"UpdatePullThroughCacheRule",
		"UpdateRepositoryCreationTemplate",
		"UploadLayerPart",
		"ValidatePullThroughCacheRule",
	}
}
