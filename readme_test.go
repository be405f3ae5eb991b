package roadstead

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/api/cloudtrail"
	"github.com/roadstead/roadstead/api/ec2"
	"github.com/roadstead/roadstead/api/ecr"
	"github.com/roadstead/roadstead/api/ecs"
	"github.com/roadstead/roadstead/api/iam"
	"github.com/roadstead/roadstead/api/kms"
	"github.com/roadstead/roadstead/api/logs"
	"github.com/roadstead/roadstead/api/organizations"
	"github.com/roadstead/roadstead/api/secretsmanager"
	"github.com/roadstead/roadstead/api/ssm"
	"github.com/roadstead/roadstead/api/sts"
	"github.com/roadstead/roadstead/store"
	"github.com/roadstead/roadstead/store/memlog"
	"github.com/roadstead/roadstead/wire"
)

var update = flag.Bool("update", false, "write the table of operations into README.md")

const (
	tableBegin = "<!-- operations: begin (checked by readme_test.go) -->\n"
	tableEnd   = "<!-- operations: end -->"
)

// mostNamed is how many missing operations of a service are named.
const mostNamed = 200

// TestReadmeNamesEveryOperation holds README's table against the operations
// tables of the front doors.
func TestReadmeNamesEveryOperation(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	is, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatal("README.md has no table of operations")
	}
	want := operations(t)
	if *update {
		if err := os.WriteFile("README.md", []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if is != want {
		t.Error("README.md's table of operations is not that of the front doors: go test . -run Readme -update")
	}
}

func operations(t *testing.T) string {
	db, err := store.Open(context.Background(), memlog.New(memlog.Options{}), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n| service | state | operations |\n|---|---|---|\n")
	for _, s := range []struct {
		name    string
		service *wire.Service
	}{
		{"ECS", ecs.New(db, ecs.Options{})},
		{"ECR", ecr.New(db, nil, nil, nil, ecr.Options{}).Service()},
		{"CloudWatch Logs", logs.New(nil, logs.Options{})},
		{"IAM", iam.New(db, nil, iam.Options{})},
		{"STS", sts.New(nil, nil, nil, sts.Options{})},
		{"KMS", kms.New(db, nil, kms.Options{}).Service()},
		{"Secrets Manager", secretsmanager.New(db, nil, secretsmanager.Options{})},
		{"Systems Manager Parameter Store", ssm.New(db, nil, ssm.Options{})},
		{"EC2", ec2.New(db, ec2.Options{})},
		{"CloudTrail", cloudtrail.New(nil, cloudtrail.Options{})},
		{"Organizations", organizations.New(db, organizations.Options{}).Service()},
	} {
		var served, missing []string
		for _, op := range s.service.Operations {
			served = append(served, op.Name)
		}
		for _, name := range s.service.Known {
			if !slices.Contains(served, name) {
				missing = append(missing, name)
			}
		}
		slices.Sort(served)
		slices.Sort(missing)
		absent := strings.Join(missing, ", ")
		if len(missing) > mostNamed {
			absent = "all others"
		}
		fmt.Fprintf(&b, "| %s | **yes** (%d) | %s |\n| | **missing** (%d) | %s |\n", s.name, len(served), strings.Join(served, ", "), len(missing), absent)
	}
	b.WriteString("| OCI registry | **yes** | push, pull, mount, tags, catalogue, referrers, deletion, resumable uploads |\n\n")
	return b.String()
}
