package model

import "github.com/aws/aws-sdk-go-v2/service/ecs/types"

// DefaultFargateStorage is the ephemeral storage of a task of Fargate that does
// not name any, in GiB. Source: ECS API reference, EphemeralStorage.
const DefaultFargateStorage = 20

// FargateStorage returns how large the ephemeral storage of a task of Fargate
// is, in GiB. Source: ECS API reference, EphemeralStorage.
func FargateStorage(def *types.TaskDefinition, over *types.TaskOverride) int32 {
	switch {
	case over != nil && over.EphemeralStorage != nil:
		return over.EphemeralStorage.SizeInGiB
	case def.EphemeralStorage != nil:
		return def.EphemeralStorage.SizeInGiB
	}
	return DefaultFargateStorage
}
