package store

import (
	"reflect"

	"github.com/roadstead/roadstead/model"
)

// Table describes one table: the nouns in it and how else they are found.
type Table struct {
	kind    model.Kind
	typ     reflect.Type // pointer to struct
	indexes []Index
}

// Index finds the nouns of a table by something else than their id. Of
// returns that value, "" for a noun that is not to be found by it; it must
// depend on the noun alone.
type Index struct {
	Name string
	Of   func(model.Noun) string
}

// TableOf describes the table of T, which must be a pointer to a struct.
func TableOf[T model.Noun](kind model.Kind, indexes ...Index) Table {
	return Table{kind, reflect.TypeFor[T](), indexes}
}

// By returns an index over nouns of type T.
func By[T model.Noun](name string, of func(T) string) Index {
	return Index{name, func(n model.Noun) string { return of(n.(T)) }}
}

// Names of the indexes.
const (
	byAddress  = "address"
	byDaemon   = "daemon"
	byFargate  = "fargate"
	byInstance = "instance"
	byService  = "service"
	bySubnet   = "subnet"
	byImage    = "image"
	byUser     = "user"
	byVolume   = "volume"
	byWaiting  = "waiting"
	byGroup    = "group"
)

// Tables lists every table of Roadstead.
func Tables() []Table {
	return []Table{
		TableOf[*model.AccessKey](model.KindAccessKey, By(byUser, func(k *model.AccessKey) string { return model.UserID(k.Account, k.User) })),
		TableOf[*model.AccessKeyUse](model.KindAccessKeyUse),
		TableOf[*model.Account](model.KindAccount),
		TableOf[*model.AccountSetting](model.KindAccountSetting),
		TableOf[*model.Alarm](model.KindAlarm),
		TableOf[*model.CapacityProvider](model.KindCapacityProvider),
		TableOf[*model.ClientToken](model.KindClientToken),
		TableOf[*model.Cluster](model.KindCluster),
		TableOf[*model.ContainerInstance](model.KindContainerInstance, By(byFargate, func(i *model.ContainerInstance) string {
			if !i.Fargate {
				return ""
			}
			return i.Account
		})),
		TableOf[*model.Daemon](model.KindDaemon),
		TableOf[*model.DaemonDeployment](model.KindDaemonDeployment),
		TableOf[*model.DaemonFamily](model.KindDaemonFamily),
		TableOf[*model.DaemonRevision](model.KindDaemonRevision),
		TableOf[*model.DaemonTaskDefinition](model.KindDaemonTaskDefinition),
		TableOf[*model.Deployment](model.KindDeployment),
		TableOf[*model.Family](model.KindFamily),
		TableOf[*model.Group](model.KindGroup),
		TableOf[*model.Image](model.KindImage),
		TableOf[*model.ImageTag](model.KindImageTag,
			By(byImage, func(t *model.ImageTag) string { return model.ImageID(t.Account, t.Repository, t.Digest) })),
		TableOf[*model.InstanceProfile](model.KindInstanceProfile),
		TableOf[*model.KMSAlias](model.KindKMSAlias),
		TableOf[*model.KMSKey](model.KindKMSKey),
		TableOf[*model.OIDCProvider](model.KindOIDCProvider),
		TableOf[*model.Parameter](model.KindParameter),
		TableOf[*model.Policy](model.KindPolicy),
		TableOf[*model.RegistryScanning](model.KindRegistryScanning),
		TableOf[*model.Repository](model.KindRepository),
		TableOf[*model.Role](model.KindRole),
		TableOf[*model.Secret](model.KindSecret),
		TableOf[*model.SecurityGroup](model.KindSecurityGroup),
		TableOf[*model.Service](model.KindService),
		TableOf[*model.ServiceEvents](model.KindServiceEvents),
		TableOf[*model.Subnet](model.KindSubnet),
		TableOf[*model.Task](model.KindTask,
			By(byInstance, func(t *model.Task) string { return t.Spec.Instance }),
			By(byGroup, func(t *model.Task) string {
				if t.Spec.Service != "" || t.Stopped() { // a service's tasks are found by that
					return ""
				}
				return groupID(model.ClusterID(t.Account, t.Cluster), t.Spec.Group)
			}),
			By(byWaiting, func(t *model.Task) string {
				if t.Spec.Instance != "" {
					return ""
				}
				return model.ClusterID(t.Account, t.Cluster)
			}),
			By(byFargate, func(t *model.Task) string {
				if t.Spec.LaunchType != model.LaunchFargate || t.Stopped() {
					return ""
				}
				return model.ClusterID(t.Account, t.Cluster)
			}),
			By(byAddress, addressOf),
			By(bySubnet, subnetOf),
			By(byVolume, func(t *model.Task) string {
				if !t.HasVolume() {
					return ""
				}
				return t.Account
			}),
			By(byService, func(t *model.Task) string { return t.Spec.Service }),
			By(byDaemon, func(t *model.Task) string { return t.Spec.Daemon })),
		TableOf[*model.TaskSet](model.KindTaskSet),
		TableOf[*model.TaskDefinition](model.KindTaskDefinition),
		TableOf[*model.User](model.KindUser),
		TableOf[*model.VPC](model.KindVPC),
	}
}
