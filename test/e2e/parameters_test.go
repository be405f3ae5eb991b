package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestParameters proves from inside containers that what a task definition says
// is what happens. Its subtests are what docs/PARAMETERS.md names as proofs.
func TestParameters(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_S3", bucket(t, map[string]string{
		"/files/first.env":  "# of S3\nFILE=from  file\nA=not this\nQUOTED=\"q\"\r\n\n=x\nTWICE=first\n",
		"/files/second.env": "TWICE=second\nMORE=a=b",
	}))
	p := start(t)
	image := p.image()
	again := p.startRestarting(image) // takes a minute, while the others are asked
	role := p.readingRole()
	t.Run("task", func(t *testing.T) { p.within(t).askInside(image, role) })
	t.Run("order", func(t *testing.T) { p.within(t).askOrder(image) })
	t.Run("size", func(t *testing.T) { p.within(t).askSize(image) })
	t.Run("sharing", func(t *testing.T) { p.within(t).askSharing(image) })
	t.Run("health", func(t *testing.T) { p.within(t).askHealth(image) })
	t.Run("noFile", func(t *testing.T) { p.within(t).askAbsentFile(image, role) })
	t.Run("startTimeout", func(t *testing.T) { p.within(t).askStartTimeout(image) })
	t.Run("repositoryCredentials", func(t *testing.T) { p.within(t).askRepositoryCredentials(image, role) })
	t.Run("host", func(t *testing.T) { p.within(t).askHostNetwork(image) })
	t.Run("none", func(t *testing.T) { p.within(t).askNoNetwork(image) })
	t.Run("versionConsistency", func(t *testing.T) { p.within(t).askVersions(image) })
	t.Run("restartPolicy", func(t *testing.T) { again.check(t) })
}

// within is the platform for a subtest.
func (p *platform) within(t *testing.T) *platform {
	q := *p
	q.t = t
	return &q
}

// bucket serves objects as S3 does, to whoever signs.
func bucket(t *testing.T, objects map[string]string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed := strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") && strings.Contains(r.Header.Get("Authorization"), "/s3/aws4_request")
		object, there := objects[r.URL.Path]
		switch {
		case !signed || r.Header.Get("X-Amz-Security-Token") == "":
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
		case !there:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>")
		default:
			_, _ = io.WriteString(w, object)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// question is what a container asks, and the answers that are right: they
// differ with the version of control groups.
type question struct {
	name, script string
	want         []string
}

func ask(name, script string, want ...string) question { return question{name, script, want} }

// subject is a container that asks questions about itself.
type subject struct {
	name   string
	change func(*types.ContainerDefinition)
	asks   []question
}

const afterwards = `trap 'exit 0' TERM; while :; do usleep 50000; done`

// command asks all questions, writes the answers to /w, and stays.
func (s subject) command() string {
	var b strings.Builder
	for _, q := range s.asks {
		b.WriteString("( " + q.script + "\n) > /w/" + q.name + ".new 2>&1; mv /w/" + q.name + ".new /w/" + q.name + "\n")
	}
	return b.String() + "touch /w/" + s.name + ".done; " + afterwards
}

// interview runs one task with a container for each subject, checks what they
// found out, and returns the task.
func (p *platform) interview(family, image string, subjects []subject, change func(*ecs.RegisterTaskDefinitionInput)) types.Task {
	p.t.Helper()
	dir := p.t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil { // some are not root
		p.t.Fatal(err)
	}
	definition := p.register(family, image, "", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions = nil
		in.Volumes = []types.Volume{{Name: aws.String("w"), Host: &types.HostVolumeProperties{SourcePath: aws.String(dir)}}}
		for _, s := range subjects {
			c := types.ContainerDefinition{Name: aws.String(s.name), Image: aws.String(image), Memory: aws.Int32(16), Essential: aws.Bool(true),
				EntryPoint: []string{"sh", "-c", s.command(), "entry"}, Command: []string{"first", "second"}, StopTimeout: aws.Int32(5),
				MountPoints: []types.MountPoint{{SourceVolume: aws.String("w"), ContainerPath: aws.String("/w")}}}
			if s.change != nil {
				s.change(&c)
			}
			in.ContainerDefinitions = append(in.ContainerDefinitions, c)
		}
		if change != nil {
			change(in)
		}
	})
	task := p.untilTask(p.run(definition), "RUNNING")
	for _, s := range subjects {
		until(p.t, stepPatience, "container "+s.name+" to answer", func() bool {
			_, err := os.Stat(filepath.Join(dir, s.name+".done"))
			return err == nil
		})
		for _, q := range s.asks {
			inner, isTest := p.t.(*testing.T)
			if !isTest {
				continue
			}
			inner.Run(q.name, func(t *testing.T) {
				text, err := os.ReadFile(filepath.Join(dir, q.name))
				if got := strings.TrimSpace(strings.ReplaceAll(string(text), "\r", "")); err != nil || !slices.Contains(q.want, got) {
					t.Errorf("%s answers %q to %s, want %q (%v)", s.name, got, q.script, q.want, err)
				}
			})
		}
	}
	return task
}

// readingRole makes a role that may read secrets and pull images.
func (p *platform) readingRole() string {
	p.t.Helper()
	p.aws("iam", "create-role", "--role-name", "parameters", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	p.aws("iam", "put-role-policy", "--role-name", "parameters", "--policy-name", "p", "--policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["secretsmanager:GetSecretValue","ssm:GetParameters","kms:Decrypt","ecr:*"],"Resource":"*"}]}`)
	return "arn:aws:iam::000000000000:role/parameters"
}

// secretARN makes a secret.
func (p *platform) secretARN(name, value string) string {
	p.t.Helper()
	return p.aws("secretsmanager", "create-secret", "--name", name, "--secret-string", value, "--query", "ARN", "--output", "text")
}
