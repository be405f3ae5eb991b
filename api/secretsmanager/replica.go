package secretsmanager

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/wire/constraint"
)

// noReplica refuses replication: there is one region.
func noReplica(regions []types.ReplicaRegionType) error {
	if len(regions) == 0 {
		return nil
	}
	return invalidParameter("Replication to other regions is not supported by Roadstead: there is one region.")
}

// ReplicateSecretToRegions refuses.
func (d *frontDoor) ReplicateSecretToRegions(ctx context.Context, in *secretsmanager.ReplicateSecretToRegionsInput) (*secretsmanager.ReplicateSecretToRegionsOutput, error) {
	if in.AddReplicaRegions == nil {
		var v constraint.Violations
		v.Missing("addReplicaRegions")
		v.Required("secretId", in.SecretId, idText)
		return nil, v.Err()
	}
	return nil, d.replication(ctx, in.SecretId, noReplica([]types.ReplicaRegionType{{}}))
}

// RemoveRegionsFromReplication refuses: no secret has replicas.
func (d *frontDoor) RemoveRegionsFromReplication(ctx context.Context, in *secretsmanager.RemoveRegionsFromReplicationInput) (*secretsmanager.RemoveRegionsFromReplicationOutput, error) {
	if in.RemoveReplicaRegions == nil {
		var v constraint.Violations
		v.Missing("removeReplicaRegions")
		v.Required("secretId", in.SecretId, idText)
		return nil, v.Err()
	}
	return nil, d.replication(ctx, in.SecretId, invalidParameter("The secret has no replicas in the specified regions."))
}

// StopReplicationToReplica refuses: no secret is a replica.
func (d *frontDoor) StopReplicationToReplica(ctx context.Context, in *secretsmanager.StopReplicationToReplicaInput) (*secretsmanager.StopReplicationToReplicaOutput, error) {
	return nil, d.replication(ctx, in.SecretId, invalidRequest("The secret is not a replica."))
}

// replication answers for a secret that is there.
func (d *frontDoor) replication(ctx context.Context, id *string, refusal error) error {
	r, err := d.begin(ctx)
	if err != nil {
		return err
	}
	if err := requireSecret(id); err != nil {
		return err
	}
	if _, err := usable(d.db.View(), r, *id); err != nil {
		return err
	}
	return refusal
}
