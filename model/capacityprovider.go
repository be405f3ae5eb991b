package model

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Capacity providers that every account has.
const (
	ProviderFargate     = "FARGATE"
	ProviderFargateSpot = "FARGATE_SPOT"
)

// LaunchFargate is the launch type of tasks that run on instances that their
// owner does not see.
const LaunchFargate = "FARGATE"

// OnFargate reports whether tasks of the launch type, or of the capacity
// provider where there is one, run on Fargate.
func OnFargate(launchType, provider string) bool {
	if provider != "" {
		return provider == ProviderFargate || provider == ProviderFargateSpot
	}
	return launchType == LaunchFargate
}

// Capacity provider statuses.
const (
	CapacityProviderActive   = "ACTIVE"
	CapacityProviderInactive = "INACTIVE"
)

// CapacityProvider is a named group of container instances that tasks can be
// placed on. All fields are written by the API. FARGATE and FARGATE_SPOT are
// not stored.
type CapacityProvider struct {
	Meta
	Account string `f:"1"`
	Name    string `f:"2"`
	Status  string `f:"3"`
	// One of the two is set.
	AutoScaling *types.AutoScalingGroupProvider `f:"4,wire"`
	Managed     *types.ManagedInstancesProvider `f:"5,wire"`
	// Cluster is the name of the only cluster that may use it; "" for every one.
	Cluster      string    `f:"6"`
	UpdateStatus string    `f:"7"` // such as UPDATE_COMPLETE; "" before the first change
	UpdateReason string    `f:"8"`
	Tags         []Tag     `f:"9"`
	CreatedAt    time.Time `f:"10"`
	InactiveAt   time.Time `f:"11"` // when it was deleted
}

// KindCapacityProvider is the table of capacity providers.
const KindCapacityProvider Kind = "capacity-provider"

// CapacityProviderID returns account/name.
func CapacityProviderID(account, name string) string { return account + "/" + name }

// Key returns account/name.
func (p *CapacityProvider) Key() Key {
	return Key{KindCapacityProvider, CapacityProviderID(p.Account, p.Name)}
}

// Clone returns a copy whose fields may be replaced.
func (p *CapacityProvider) Clone() *CapacityProvider { c := *p; return &c }
