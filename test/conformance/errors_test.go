package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/coder/websocket"
)

// errorTypes are all types of errors of the SDK's model of ECS: those that
// the tour has to meet, and why it cannot meet the others.
func errorTypes() (reached []string, unreachable map[string]string) {
	return []string{"AccessDeniedException", "AttributeLimitExceededException", "ClientException", "ClusterContainsCapacityProviderException",
			"ClusterContainsContainerInstancesException", "ClusterContainsServicesException", "ClusterContainsTasksException", "ClusterNotFoundException",
			"ConflictException", "DaemonNotActiveException", "DaemonNotFoundException", "GatewayNotFoundException", "InvalidParameterException",
			"LimitExceededException", "MissingVersionException", "NamespaceNotFoundException", "NoUpdateAvailableException", "ResourceInUseException",
			"ResourceNotFoundException", "ServiceDeploymentNotFoundException", "ServiceNotActiveException", "ServiceNotFoundException",
			"TargetNotFoundException", "TaskSetNotFoundException", "UnsupportedFeatureException"},
		map[string]string{
			"BlockedException":                               "accounts are not blocked here",
			"PlatformUnknownException":                       "the tour runs nothing on Fargate: a test of api/ecs does",
			"PlatformTaskDefinitionIncompatibilityException": "there is one platform version, and it runs all that Fargate accepts",
			"ServerException":                                "it takes a full disk or a defect: test/e2e fills the disk",
			"TargetNotConnectedException":                    "it takes a task that runs on an instance whose agent is away: api/ecs and test/e2e have one",
			"UpdateInProgressException":                      "changes of capacity providers and of clusters' are done when they are answered, and agents are updated by whoever installed them",
		}
}

// errors are those that the parts before have not met.
func (w *tour) errors(t *testing.T) {
	refused[*types.AccessDeniedException](t, w.instanceSession(t).CreateCluster, ecs.CreateClusterInput{})
	refused[*types.ClientException](t, w.DeregisterTaskDefinition, ecs.DeregisterTaskDefinitionInput{TaskDefinition: new("go")})
	refused[*types.ClusterNotFoundException](t, w.ListTasks, ecs.ListTasksInput{Cluster: new("nowhere")})
	refused[*types.ClusterContainsCapacityProviderException](t, w.DeleteCluster, ecs.DeleteClusterInput{Cluster: new(fleet)})
	refused[*types.ServiceDeploymentNotFoundException](t, w.StopServiceDeployment, ecs.StopServiceDeploymentInput{
		ServiceDeploymentArn: new(w.arn + "service-deployment/" + fleet + "/none/aaaaaaaaaaaaaaaaaaaaa")})
	refused[*types.TargetNotFoundException](t, w.PutAttributes, ecs.PutAttributesInput{Cluster: new(fleet), Attributes: []types.Attribute{
		{Name: new("a"), TargetId: new(strings.Repeat("0", 32)), TargetType: types.TargetTypeContainerInstance}}})
	w.limits(t)

	// An agent that does not say its version.
	there := new("go-errors")
	i := call(t, w.RegisterContainerInstance, ecs.RegisterContainerInstanceInput{Cluster: there, TotalResources: []types.Resource{
		{Name: new("CPU"), Type: new("INTEGER"), IntegerValue: 1024}, {Name: new("MEMORY"), Type: new("INTEGER"), IntegerValue: 512}}}).ContainerInstance.ContainerInstanceArn
	refused[*types.ClientException](t, w.UpdateContainerAgent, ecs.UpdateContainerAgentInput{Cluster: there, ContainerInstance: i})
	w.connect(t, *there, *i)
	until(t, "the agent to be connected", func() bool {
		return call(t, w.DescribeContainerInstances, ecs.DescribeContainerInstancesInput{Cluster: there, ContainerInstances: []string{*i}}).ContainerInstances[0].AgentConnected
	})
	refused[*types.MissingVersionException](t, w.UpdateContainerAgent, ecs.UpdateContainerAgentInput{Cluster: there, ContainerInstance: i})
}

// limits asks for an attribute and for a capacity provider too many.
func (w *tour) limits(t *testing.T) {
	there := new("go-errors")
	call(t, w.CreateCluster, ecs.CreateClusterInput{ClusterName: there})
	instance := call(t, w.ListContainerInstances, ecs.ListContainerInstancesInput{Cluster: new(fleet)}).ContainerInstanceArns[0]
	put := ecs.PutAttributesInput{Cluster: new(fleet)}
	for n := range 10 {
		put.Attributes = append(put.Attributes, types.Attribute{Name: new(fmt.Sprint("a", n)), TargetId: &instance})
	}
	call(t, w.PutAttributes, put)
	refused[*types.AttributeLimitExceededException](t, w.PutAttributes, ecs.PutAttributesInput{Cluster: new(fleet),
		Attributes: []types.Attribute{{Name: new("one-more"), TargetId: &instance}}})
	call(t, w.DeleteAttributes, ecs.DeleteAttributesInput{Cluster: new(fleet), Attributes: put.Attributes})

	provider := func(n int) ecs.CreateCapacityProviderInput {
		return ecs.CreateCapacityProviderInput{Name: new(fmt.Sprint("go-many-", n)), Cluster: there,
			ManagedInstancesProvider: &types.CreateManagedInstancesProviderConfiguration{InfrastructureRoleArn: new("arn:aws:iam::000000000000:role/r"),
				InstanceLaunchTemplate: &types.InstanceLaunchTemplate{Ec2InstanceProfileArn: new("arn:aws:iam::000000000000:instance-profile/i"),
					NetworkConfiguration: &types.ManagedInstancesNetworkConfiguration{Subnets: []string{"subnet-1"}}}}}
	}
	const most = 20 // of a cluster
	for n := range most {
		call(t, w.CreateCapacityProvider, provider(n))
	}
	refused[*types.LimitExceededException](t, w.CreateCapacityProvider, provider(most))
	for n := range most {
		call(t, w.DeleteCapacityProvider, ecs.DeleteCapacityProviderInput{CapacityProvider: provider(n).Name, Cluster: there})
	}
}

// instanceSession is a client with the session that an instance joins with.
func (w *tour) instanceSession(t *testing.T) *ecs.Client {
	t.Helper()
	out, err := exec.Command(w.p.bin, "token", "--env", "--data-dir", w.p.dir, "--cluster", fleet).Output()
	if err != nil {
		t.Fatalf("roadstead token: %v", err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	return ecs.NewFromConfig(w.p.config(env), w.calls.watch)
}

// connect opens the control channel of an instance as its agent does, until
// the end of the test.
func (w *tour) connect(t *testing.T, cluster, instance string) {
	t.Helper()
	endpoint := call(t, w.DiscoverPollEndpoint, ecs.DiscoverPollEndpointInput{Cluster: &cluster, ContainerInstance: &instance}).Endpoint
	target := strings.TrimSuffix(*endpoint, "/") + "/ws?" + url.Values{"clusterArn": {cluster}, "containerInstanceArn": {instance}, "seqNum": {"1"},
		"protocolVersion": {"2"}, "sendCredentials": {"false"}}.Encode()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := w.p.config(w.p.env).Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	nothing := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(t.Context(), key, request, hex.EncodeToString(nothing[:]), "ecs", w.p.env["AWS_REGION"], time.Now()); err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(t.Context(), target, &websocket.DialOptions{HTTPHeader: request.Header})
	if err != nil {
		t.Fatalf("control channel: %v", err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() }) // the platform has forgotten it by then, or will
}
