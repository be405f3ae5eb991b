package secretsmanager

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/wire"
	"github.com/roadstead/roadstead/wire/constraint"
)

// RotateSecret refuses: there is nothing here that could rotate a secret. A
// task can: by PutSecretValue with AWSPENDING and UpdateSecretVersionStage.
func (d *frontDoor) RotateSecret(ctx context.Context, in *secretsmanager.RotateSecretInput) (*secretsmanager.RotateSecretOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	var v constraint.Violations
	v.Required("secretId", in.SecretId, idText)
	v.Optional("clientRequestToken", in.ClientRequestToken, tokenText)
	v.Optional("rotationLambdaARN", in.RotationLambdaARN, keyText)
	if err := v.Err(); err != nil {
		return nil, err
	}
	if _, err := usable(d.db.View(), r, *in.SecretId); err != nil {
		return nil, err
	}
	switch {
	case in.RotationLambdaARN != nil:
		return nil, &wire.Error{Code: "AccessDeniedException", Message: "Secrets Manager cannot invoke the specified Lambda function. " +
			"Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com."}
	case in.ExternalSecretRotationRoleArn != nil || len(in.ExternalSecretRotationMetadata) > 0:
		return nil, invalidParameter("Managed external secrets are not supported by Roadstead.")
	}
	return nil, invalidRequest("No Lambda rotation function ARN is associated with this secret.")
}

// CancelRotateSecret turns rotation off.
func (d *frontDoor) CancelRotateSecret(ctx context.Context, in *secretsmanager.CancelRotateSecretInput) (*secretsmanager.CancelRotateSecretOutput, error) {
	r, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	if err := requireSecret(in.SecretId); err != nil {
		return nil, err
	}
	out := &secretsmanager.CancelRotateSecretOutput{}
	return out, d.change(r, *in.SecretId, func(s *model.Secret) (bool, error) {
		out.ARN, out.Name = r.arnOf(s), &s.Name
		if i := withStage(s, stagePending); i >= 0 {
			out.VersionId = &s.Versions[i].ID
		}
		changed := s.RotationEnabled
		s.RotationEnabled, s.RotateAt = false, time.Time{}
		return changed, nil
	})
}

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
