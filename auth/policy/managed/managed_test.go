package managed

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/auth/policy"
)

func TestEveryPolicyIsOne(t *testing.T) {
	all := All()
	if len(all) < 40 {
		t.Fatalf("only %d policies", len(all))
	}
	if !slices.IsSortedFunc(all, func(a, b Policy) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("they are not by name")
	}
	ids, names := map[string]bool{}, map[string]bool{}
	for _, p := range all {
		if _, err := policy.Parse(p.Document, policy.Identity); err != nil {
			t.Errorf("%s: %v\n%s", p.Name, err, p.Document)
		}
		if got, ok := ByARN(p.ARN()); !ok || got != p {
			t.Errorf("%s is not found by its ARN", p.ARN())
		}
		if ids[p.ID()] || names[p.Name] || !regexp.MustCompile(`^ANPA[A-Z2-7]{17}$`).MatchString(p.ID()) {
			t.Errorf("%s: id %s", p.Name, p.ID())
		}
		ids[p.ID()], names[p.Name] = true, true
		if p.Version < 1 || p.Updated.Before(p.Created) || p.Description == "" || len(p.Description) > 1000 {
			t.Errorf("%s: %+v", p.Name, p)
		}
	}
}

// What users of containers attach, by the ARNs that their configurations name.
func TestARNs(t *testing.T) {
	for _, resource := range strings.Fields(`service-role/AmazonECSTaskExecutionRolePolicy service-role/AmazonEC2ContainerServiceforEC2Role AmazonECS_FullAccess
		service-role/AmazonECSInfrastructureRolePolicyForVolumes AmazonEC2ContainerRegistryReadOnly AmazonEC2ContainerRegistryPowerUser AmazonEC2ContainerRegistryFullAccess
		AWSCodeDeployRoleForECS AWSCodeDeployRoleForECSLimited AmazonSSMManagedInstanceCore AmazonSSMReadOnlyAccess SecretsManagerReadWrite CloudWatchLogsFullAccess
		CloudWatchAgentServerPolicy AdministratorAccess PowerUserAccess ReadOnlyAccess IAMFullAccess IAMReadOnlyAccess service-role/AmazonEC2ContainerServiceEventsRole
		service-role/AmazonEC2ContainerServiceAutoscaleRole service-role/AWSBatchServiceRole AmazonEKSClusterPolicy AmazonEKSWorkerNodePolicy AmazonEKS_CNI_Policy
		aws-service-role/AWSApplicationAutoscalingECSServicePolicy aws-service-role/AmazonECSServiceRolePolicy AmazonElasticContainerRegistryPublicReadOnly`) {
		if _, ok := ByARN("arn:aws:iam::aws:policy/" + resource); !ok {
			t.Errorf("there is no %s", resource)
		}
	}
	for _, arn := range []string{"", "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy", "arn:aws:iam::000000000000:policy/AdministratorAccess", "arn:aws:iam::aws:policy/None"} {
		if p, ok := ByARN(arn); ok {
			t.Errorf("%q is %s", arn, p.Name)
		}
	}
}
