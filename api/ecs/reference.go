package ecs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
)

// defaultCluster is meant where no cluster is named.
const defaultCluster = "default"

// maxName bounds the names of clusters, services, families and containers.
// Source: ECS API reference.
const maxName = 255

// validName reports whether s may name a cluster, service, family or
// container: letters, digits, hyphens and underscores.
func validName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// clusterName returns the name in a cluster's short name or ARN; "" when it
// is an ARN of something else, or of another account or region.
func (r request) clusterName(ref *string) string {
	if aws.ToString(ref) == "" {
		return defaultCluster
	}
	if !strings.HasPrefix(*ref, "arn:") {
		return *ref
	}
	kind, rest := r.own(*ref)
	if kind != "cluster" {
		return ""
	}
	return rest
}

// own returns the type and the rest of an ECS ARN of the request's account
// and region; "" for any other ARN.
func (r request) own(arn string) (kind, rest string) {
	a, ok := model.ParseARN(arn)
	if !ok || a.Partition != "aws" || a.Service != "ecs" || a.Region != r.scope.Region || a.Account != r.scope.Account {
		return "", ""
	}
	return a.Path()
}

// cluster returns the cluster that ref names, in whatever state.
func (r request) cluster(v store.View, ref *string) (*model.Cluster, error) {
	name := r.clusterName(ref)
	c, ok := store.Get[*model.Cluster](v, model.ClusterID(r.scope.Account, name))
	if name == "" || !ok {
		return nil, clusterNotFound()
	}
	return c, nil
}

// activeCluster returns the cluster that ref names if it is ACTIVE.
func (r request) activeCluster(v store.View, ref *string) (*model.Cluster, error) {
	c, err := r.cluster(v, ref)
	if err != nil {
		return nil, err
	}
	if c.Status != model.ClusterActive {
		return nil, clusterInactive()
	}
	return c, nil
}

// member returns the id of something in a cluster, given by its id or by its
// ARN of the kind, long (kind/cluster/id) or short (kind/id). ok is false for
// an ARN that cannot be of the cluster.
func (r request) member(kind, cluster, ref string) (id string, ok bool) {
	if !strings.HasPrefix(ref, "arn:") {
		return ref, ref != "" && !strings.Contains(ref, "/")
	}
	k, rest := r.own(ref)
	if k != kind || rest == "" {
		return "", false
	}
	of, id, long := strings.Cut(rest, "/")
	if !long {
		return rest, true
	}
	return id, of == cluster && !strings.Contains(id, "/")
}

// clusterOf returns the key id of the cluster that an id of the form
// account/cluster/... lies in.
func clusterOf(id string) (string, bool) {
	at := strings.IndexByte(id, '/')
	if at < 0 {
		return "", false
	}
	end := strings.IndexByte(id[at+1:], '/')
	if end < 0 {
		return "", false
	}
	return id[:at+1+end], true
}
