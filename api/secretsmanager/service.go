package secretsmanager

import (
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
			wire.Op("BatchGetSecretValue", d.BatchGetSecretValue),
			wire.Op("CancelRotateSecret", d.CancelRotateSecret),
			wire.Op("CreateSecret", d.CreateSecret),
			wire.Op("DeleteResourcePolicy", d.DeleteResourcePolicy),
			wire.Op("DeleteSecret", d.DeleteSecret),
			wire.Op("DescribeSecret", d.DescribeSecret),
			wire.Op("GetRandomPassword", d.GetRandomPassword),
			wire.Op("GetResourcePolicy", d.GetResourcePolicy),
			wire.Op("GetSecretValue", d.GetSecretValue),
			wire.Op("ListSecretVersionIds", d.ListSecretVersionIds),
			wire.Op("ListSecrets", d.ListSecrets),
			wire.Op("PutResourcePolicy", d.PutResourcePolicy),
			wire.Op("PutSecretValue", d.PutSecretValue),
			wire.Op("RemoveRegionsFromReplication", d.RemoveRegionsFromReplication),
			wire.Op("ReplicateSecretToRegions", d.ReplicateSecretToRegions),
			wire.Op("RestoreSecret", d.RestoreSecret),
			wire.Op("RotateSecret", d.RotateSecret),
			wire.Op("StopReplicationToReplica", d.StopReplicationToReplica),
			wire.Op("TagResource", d.TagResource),
			wire.Op("UntagResource", d.UntagResource),
			wire.Op("UpdateSecret", d.UpdateSecret),
			wire.Op("UpdateSecretVersionStage", d.UpdateSecretVersionStage),
			wire.Op("ValidateResourcePolicy", d.ValidateResourcePolicy),
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
