package stockagent

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// role makes a role for tasks that allows actions on everything, and returns
// its ARN.
func (w *world) role(name string, actions ...string) string {
	w.t.Helper()
	out, err := w.iam.CreateRole(w.t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(actions) > 0 {
		document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}]}`
		if _, err := w.iam.PutRolePolicy(w.t.Context(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: &document}); err != nil {
			w.t.Fatal(err)
		}
	}
	return aws.ToString(out.Role.Arn)
}

var pulling = []string{"ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"}

// execution is a role that a task is prepared with: it may pull and log.
func (w *world) execution(name string, more ...string) string {
	return w.role(name, append(append([]string{"logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"}, pulling...), more...)...)
}

// caller pushes the program that asks STS who it is.
func (w *world) caller() string {
	w.t.Helper()
	program := filepath.Join(w.t.TempDir(), "caller")
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./testdata/caller")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	run(w.t, c)
	return w.push("caller", program, nil)
}

// trust returns a folder with what the server is verified by.
func (w *world) trust() string {
	w.t.Helper()
	dir := w.t.TempDir()
	text, err := os.ReadFile(w.bundle())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "bundle.pem"), text, 0o644)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return dir
}

// roles runs tasks that have roles: one that speaks for itself, one whose image
// and logs take a role, and one that may not pull.
func (w *world) roles(t *testing.T) {
	actor, executor := w.role("actor"), w.execution("executor")
	image := w.caller()
	if _, err := w.logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("stock")}); err != nil {
		t.Fatal(err)
	}
	asks := func(mode types.NetworkMode) func(*ecs.RegisterTaskDefinitionInput) {
		return func(in *ecs.RegisterTaskDefinitionInput) {
			in.TaskRoleArn, in.ExecutionRoleArn, in.NetworkMode = &actor, &executor, mode
			c := &in.ContainerDefinitions[0]
			c.Image = &image
			c.Environment = []types.KeyValuePair{{Name: aws.String("AWS_ENDPOINT_URL"), Value: aws.String(w.env["AWS_ENDPOINT_URL"])}}
			if w.bundle() != "" {
				// What the program trusts comes from outside, as it would for any SDK.
				trust := w.trust()
				in.Volumes = []types.Volume{{Name: aws.String("trust"), Host: &types.HostVolumeProperties{SourcePath: &trust}}}
				c.MountPoints = []types.MountPoint{{SourceVolume: aws.String("trust"), ContainerPath: aws.String("/trust"), ReadOnly: aws.Bool(true)}}
				c.Environment = append(c.Environment, types.KeyValuePair{Name: aws.String("SSL_CERT_FILE"), Value: aws.String("/trust/bundle.pem")})
			}
			c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "stock", "awslogs-region": "us-east-1", "awslogs-stream-prefix": string(mode)}}
		}
	}
	for _, mode := range []types.NetworkMode{types.NetworkModeBridge, types.NetworkModeHost} {
		task := w.run(w.register("caller-"+string(mode), "caller", asks(mode)), nil)
		ended := w.reaches(task, "STOPPED")
		if exits(ended) != "main=0" {
			t.Errorf("who asks STS in mode %s ends with %s: %s", mode, exits(ended), aws.ToString(ended.StoppedReason))
		}
		stream := string(mode) + "/main/" + task[strings.LastIndexByte(task, '/')+1:]
		var said string
		until(t, patience, "the task's line in "+stream, func() bool {
			out, err := w.logs.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("stock"), LogStreamName: &stream})
			if err != nil || len(out.Events) == 0 {
				return false
			}
			said = aws.ToString(out.Events[0].Message)
			return true
		})
		if want := "I am arn:aws:sts::000000000000:assumed-role/actor/" + task[strings.LastIndexByte(task, '/')+1:]; said != want {
			t.Errorf("in mode %s it says %q, want %q", mode, said, want)
		}
	}
	powerless, unseen := w.role("powerless"), w.push("unseen", "", nil) // the agent would take an image that it has
	ended := w.reaches(w.run(w.register("powerless", "true", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ExecutionRoleArn, in.ContainerDefinitions[0].Image = &powerless, &unseen
	}), nil), "STOPPED")
	if reason := aws.ToString(ended.StoppedReason); ended.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.Contains(reason, "AccessDenied") {
		t.Errorf("a role that may not pull: %s: %s: %s", ended.StopCode, reason, exits(ended))
	}
}

// sealed runs tasks with secrets and parameters, those that are there and one
// that is not.
func (w *world) sealed(t *testing.T) {
	ctx := t.Context()
	made, err := w.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("word"), SecretString: aws.String(`{"user":"ada","pass":"open sesame"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ssm.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/stock/parameter"), Value: aws.String("sealed value"), Type: ssmtypes.ParameterTypeSecureString}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ssm.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("plain"), Value: aws.String("plain value"), Type: ssmtypes.ParameterTypeString}); err != nil {
		t.Fatal(err)
	}
	reader := w.execution("reader", "ssm:GetParameters", "secretsmanager:GetSecretValue")
	with := func(secrets ...string) func(*ecs.RegisterTaskDefinitionInput) {
		return func(in *ecs.RegisterTaskDefinitionInput) {
			in.ExecutionRoleArn = &reader
			for at := 0; at < len(secrets); at += 2 {
				in.ContainerDefinitions[0].Secrets = append(in.ContainerDefinitions[0].Secrets, types.Secret{Name: &secrets[at], ValueFrom: &secrets[at+1]})
			}
		}
	}
	task := w.run(w.register("sealed", `echo "$A|$B|$C|$D|$E"; sleep 1000`, with("A", *made.ARN, "B", *made.ARN+":pass::", "C", "/stock/parameter", "D", "plain",
		"E", "arn:aws:ssm:us-east-1:000000000000:parameter/stock/parameter")), nil)
	w.reaches(task, "RUNNING")
	want := `{"user":"ada","pass":"open sesame"}|open sesame|sealed value|plain value|sealed value`
	until(t, patience, "the container to say what it was told", func() bool { return w.said(task, "main") == want })
	w.stop(task)
	ended := w.reaches(w.run(w.register("unsealed", "true", with("A", "/stock/missing")), nil), "STOPPED")
	if reason := aws.ToString(ended.StoppedReason); ended.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.Contains(reason, "invalid parameters: /stock/missing") {
		t.Errorf("a parameter that is not there: %s: %s", ended.StopCode, reason)
	}
}

// stop stops a task.
func (w *world) stop(task string) {
	w.t.Helper()
	if _, err := w.ecs.StopTask(w.t.Context(), &ecs.StopTaskInput{Task: &task, Reason: aws.String("enough")}); err != nil {
		w.t.Fatal(err)
	}
}
