package cli

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/roadstead/roadstead/auth/caller"
	"github.com/roadstead/roadstead/model"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/wire"
)

// What one account has: everything is called home, and what is in it private.
// The other account has the same, with another word in it.
const (
	homely  = "home"
	private = "zebra-in-the-dark"
)

// furnish makes one of each in an account, and returns what others know of it:
// names, ids and ARNs.
func furnish(t *testing.T, c aws.Config, private string) []string {
	t.Helper()
	ctx := t.Context()
	known := []string{homely, "/" + homely + "/parameter", "alias/" + homely}
	must := func(arn *string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if arn != nil {
			known = append(known, *arn)
		}
	}
	tags := []types.Tag{{Key: aws.String("k"), Value: aws.String(private)}}
	ecsClient := ecs.NewFromConfig(c)
	cluster, err := ecsClient.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String(homely), Tags: tags})
	must(cluster.Cluster.ClusterArn, err)
	definition, err := ecsClient.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String(homely), Tags: tags,
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("main"), Image: aws.String("image"), Memory: aws.Int32(64),
			Environment: []types.KeyValuePair{{Name: aws.String("SECRET"), Value: aws.String(private)}}}}})
	must(definition.TaskDefinition.TaskDefinitionArn, err)
	service, err := ecsClient.CreateService(ctx, &ecs.CreateServiceInput{Cluster: aws.String(homely), ServiceName: aws.String(homely), TaskDefinition: aws.String(homely), DesiredCount: aws.Int32(0), Tags: tags})
	must(service.Service.ServiceArn, err)
	instance, err := ecsClient.RegisterContainerInstance(ctx, &ecs.RegisterContainerInstanceInput{Cluster: aws.String(homely), Tags: tags,
		TotalResources: []types.Resource{{Name: aws.String("CPU"), Type: aws.String("INTEGER"), IntegerValue: 1024}, {Name: aws.String("MEMORY"), Type: aws.String("INTEGER"), IntegerValue: 512}}})
	must(instance.ContainerInstance.ContainerInstanceArn, err)
	repository, err := ecr.NewFromConfig(c).CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String(homely)})
	must(repository.Repository.RepositoryArn, err)
	_, err = ecr.NewFromConfig(c).PutLifecyclePolicy(ctx, &ecr.PutLifecyclePolicyInput{RepositoryName: aws.String(homely), LifecyclePolicyText: aws.String(
		`{"rules":[{"rulePriority":1,"description":"` + private + `","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}}]}`)})
	must(nil, err)

	logs := cloudwatchlogs.NewFromConfig(c)
	_, err = logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(homely), Tags: map[string]string{"k": private}})
	must(nil, err)
	_, err = logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String(homely), LogStreamName: aws.String(homely)})
	must(nil, err)
	_, err = logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String(homely), LogStreamName: aws.String(homely),
		LogEvents: []logtypes.InputLogEvent{{Message: aws.String(private), Timestamp: aws.Int64(time.Now().UnixMilli())}}})
	must(aws.String("arn:aws:logs:us-east-1:"+accountOf(*cluster.Cluster.ClusterArn)+":log-group:"+homely), err)

	client := iam.NewFromConfig(c)
	itags := []iamtypes.Tag{{Key: aws.String("k"), Value: aws.String(private)}}
	user, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String(homely), Tags: itags})
	must(user.User.Arn, err)
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String(homely)})
	must(key.AccessKey.AccessKeyId, err)
	group, err := client.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String(homely)})
	must(group.Group.Arn, err)
	shut := `{"Version":"2012-10-17","Statement":{"Sid":"` + strings.ReplaceAll(private, "-", "") + `","Effect":"Deny","Action":"*","Resource":"*"}}`
	role, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String(homely), Description: aws.String(private), Tags: itags,
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	must(role.Role.Arn, err)
	policy, err := client.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String(homely), PolicyDocument: aws.String(shut), Tags: itags})
	must(policy.Policy.Arn, err)
	profile, err := client.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String(homely), Tags: itags})
	must(profile.InstanceProfile.Arn, err)
	provider, err := client.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://home.example.com"), ClientIDList: []string{private}, ThumbprintList: []string{strings.Repeat("a", 40)}})
	must(provider.OpenIDConnectProviderArn, err)

	made, err := kms.NewFromConfig(c).CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String(private), Tags: []kmstypes.Tag{{TagKey: aws.String("k"), TagValue: aws.String(private)}}})
	must(made.KeyMetadata.Arn, err)
	must(made.KeyMetadata.KeyId, nil)
	_, err = kms.NewFromConfig(c).CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/" + homely), TargetKeyId: made.KeyMetadata.KeyId})
	must(nil, err)
	_, err = ssm.NewFromConfig(c).PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/" + homely + "/parameter"), Value: aws.String(private), Type: ssmtypes.ParameterTypeSecureString, KeyId: made.KeyMetadata.KeyId})
	must(aws.String("arn:aws:ssm:us-east-1:"+accountOf(*made.KeyMetadata.Arn)+":parameter/"+homely+"/parameter"), err)
	secret, err := secretsmanager.NewFromConfig(c).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String(homely), SecretString: aws.String(private), Description: aws.String(private)})
	must(secret.ARN, err)
	return known
}

func accountOf(arn string) string { a, _ := model.ParseARN(arn); return a.Account }

// belongings are the keys and revisions of everything that is stored of an
// account.
func belongings(v store.View, account string) map[string]model.Revision {
	found := map[string]model.Revision{}
	collect[*model.User](v, account, found)
	collect[*model.Group](v, account, found)
	collect[*model.Role](v, account, found)
	collect[*model.Policy](v, account, found)
	collect[*model.InstanceProfile](v, account, found)
	collect[*model.OIDCProvider](v, account, found)
	collect[*model.Cluster](v, account, found)
	collect[*model.Service](v, account, found)
	collect[*model.TaskDefinition](v, account, found)
	collect[*model.Family](v, account, found)
	collect[*model.ContainerInstance](v, account, found)
	collect[*model.Task](v, account, found)
	collect[*model.CapacityProvider](v, account, found)
	collect[*model.Daemon](v, account, found)
	collect[*model.AccountSetting](v, account, found)
	collect[*model.Repository](v, account, found)
	collect[*model.KMSKey](v, account, found)
	collect[*model.KMSAlias](v, account, found)
	collect[*model.Parameter](v, account, found)
	collect[*model.Secret](v, account, found)
	for k := range store.All[*model.AccessKey](v) {
		if k.Account == account {
			found[k.Key().String()] = k.Rev
		}
	}
	return found
}

func collect[T model.Noun](v store.View, account string, into map[string]model.Revision) {
	for n := range store.Prefix[T](v, account+"/") {
		into[n.Key().String()] = n.Metadata().Rev
	}
}

// stuffed returns an input whose strings are all the text, as far as they are
// no enumeration.
func stuffed(t reflect.Type, text string, depth int) reflect.Value {
	in := reflect.New(t)
	for i := range t.NumField() {
		f := in.Elem().Field(i)
		switch {
		case !f.CanSet():
		case f.Type() == reflect.TypeFor[*string]():
			f.Set(reflect.ValueOf(new(text)))
		case f.Type() == reflect.TypeFor[[]string]():
			f.Set(reflect.ValueOf([]string{text}))
		case f.Kind() == reflect.Pointer && f.Type().Elem().Kind() == reflect.Struct && depth > 0 && strings.Contains(f.Type().Elem().PkgPath(), "aws-sdk-go-v2/service"):
			if depth > 1 {
				f.Set(stuffed(f.Type().Elem(), text, depth-1))
			}
		}
	}
	return in
}

// thin leaves of an input only the members that an operation names by words of
// the kind: the others make many requests invalid.
func thin(in reflect.Value, keep func(string) bool) reflect.Value {
	out := reflect.New(in.Type().Elem())
	for i := range in.Elem().NumField() {
		if f := in.Elem().Type().Field(i); f.IsExported() && keep(f.Name) {
			out.Elem().Field(i).Set(in.Elem().Field(i))
		}
	}
	return out
}

// TestAccountsSeeAndTouchNothingOfEachOther calls every operation there is as
// the root of one account with the names, ids and ARNs of what another has.
func TestAccountsSeeAndTouchNothingOfEachOther(t *testing.T) {
	w := serveWorld(t)
	home := w.root()
	known := furnish(t, home, private)
	b, root := w.account("team-b")
	furnish(t, root, "its-own")
	before := belongings(w.db.View(), account)
	if len(before) < 18 {
		t.Fatalf("the account has %v", before)
	}
	ctx := caller.With(t.Context(), caller.NewRoot(b, "AKIA"))
	calls, done := 0, map[string]bool{}
	for _, s := range w.services {
		operations := slices.Clone(s.Operations)
		slices.SortStableFunc(operations, func(a, b wire.Operation) int { return cmp.Compare(harm(a.Name), harm(b.Name)) })
		for i := range operations {
			op := &operations[i]
			if op.IsStream() || s.Name == "organizations" {
				continue
			}
			inputs := []any{reflect.New(op.Input()).Interface()}
			for _, text := range known {
				whole := stuffed(op.Input(), text, 1)
				inputs = append(inputs, whole.Interface(), thin(whole, subject).Interface())
			}
			for _, in := range inputs {
				calls++
				said, err := w.try(ctx, s.Name+":"+op.Name, in)
				if err == nil {
					done[s.Name+":"+op.Name] = true
				}
				if strings.Contains(said, private) || strings.Contains(said, "zebrainthedark") {
					t.Errorf("%s:%s with %s tells %s", s.Name, op.Name, show(in), said)
				}
			}
		}
	}
	t.Logf("%d calls of %d operations that were carried out for the account itself", calls, len(done))
	if len(done) < 100 {
		t.Errorf("only %d operations were carried out: %v", len(done), done)
	}
	after := belongings(w.db.View(), account)
	for key, revision := range before {
		if after[key] != revision {
			t.Errorf("%s was changed", key)
		}
	}
	for key := range after {
		if before[key] == 0 {
			t.Errorf("%s is new", key)
		}
	}
	if out, err := cloudwatchlogs.NewFromConfig(home).GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String(homely), LogStreamName: aws.String(homely)}); err != nil || len(out.Events) != 1 {
		t.Errorf("the log: %v, %v", out, err)
	}
	apartInLists(t, home, root)
	apartInRegistry(t, w, home, root, b)
}

// harm orders operations so that what they are about is there until the end.
func harm(operation string) int {
	for i, prefix := range [][]string{{"Get", "List", "Describe"}, {"Delete", "Deregister", "Remove", "Schedule", "Detach"}} {
		if slices.ContainsFunc(prefix, func(p string) bool { return strings.HasPrefix(operation, p) }) {
			return 2 * i
		}
	}
	return 1
}

// subject keeps what a request is about.
func subject(member string) bool {
	for _, word := range []string{"name", "arn", "id", "cluster", "family", "taskdefinition", "service", "task", "path", "resource", "prefix"} {
		if strings.Contains(strings.ToLower(member), word) {
			return true
		}
	}
	return false
}

func show(in any) string { text, _ := json.Marshal(in); return string(text) }

// try asks the gate and then the operation, as the router does, and returns
// what is answered.
func (w *world) try(ctx context.Context, name string, in any) (said string, err error) {
	for _, s := range w.services {
		for i := range s.Operations {
			op := &s.Operations[i]
			if s.Name+":"+op.Name != name {
				continue
			}
			if err := w.allow.Authorize(ctx, s, op, in); err != nil {
				return err.Error(), err
			}
			out, err := op.Call(ctx, in)
			if err != nil {
				return err.Error(), err
			}
			return show(out), nil
		}
	}
	return "", fmt.Errorf("no operation %s", name)
}

// apartInLists: a token that continues one account's list is none of another's.
func apartInLists(t *testing.T, home, root aws.Config) {
	t.Helper()
	ctx := t.Context()
	if _, err := ecs.NewFromConfig(home).CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("second")}); err != nil {
		t.Fatal(err)
	}
	one, err := ecs.NewFromConfig(home).ListClusters(ctx, &ecs.ListClustersInput{MaxResults: aws.Int32(1)})
	if err != nil || one.NextToken == nil {
		t.Fatalf("%+v %v", one, err)
	}
	if out, err := ecs.NewFromConfig(root).ListClusters(ctx, &ecs.ListClustersInput{NextToken: one.NextToken}); err == nil {
		for _, arn := range out.ClusterArns {
			if accountOf(arn) == account {
				t.Errorf("ListClusters goes on in the other account: %v", out.ClusterArns)
			}
		}
	}
	if _, err := ssm.NewFromConfig(home).PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("second"), Value: aws.String(private), Type: ssmtypes.ParameterTypeString}); err != nil {
		t.Fatal(err)
	}
	first, err := ssm.NewFromConfig(home).DescribeParameters(ctx, &ssm.DescribeParametersInput{MaxResults: aws.Int32(1)})
	if err != nil || first.NextToken == nil {
		t.Fatalf("%+v %v", first, err)
	}
	if out, err := ssm.NewFromConfig(root).DescribeParameters(ctx, &ssm.DescribeParametersInput{NextToken: first.NextToken}); err == nil && len(out.Parameters) > 0 {
		for _, p := range out.Parameters {
			if accountOf(aws.ToString(p.ARN)) == account {
				t.Errorf("DescribeParameters goes on in the other account: %v", out.Parameters)
			}
		}
	}
}

// apartInRegistry: a token of one account opens the repositories of another as
// far as their policies say.
func apartInRegistry(t *testing.T, w *world, home, root aws.Config, b string) {
	t.Helper()
	ctx := t.Context()
	token, err := ecr.NewFromConfig(root).GetAuthorizationToken(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Basic "+*token.AuthorizationData[0].AuthorizationToken)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text := make([]byte, 4096)
		n, _ := answer.Body.Read(text)
		return answer.StatusCode, string(text[:n])
	}
	if _, err := base64.StdEncoding.DecodeString(*token.AuthorizationData[0].AuthorizationToken); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/v2/": 200, "/v2/home/tags/list": 403, "/v2/000000000000/home/tags/list": 403, "/v2/" + b + "/home/tags/list": 200, "/v2/" + b + "/none/tags/list": 404} {
		if status, text := get(path); status != want {
			t.Errorf("GET %s: %d %s, want %d", path, status, text, want)
		}
	}
	own, err := ecr.NewFromConfig(root).CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("own")})
	if err != nil || !strings.HasSuffix(*own.Repository.RepositoryUri, "/"+b+"/own") || *own.Repository.RegistryId != b {
		t.Fatalf("%+v %v", own, err)
	}
	if status, text := get("/v2/" + b + "/own/tags/list"); status != 200 {
		t.Errorf("its own repository: %d %s", status, text)
	}
	if status, text := get("/v2/_catalog"); status != 200 || strings.Contains(text, `"home"`) || !strings.Contains(text, b+"/own") {
		t.Errorf("the catalog: %d %s", status, text)
	}
	if _, err := ecr.NewFromConfig(home).SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{RepositoryName: aws.String(homely), PolicyText: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + b + `:root"},"Action":["ecr:ListImages","ecr:DescribeRepositories"]}]}`)}); err != nil {
		t.Fatal(err)
	}
	if status, text := get("/v2/home/tags/list"); status != 200 {
		t.Errorf("a repository whose policy lets it in: %d %s", status, text)
	}
	described, err := ecr.NewFromConfig(root).DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RegistryId: aws.String(account), RepositoryNames: []string{homely}})
	if err != nil || *described.Repositories[0].RegistryId != account {
		t.Errorf("%+v %v", described, err)
	}
	if _, err := ecr.NewFromConfig(root).DescribeImages(ctx, &ecr.DescribeImagesInput{RegistryId: aws.String(account), RepositoryName: aws.String(homely)}); code(err) != "AccessDeniedException" {
		t.Errorf("what the policy does not allow: %v", err)
	}
	// Across accounts the caller's own policies have to allow as well.
	nobody := w.user(root, "nobody", "")
	if _, err := ecr.NewFromConfig(nobody).DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RegistryId: aws.String(account), RepositoryNames: []string{homely}}); code(err) != "AccessDeniedException" {
		t.Errorf("a user of the account without a policy of its own: %v", err)
	}
	if _, err := sts.NewFromConfig(nobody).GetCallerIdentity(ctx, nil); err != nil {
		t.Error(err)
	}
}
