package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/roadstead/roadstead/registry/sampleimage"
)

// rotator builds the program that rotates secrets, pushes it as an image and
// returns its reference.
func (p *platform) rotator() string {
	p.t.Helper()
	program := filepath.Join(p.t.TempDir(), "rotator")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./testdata/rotator")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		p.t.Fatalf("build the rotator: %v\n%s", err, out)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		p.t.Fatal(err)
	}
	image, err := sampleimage.Build(sampleimage.Spec{Layers: [][]sampleimage.File{{{Path: "/rotator", Mode: 0o755, Content: content}}}, Entrypoint: []string{"/rotator"}})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.ecr.CreateRepository(p.t.Context(), &ecr.CreateRepositoryInput{RepositoryName: aws.String("rotator")}); err != nil {
		p.t.Fatal(err)
	}
	reference := p.listen + "/rotator:latest"
	if _, err := sampleimage.Push(p.t.Context(), image, reference, sampleimage.Credentials{Username: "AWS", Password: p.password()}); err != nil {
		p.t.Fatal(err)
	}
	return reference
}

// TestRotation rotates a secret by real tasks that act with their task role. A
// step fails once, and in the middle of the next attempt the platform is
// killed: every step of each attempt is done once, and the secret is rotated.
func TestRotation(t *testing.T) {
	p := startIn(t, filepath.Join(t.TempDir(), "data"), "--apis-for-tasks")
	const role = "arn:aws:iam::000000000000:role/rotating"
	p.aws("iam", "create-role", "--role-name", "rotating", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	p.aws("iam", "put-role-policy", "--role-name", "rotating", "--policy-name", "p", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["secretsmanager:DescribeSecret","secretsmanager:GetSecretValue","secretsmanager:PutSecretValue","secretsmanager:UpdateSecretVersionStage"],"Resource":"arn:aws:secretsmanager:*:*:secret:db-*"}]}`)
	dir, image := t.TempDir(), p.rotator()
	p.register("rotator", image, "", func(in *ecs.RegisterTaskDefinitionInput) {
		in.TaskRoleArn = aws.String(role)
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(dir)}}}
		c := &in.ContainerDefinitions[0]
		c.Command, c.MountPoints = nil, []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}
		c.Memory = aws.Int32(64)
	})
	p.aws("secretsmanager", "create-secret", "--name", "db", "--secret-string", "old")
	token := p.aws("secretsmanager", "rotate-secret", "--secret-id", "db", "--rotation-lambda-arn", "rotator", "--rotation-rules", "AutomaticallyAfterDays=30", "--query", "VersionId", "--output", "text")

	done := func() []string {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		return strings.Fields(strings.ReplaceAll(string(text), " "+token, ""))
	}
	t.Cleanup(func() {
		if why, err := os.ReadFile(filepath.Join(dir, "error")); err == nil && t.Failed() {
			t.Logf("the last step to fail said: %s", why)
		}
	})
	first := []string{"createSecret", "setSecret", "createSecret", "setSecret"}
	until(t, 40*time.Second, "the second setSecret", func() bool { return len(done()) >= len(first) })
	p.kill()
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p.up()
	var about struct {
		LastRotatedDate, NextRotationDate any // the CLI's versions write dates as they like
		RotationEnabled                   bool
		VersionIdsToStages                map[string][]string
	}
	until(t, 60*time.Second, "the rotation to be complete", func() bool {
		if err := json.Unmarshal([]byte(p.aws("secretsmanager", "describe-secret", "--secret-id", "db")), &about); err != nil {
			t.Fatal(err)
		}
		return about.LastRotatedDate != nil
	})
	if got, want := done(), append(first, "testSecret", "finishSecret"); !slices.Equal(got, want) {
		t.Errorf("the steps are %v, want %v", got, want)
	}
	if !about.RotationEnabled || about.NextRotationDate == nil || !slices.Equal(about.VersionIdsToStages[token], []string{"AWSCURRENT"}) {
		t.Errorf("the secret is %+v", about)
	}
	for stage, want := range map[string]string{"AWSCURRENT": "password-" + token, "AWSPREVIOUS": "old"} {
		if got := p.aws("secretsmanager", "get-secret-value", "--secret-id", "db", "--version-stage", stage, "--query", "SecretString", "--output", "text"); got != want {
			t.Errorf("%s is %s, want %s", stage, got, want)
		}
	}
	until(t, 30*time.Second, "the rotation to be in the record", func() bool {
		events := p.aws("cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=ResourceName,AttributeValue=db", "--query", "Events[].EventName", "--output", "text")
		return strings.Contains(events, "RotationFailed") && strings.Contains(events, "RotationSucceeded") && strings.Contains(events, "UpdateSecretVersionStage")
	})
}
