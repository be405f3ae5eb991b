package secretsmanager

import (
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// New returns the service as the router offers it.
func New(db *store.DB, keys Keys, opts Options) *wire.Service {
	d := newFrontDoor(db, keys, opts)
	return &wire.Service{
		Name:         "secretsmanager",
		SigningName:  "secretsmanager",
		TargetPrefix: "secretsmanager",
		Version:      "2017-10-17",
		Protocols:    []wire.Protocol{wire.AWSJSON11},
		Operations: []wire.Operation{
			wire.Op("BatchGetSecretValue", d.BatchGetSecretValue).Needing(on(d, func(n names, in *secretsmanager.BatchGetSecretValueInput) []wire.Need { return n.several(in) })),
			wire.Op("CancelRotateSecret", d.CancelRotateSecret).Needing(on(d, func(n names, in *secretsmanager.CancelRotateSecretInput) []wire.Need {
				return n.secret(in.SecretId, conditions{})
			})),
			wire.Op("CreateSecret", d.CreateSecret).Needing(on(d, func(n names, in *secretsmanager.CreateSecretInput) []wire.Need { return n.making(in) })),
			wire.Op("DeleteResourcePolicy", d.DeleteResourcePolicy).Needing(on(d, func(n names, in *secretsmanager.DeleteResourcePolicyInput) []wire.Need {
				return n.secret(in.SecretId, conditions{})
			})),
			wire.Op("DeleteSecret", d.DeleteSecret).Needing(on(d, func(n names, in *secretsmanager.DeleteSecretInput) []wire.Need { return n.deleting(in) })),
			wire.Op("DescribeSecret", d.DescribeSecret).Needing(on(d, func(n names, in *secretsmanager.DescribeSecretInput) []wire.Need {
				return n.at(in.SecretId).secret(in.SecretId, conditions{})
			})),
			wire.Op("GetRandomPassword", d.GetRandomPassword).Needing(wire.OnAnything()),
			wire.Op("GetResourcePolicy", d.GetResourcePolicy).Needing(on(d, func(n names, in *secretsmanager.GetResourcePolicyInput) []wire.Need {
				return n.secret(in.SecretId, conditions{})
			})),
			wire.Op("GetSecretValue", d.GetSecretValue).Needing(on(d, func(n names, in *secretsmanager.GetSecretValueInput) []wire.Need { return n.reading(in) })),
			wire.Op("ListSecretVersionIds", d.ListSecretVersionIds).Needing(on(d, func(n names, in *secretsmanager.ListSecretVersionIdsInput) []wire.Need {
				return n.secret(in.SecretId, conditions{})
			})),
			wire.Op("ListSecrets", d.ListSecrets).Needing(wire.OnAnything()),
			wire.Op("PutResourcePolicy", d.PutResourcePolicy).Needing(on(d, func(n names, in *secretsmanager.PutResourcePolicyInput) []wire.Need {
				return n.secret(in.SecretId, conditions{}.flag("secretsmanager:BlockPublicPolicy", in.BlockPublicPolicy))
			})),
			wire.Op("PutSecretValue", d.PutSecretValue).Needing(on(d, func(n names, in *secretsmanager.PutSecretValueInput) []wire.Need {
				return n.writing(in.SecretId, nil, conditions{})
			})),
			wire.Op("RemoveRegionsFromReplication", d.RemoveRegionsFromReplication).Needing(on(d, func(n names, in *secretsmanager.RemoveRegionsFromReplicationInput) []wire.Need {
				return n.secret(in.SecretId, conditions{})
			})),
			wire.Op("ReplicateSecretToRegions", d.ReplicateSecretToRegions).Needing(on(d, func(n names, in *secretsmanager.ReplicateSecretToRegionsInput) []wire.Need {
				return n.secret(in.SecretId, conditions{})
			})),
			wire.Op("RestoreSecret", d.RestoreSecret).Needing(on(d, func(n names, in *secretsmanager.RestoreSecretInput) []wire.Need {
				return n.secret(in.SecretId, conditions{})
			})),
			wire.Op("RotateSecret", d.RotateSecret).Needing(on(d, func(n names, in *secretsmanager.RotateSecretInput) []wire.Need { return n.rotating(in) })),
			wire.Op("StopReplicationToReplica", d.StopReplicationToReplica).Needing(on(d, func(n names, in *secretsmanager.StopReplicationToReplicaInput) []wire.Need {
				return n.secret(in.SecretId, conditions{})
			})),
			wire.Op("TagResource", d.TagResource).Needing(on(d, func(n names, in *secretsmanager.TagResourceInput) []wire.Need {
				return n.secret(in.SecretId, tagged(in.Tags))
			})),
			wire.Op("UntagResource", d.UntagResource).Needing(on(d, func(n names, in *secretsmanager.UntagResourceInput) []wire.Need {
				return n.secret(in.SecretId, conditions{"aws:TagKeys": in.TagKeys})
			})),
			wire.Op("UpdateSecret", d.UpdateSecret).Needing(on(d, func(n names, in *secretsmanager.UpdateSecretInput) []wire.Need {
				return n.writing(in.SecretId, in.KmsKeyId, conditions{})
			})),
			wire.Op("UpdateSecretVersionStage", d.UpdateSecretVersionStage).Needing(on(d, func(n names, in *secretsmanager.UpdateSecretVersionStageInput) []wire.Need {
				return n.secret(in.SecretId, conditions{}.text("secretsmanager:VersionStage", in.VersionStage))
			})),
			wire.Op("ValidateResourcePolicy", d.ValidateResourcePolicy).Needing(on(d, func(n names, in *secretsmanager.ValidateResourcePolicyInput) []wire.Need {
				return n.secret(in.SecretId, conditions{})
			})),
		},
		Known: []string{
			"BatchGetSecretValue",
			"CancelRotateSecret",
			"CreateSecret",
			"DeleteResourcePolicy",
			"DeleteSecret",
			"DescribeSecret",
			"GetRandomPassword",
			"GetResourcePolicy",
			"GetSecretValue",
			"ListSecretVersionIds",
			"ListSecrets",
			"PutResourcePolicy",
			"PutSecretValue",
			"RemoveRegionsFromReplication",
			"ReplicateSecretToRegions",
			"RestoreSecret",
			"RotateSecret",
			"StopReplicationToReplica",
			"TagResource",
			"UntagResource",
			"UpdateSecret",
			"UpdateSecretVersionStage",
			"ValidateResourcePolicy",
		},
	}
}
