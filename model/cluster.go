package model

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Cluster statuses, as DescribeClusters shows them.
const (
	ClusterActive   = "ACTIVE"
	ClusterInactive = "INACTIVE"
)

// Cluster is a group of container instances, tasks and services. All fields
// are written by the API. Its counts are not stored: they are read from the
// tables.
type Cluster struct {
	Meta
	Account   string           `f:"1"`
	Name      string           `f:"2"`
	Status    string           `f:"3"`
	Settings  []ClusterSetting `f:"4"`
	Tags      []Tag            `f:"5"`
	CreatedAt time.Time        `f:"6"`
	// CapacityProviders and DefaultStrategy are what PutClusterCapacityProviders set.
	CapacityProviders []string           `f:"7"`
	DefaultStrategy   []CapacityStrategy `f:"8"`
	// Configuration is the caller's: execute command and managed storage.
	Configuration *types.ClusterConfiguration `f:"9,wire"`
	// ServiceConnectNamespace is the default namespace of its services' Service Connect.
	ServiceConnectNamespace string `f:"10"`
	// InactiveAt is when it was deleted.
	InactiveAt time.Time `f:"11"`
}

// ClusterSetting is a cluster's setting, such as containerInsights.
type ClusterSetting struct {
	Name  string `f:"1"`
	Value string `f:"2"`
}

// CapacityStrategy is one item of a capacity provider strategy.
type CapacityStrategy struct {
	Provider string `f:"1"`
	Weight   int    `f:"2"`
	Base     int    `f:"3"`
}

// KindCluster is the table of clusters.
const KindCluster Kind = "cluster"

// ClusterID returns the id of a cluster: account/name.
func ClusterID(account, name string) string { return account + "/" + name }

// Key returns account/name.
func (c *Cluster) Key() Key { return Key{KindCluster, ClusterID(c.Account, c.Name)} }

// Clone returns a copy whose fields may be replaced.
func (c *Cluster) Clone() *Cluster { d := *c; return &d }
